import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AppConfig } from '../platform/config/app-config.js';
import type { Caller } from '../platform/http/access.decorators.js';
import { AppError } from '../platform/http/app-error.js';
import { isCrossSite } from '../platform/http/cross-site.js';
import { bearerOf } from './bearer-token.js';
import { sessionCookies, setSessionCookies } from './cookies.js';
import { readRefreshToken } from './refresh-token.js';
import { SessionsService } from './sessions.service.js';
import { TokensService, unauthenticated } from './tokens.service.js';

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Finds who makes a request. A Bearer token counts alone while it is good. The app keeps its first
 * one for ever: when that has expired, the cookies of the same session serve and are renewed on the
 * way, like those of a request without a Bearer.
 */
@Injectable()
export class CallerResolver {
  constructor(
    private readonly tokens: TokensService,
    private readonly sessions: SessionsService,
    private readonly config: AppConfig,
  ) {}

  /** @throws AppError `unauthenticated`, or `cross_site` when another site's page rides on cookies */
  async resolve(request: Request, response: Response): Promise<Caller> {
    const bearer = bearerOf(request);
    const own = bearer === undefined ? undefined : await this.tokens.read(bearer);
    if (own && !own.expired) return this.tokens.requireLive(own);
    if (bearer !== undefined && !own) throw unauthenticated();
    return this.fromCookies(request, response, own?.sessionId);
  }

  /** @param sessionId the session that an expired Bearer names; any without one */
  private async fromCookies(
    request: Request,
    response: Response,
    sessionId?: string,
  ): Promise<Caller> {
    const { accessToken, refreshToken } = sessionCookies(request, this.config.production);
    if (!accessToken && !refreshToken) throw unauthenticated();
    this.refuseCrossSite(request);
    const isOther = (found: string): boolean => sessionId !== undefined && found !== sessionId;
    const own = accessToken ? await this.tokens.read(accessToken) : undefined;
    if (own && !own.expired && !isOther(own.sessionId)) return this.tokens.requireLive(own);
    const claims = refreshToken ? readRefreshToken(refreshToken) : undefined;
    if (!refreshToken || !claims || isOther(claims.sessionId)) throw unauthenticated();
    return this.renew(refreshToken, response);
  }

  private async renew(refreshToken: string, response: Response): Promise<Caller> {
    const renewed = await this.sessions.rotate(refreshToken, new Date());
    const { session } = renewed;
    const caller = {
      userId: session.userId.toHexString(),
      sessionId: session._id.toHexString(),
    };
    const cookies = {
      accessToken: this.tokens.sign(caller),
      refresh: { token: renewed.refreshToken, expiresAt: session.expiresAt },
    };
    setSessionCookies(response, cookies, this.config.production);
    return caller;
  }

  /** @throws AppError `cross_site` for a state change that another site's page makes */
  refuseCrossSite({ method, headers }: Request): void {
    if (SAFE_METHODS.includes(method) || !isCrossSite(headers, this.config)) return;
    throw new AppError(
      'cross_site',
      'A page of another site may not act with your cookies: call from the app, or with a Bearer token.',
    );
  }
}
