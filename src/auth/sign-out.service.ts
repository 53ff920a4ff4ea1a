import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AppConfig } from '../platform/config/app-config.js';
import type { Caller } from '../platform/http/access.decorators.js';
import { isCrossSite } from '../platform/http/cross-site.js';
import { bearerOf } from './bearer-token.js';
import { CallerResolver } from './caller-resolver.service.js';
import { sessionCookies } from './cookies.js';
import { SessionTransport } from './session-transport.js';
import { SessionsService } from './sessions.service.js';
import { TokensService } from './tokens.service.js';

/**
 * Signs a client out whatever state it is in: who asks for the end must not keep cookies, or a
 * session, because a token was too old.
 */
@Injectable()
export class SignOutService {
  constructor(
    private readonly tokens: TokensService,
    private readonly sessions: SessionsService,
    private readonly callers: CallerResolver,
    private readonly transport: SessionTransport,
    private readonly config: AppConfig,
  ) {}

  /**
   * Ends every session that the request presents, and clears the cookies. Those of a request from
   * another site's page are not its own: only its Bearer token counts then.
   * @throws AppError `cross_site` when such a page has no Bearer token
   */
  async signOut(request: Request, response: Response): Promise<void> {
    const bearer = bearerOf(request);
    if (!bearer) this.callers.refuseCrossSite(request);
    const isOwnPage = !isCrossSite(request.headers, this.config);
    const now = new Date();
    const presented = [
      bearer ? await this.tokens.read(bearer) : undefined,
      ...(isOwnPage ? await this.listOfCookies(request, now) : []),
    ];
    for (const one of presented) {
      // A session that has ended, as by the line before, stays so.
      if (one) await this.sessions.revoke(one.userId, one.sessionId, now);
    }
    if (isOwnPage) this.transport.clear(response);
  }

  private async listOfCookies(request: Request, now: Date): Promise<(Caller | undefined)[]> {
    const { accessToken, refreshToken } = sessionCookies(request, this.config.production);
    const session = refreshToken
      ? await this.sessions.findByAnyRefreshToken(refreshToken, now)
      : undefined;
    return [
      accessToken ? await this.tokens.read(accessToken) : undefined,
      session
        ? { userId: session.userId.toHexString(), sessionId: session._id.toHexString() }
        : undefined,
    ];
  }
}
