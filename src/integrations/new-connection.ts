import type { Integration, PageChoice, Revocation } from './integration.schema.js';
import type { Tokens } from './integration-tokens.service.js';
import type { Account, Grant } from './platforms/platform.js';

/** What a webhook is known by. */
export interface WebhookKeys {
  integrationKey: string;
  webhookSecretHash: string;
}

/** What a seller's visit to a platform has come to. */
export interface NewConnection {
  grant: Grant;
  /** None until one of several pages is chosen. */
  account?: Account;
  pages: PageChoice[];
  webhook?: WebhookKeys;
}

export type PendingRevocation = Omit<Revocation, '_id'>;

/** What a row holds of a connection that ends; null when there is nothing to end. */
export function endOf(row: Integration, since: Date, keepsGrant = false): PendingRevocation | null {
  const { accessToken, refreshToken, pageId, platformUserId } = row;
  if (!platformUserId || (!accessToken && !refreshToken)) return null;
  return { accessToken, refreshToken, pageId, platformUserId, keepsGrant, since };
}

/**
 * What is still to be revoked once there is a new connection: the one it takes the place of as well,
 * but never the new one's own page, nor the permission of the person who has just given it.
 */
export function revocationsBeside(
  row: Integration,
  { grant, account }: Pick<NewConnection, 'grant' | 'account'>,
  now: Date,
): PendingRevocation[] {
  const ended = endOf(row, now);
  return [...row.revoking, ...(ended ? [ended] : [])].flatMap((one) => {
    const isSamePage = one.pageId !== undefined && one.pageId === account?.id;
    const isSamePerson = one.platformUserId === grant.userId;
    const left = isSamePage ? withoutPage(one) : one;
    const keepsGrant = one.keepsGrant || isSamePerson;
    return keepsGrant && !left.accessToken ? [] : [{ ...left, keepsGrant }];
  });
}

function withoutPage(revocation: PendingRevocation): PendingRevocation {
  const { accessToken: _, pageId: __, ...rest } = revocation;
  return rest;
}

/** The tokens of a new connection, before they are sealed. */
export function tokensOf({ grant, account }: Pick<NewConnection, 'grant' | 'account'>): Tokens {
  return { accessToken: account?.accessToken, refreshToken: grant.refreshToken };
}
