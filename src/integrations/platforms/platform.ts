import type { IncomingHttpHeaders } from 'node:http';

export const PLATFORMS = ['facebook', 'instagram', 'tiktok', 'telegram', 'viber'] as const;
export type PlatformName = (typeof PLATFORMS)[number];

/** A seller's way to the platform and back. */
export interface Visit {
  state: string;
  /** Exactly as it is sent again with the code. */
  redirectUri: string;
  /** PKCE, S256. */
  codeChallenge: string;
}

/** What came back from a visit. */
export interface Return {
  code: string;
  redirectUri: string;
  /** None when the visit was not begun by us. */
  codeVerifier?: string;
  /** The token that the seller pasted at our page, where the platform asks for one. */
  pasted?: string;
}

/** What a person has allowed us. */
export interface Grant {
  token: string;
  refreshToken?: string;
  /** Who it is at the platform. */
  userId: string;
  scopes: string[];
  expiresAt?: Date;
  /** From then on no refresh helps: the person must connect again. */
  reconnectBy?: Date;
}

/** A page, an account or a bot with which the shop talks to its customers. */
export interface Account {
  id: string;
  name: string;
  accessToken: string;
}

/** A connection as its platform needs it. */
export interface Held {
  platformUserId: string;
  pageId?: string;
  /** Of the page, account or bot; none until one is chosen. */
  accessToken?: string;
  /** What a refresh needs, and Facebook's token of the person. */
  refreshToken?: string;
}

export interface Renewed {
  /** Left out when no page is chosen yet. */
  accessToken?: string;
  refreshToken?: string;
  expiresAt?: Date;
  reconnectBy?: Date;
}

/** Where the platform shall send what happens, and the secret by which we know it. */
export interface WebhookTarget {
  url: string;
  secret: string;
}

/** A webhook as it came. */
export interface Delivery {
  body: Buffer;
  headers: IncomingHttpHeaders;
}

/** What is known of the connection that a delivery names in its address. */
export interface DeliveryKeys {
  accessToken: string;
  /** SHA-256 of the secret in `WebhookTarget`. */
  secretHash: string;
}

/** What a delivery tells. Customers' messages are to join this union. */
export type PlatformEvent = { kind: 'removed'; pageId: string; at: Date };

/** One social platform. Every call ends within seconds and throws PlatformFailure alone. */
export interface Platform {
  readonly name: PlatformName;
  readonly label: string;
  /** Variables without which it is not offered; none when it is. */
  readonly missingVariables: readonly string[];
  /** Without all of these a connection would not work. */
  readonly requiredScopes: readonly string[];
  /** Where a visit begins at our own page: what a pasted token looks like. */
  readonly pastedToken?: RegExp;

  authorizeUrl(visit: Visit): string;
  exchange(returned: Return): Promise<Grant>;
  listAccounts(grant: Pick<Grant, 'token' | 'userId'>): Promise<Account[]>;
  /** Has the platform send us what happens; may be repeated. */
  subscribe(account: Account, target: WebhookTarget): Promise<void>;
  /** Where tokens end. */
  refresh?(held: Held): Promise<Renewed>;
  /** Asks whether the connection still lives. */
  check(held: Held): Promise<Pick<Renewed, 'reconnectBy'>>;
  /** @param keepsGrant the person's permission serves another connection still */
  revoke(held: Held, keepsGrant: boolean): Promise<void>;
  /** @throws AppError `invalid_signature` */
  requireSignature(delivery: Delivery, now: Date, keys?: DeliveryKeys): void;
  /** Of a delivery whose signature was right; left out where nothing is acted on. */
  readEvents?(body: Buffer): PlatformEvent[];
}
