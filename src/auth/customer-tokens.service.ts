import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { AppError } from '../platform/http/app-error.js';
import { isObjectIdHex } from '../platform/http/object-id.pipe.js';

/** What a customer without an account may follow. */
export type CustomerTokenKind = 'order' | 'conversation';

/** The one order or conversation a customer's token opens. */
export interface CustomerSubject {
  shopId: string;
  subjectId: string;
}

/** A conversation ends before, when it rests: see `chat-retention.ts`. */
const TOKEN_DAYS = { order: 30, conversation: 365 } as const;
const MILLISECONDS = 1_000;
const ALGORITHM = 'HS256';
const ISSUER = 'cliick';
/** Not the access tokens' audience: neither kind of token ever passes for the other. */
const AUDIENCE = 'cliick-customer';

interface CustomerClaims {
  sub: string;
  shop: string;
  typ: string;
  /** Seconds. */
  exp: number;
}

/** What a customer's token says. */
export type CustomerAccess = CustomerSubject & { expiresAt: Date };

/** Signs and checks what lets a customer back to their own order or conversation. */
@Injectable()
export class CustomerTokens {
  constructor(private readonly jwt: JwtService) {}

  /** @param at when its days begin; the same subject and second give the same token again */
  sign(
    { kind, shopId, subjectId }: CustomerSubject & { kind: CustomerTokenKind },
    at = new Date(),
  ): string {
    const iat = Math.floor(at.getTime() / MILLISECONDS);
    return this.jwt.sign(
      { sub: subjectId, shop: shopId, typ: kind, iat },
      {
        algorithm: ALGORITHM,
        issuer: ISSUER,
        audience: AUDIENCE,
        expiresIn: `${TOKEN_DAYS[kind]}d`,
      },
    );
  }

  /** @throws AppError `unauthenticated` when the token is not ours, not of this kind, or has expired */
  async verify(token: string | undefined, kind: CustomerTokenKind): Promise<CustomerAccess> {
    const claims = token ? await this.claimsOf(token) : undefined;
    const isDated = typeof claims?.exp === 'number';
    if (
      !isDated ||
      claims?.typ !== kind ||
      !isObjectIdHex(claims.sub) ||
      !isObjectIdHex(claims.shop)
    ) {
      throw new AppError(
        'unauthenticated',
        `The customer token is missing, has expired or is not one of this ${kind}: start again in the shop.`,
      );
    }
    const expiresAt = new Date(claims.exp * MILLISECONDS);
    return { shopId: claims.shop, subjectId: claims.sub, expiresAt };
  }

  private async claimsOf(token: string): Promise<CustomerClaims | undefined> {
    try {
      return await this.jwt.verifyAsync<CustomerClaims>(token, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: AUDIENCE,
      });
    } catch {
      return undefined;
    }
  }
}
