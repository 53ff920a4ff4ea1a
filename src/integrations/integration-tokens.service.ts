import { Injectable } from '@nestjs/common';
import { TokenCipher } from '../platform/security/token-cipher.js';
import type { Integration, Revocation } from './integration.schema.js';
import type { Held, PlatformName } from './platforms/platform.js';

/** It stands in addresses, which are logged: not as long as what is secret. */
const KEY_CHARACTERS = 24;
const FIELDS = ['accessToken', 'refreshToken'] as const;

export interface Tokens {
  accessToken?: string;
  refreshToken?: string;
}

/** Fields of a row; undefined for what it shall not have. */
export type SealedTokens = Tokens & { keyId: string };

export type OpenedTokens = { tokens: Tokens } | { problem: 'unknown_key' | 'damaged' };

type Row = Pick<Integration, 'shopId' | 'platform'>;

/** Tokens at rest: sealed for one shop, one platform and one field each. */
@Injectable()
export class IntegrationTokensService {
  constructor(private readonly cipher: TokenCipher) {}

  get keyId(): string {
    return this.cipher.keyId;
  }

  seal(shopId: string, platform: PlatformName, tokens: Tokens): SealedTokens {
    const sealed = FIELDS.map((field) => {
      const token = tokens[field];
      return [field, token && this.cipher.seal(token, placeOf(shopId, platform, field))] as const;
    });
    return { ...(Object.fromEntries(sealed) as Tokens), keyId: this.cipher.keyId };
  }

  /** @param held the row itself, or one of its revocations: they are sealed alike */
  open({ shopId, platform }: Row, held: Tokens): OpenedTokens {
    const tokens: Tokens = {};
    for (const field of FIELDS) {
      const sealed = held[field];
      if (sealed === undefined) continue;
      const place = placeOf(shopId.toHexString(), platform, field);
      const opened = this.cipher.open(sealed, place);
      if ('problem' in opened) return opened;
      tokens[field] = opened.text;
    }
    return { tokens };
  }

  /** A connection, or one that has ended, as its platform needs it. */
  openHeld(row: Integration, held: Integration | Revocation): Held | { problem: string } {
    const opened = this.open(row, held);
    if ('problem' in opened) return opened;
    const { pageId, platformUserId = '' } = held;
    return { pageId, platformUserId, ...opened.tokens };
  }

  /**
   * What the webhook of a page, account or bot is known by: the same each time, so that an attempt to
   * connect again that fails half-way leaves the connection that is there with a webhook it knows.
   */
  webhookKeys(
    shopId: string,
    platform: PlatformName,
    pageId: string,
  ): { integrationKey: string; secret: string } {
    const derive = (what: string): string =>
      this.cipher.derive(placeOf(shopId, platform, `${pageId}/${what}`));
    const integrationKey = derive('webhook address').slice(0, KEY_CHARACTERS);
    return { integrationKey, secret: derive('webhook secret') };
  }

  /** Sealed for a moment, in the state of a visit. */
  sealPasted(shopId: string, platform: PlatformName, token: string): string {
    return this.cipher.seal(token, placeOf(shopId, platform, 'pasted'));
  }

  openPasted(shopId: string, platform: PlatformName, sealed: string): string | undefined {
    const opened = this.cipher.open(sealed, placeOf(shopId, platform, 'pasted'));
    return 'text' in opened ? opened.text : undefined;
  }
}

function placeOf(shopId: string, platform: PlatformName, field: string): string {
  return `${shopId}/${platform}/${field}`;
}
