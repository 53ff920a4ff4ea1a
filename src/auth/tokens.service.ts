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
}

/** Signs and checks access tokens, for HTTP and for both socket doors. */
@Injectable()
export class TokensService {
  constructor(
    private readonly jwt: JwtService,
    private readonly sessions: SessionsService,
  ) {}

  async sign({ userId, sessionId }: Caller): Promise<string> {
    return this.jwt.signAsync(
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
    const claims = token ? await this.verify(token) : undefined;
    if (!claims || !(await this.sessions.isLive(claims.sid, new Date()))) {
      throw new AppError('unauthenticated', 'Sign in first: the token is missing or has expired.');
    }
    return { userId: claims.sub, sessionId: claims.sid };
  }

  private async verify(token: string): Promise<AccessClaims | undefined> {
    try {
      const claims = await this.jwt.verifyAsync<AccessClaims>(token, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: AUDIENCE,
      });
      const wellFormed =
        claims.typ === TYPE && isObjectIdHex(claims.sub) && isObjectIdHex(claims.sid);
      return wellFormed ? claims : undefined;
    } catch {
      return undefined;
    }
  }
}
