import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { sessionCookies } from '../auth/cookies.js';
import { SessionsService } from '../auth/sessions.service.js';
import { TokensService } from '../auth/tokens.service.js';
import { AppConfig } from '../platform/config/app-config.js';
import type { Caller } from '../platform/http/access.decorators.js';
import { isCrossSite } from '../platform/http/cross-site.js';
import { ChatCustomers } from './chat-customers.service.js';
import type { SocketIdentity } from './socket-identity.js';

type Handshake = Pick<IncomingMessage, 'headers' | 'url'>;

/** Decides, for both doors, who a handshake is and whether its page may open a socket. */
@Injectable()
export class SocketAuth {
  constructor(
    private readonly tokens: TokensService,
    private readonly sessions: SessionsService,
    private readonly customers: ChatCustomers,
    private readonly config: AppConfig,
  ) {}

  /** A browser names its page: only ours may ride on a cookie. Other clients name none. */
  isOriginAllowed({ headers }: Handshake): boolean {
    return !isCrossSite(headers, this.config);
  }

  /** @throws AppError `unauthenticated` without a valid token (`auth.token`, query or cookie) */
  async authenticate(handshake: Handshake, authToken?: unknown): Promise<SocketIdentity> {
    const query = new URLSearchParams(handshake.url?.split('?')[1]);
    const token = typeof authToken === 'string' ? authToken : query.get('token');
    if (token === null) return { kind: 'member', ...(await this.fromCookies(handshake)) };
    const customer = await this.customers.find(token);
    if (customer) return { kind: 'customer', ...customer };
    return { kind: 'member', ...(await this.tokens.authenticate(token)) };
  }

  /** A socket that comes back after the access cookie has gone is known by the refresh cookie. */
  private async fromCookies(handshake: Handshake): Promise<Caller> {
    const { accessToken, refreshToken } = sessionCookies(handshake, this.config.production);
    const session = refreshToken
      ? await this.sessions.findByRefreshToken(refreshToken, new Date())
      : null;
    if (!session) return this.tokens.authenticate(accessToken);
    return { userId: session.userId.toHexString(), sessionId: session._id.toHexString() };
  }
}
