import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { accessCookie } from '../auth/cookies.js';
import { TokensService } from '../auth/tokens.service.js';
import { AppConfig } from '../platform/config/app-config.js';
import type { Caller } from '../platform/http/access.decorators.js';

type Handshake = Pick<IncomingMessage, 'headers' | 'url'>;

/** Decides, for both doors, who a handshake is and whether its page may open a socket. */
@Injectable()
export class SocketAuth {
  constructor(
    private readonly tokens: TokensService,
    private readonly config: AppConfig,
  ) {}

  /** A browser names its page: only ours may ride on a cookie. Other clients name none. */
  isOriginAllowed({ headers }: Handshake): boolean {
    const { origin, host } = headers;
    if (!origin) return true;
    return this.config.appOrigins.includes(origin) || URL.parse(origin)?.host === host;
  }

  /** @throws AppError `unauthenticated` without a valid token (`auth.token`, query or cookie) */
  async authenticate(handshake: Handshake, authToken?: unknown): Promise<Caller> {
    if (typeof authToken === 'string') return this.tokens.authenticate(authToken);
    const query = new URLSearchParams(handshake.url?.split('?')[1]);
    const cookie = accessCookie(handshake, this.config.production);
    return this.tokens.authenticate(query.get('token') ?? cookie);
  }
}
