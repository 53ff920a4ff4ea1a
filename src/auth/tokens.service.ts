import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { Caller } from '../platform/http/access.decorators.js';
import { AppError } from '../platform/http/app-error.js';
import { isObjectIdHex } from '../platform/http/object-id.pipe.js';
import { SessionsService } from './sessions.service.js';

export const ACCESS_TOKEN_MINUTES = 15;
const ALGORITHM = 'HS256';
const ISSUER = 'cliick';
const AUDIENCE = 'cliick-api';
const TYPE = 'access';

interface AccessClaims {
  sub: string;
  sid: string;
  typ: string;
  /** Seconds. */
  exp: number;
}

/** An access token that is ours, whether or not its time is over. */
export interface OwnToken extends Caller {
  expired: boolean;
}

/** Signs and checks access tokens, for HTTP and for both socket doors. */
@Injectable()
export class TokensService {
  constructor(
    private readonly jwt: JwtService,
    private readonly sessions: SessionsService,
  ) {}

  sign({ userId, sessionId }: Caller): string {
    return this.jwt.sign(
      { sub: userId, sid: sessionId, typ: TYPE },
      {
        algorithm: ALGORITHM,
        issuer: ISSUER,
        audience: AUDIENCE,
        expiresIn: `${ACCESS_TOKEN_MINUTES}m`,
      },
    );
  }

  /** @throws AppError `unauthenticated` when the token is not ours, has expired, or its session ended */
  async authenticate(token: string | undefined): Promise<Caller> {
    const own = token ? await this.read(token) : undefined;
    if (!own || own.expired) throw unauthenticated();
    return this.requireLive(own);
  }

  /** @throws AppError `unauthenticated` when the session has ended */
  async requireLive({ userId, sessionId }: Caller): Promise<Caller> {
    const now = new Date();
    const session = await this.sessions.findLive(sessionId, now);
    if (!session) throw unauthenticated();
    await this.sessions.recordUse(session, now);
    return { userId, sessionId };
  }

  /** What a token of ours says; undefined for any other text. */
  async read(token: string): Promise<OwnToken | undefined> {
    try {
      const { typ, sub, sid, exp } = await this.jwt.verifyAsync<AccessClaims>(token, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: AUDIENCE,
        ignoreExpiration: true,
      });
      // One without an end would last for ever.
      if (typeof exp !== 'number') return undefined;
      if (typ !== TYPE || !isObjectIdHex(sub) || !isObjectIdHex(sid)) return undefined;
      return { userId: sub, sessionId: sid, expired: exp * 1000 <= Date.now() };
    } catch {
      return undefined;
    }
  }
}

export function unauthenticated(): AppError {
  return new AppError('unauthenticated', 'Sign in first: the token is missing or has expired.');
}
