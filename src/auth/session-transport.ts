import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AppConfig } from '../platform/config/app-config.js';
import type { SignIn } from './auth.service.js';
import { clearSessionCookies, sessionCookies, setSessionCookies } from './cookies.js';
import { SignInResponse } from './dto/sign-in.response.js';

/** A client that is no browser asks for its refresh token in the body, and sends it there. */
const TRANSPORT_HEADER = 'x-token-transport';
const IN_BODY = 'body';

/** Hands the tokens of a sign-in over: as cookies, or in the body to who asks for that. */
@Injectable()
export class SessionTransport {
  constructor(private readonly config: AppConfig) {}

  hand(signIn: SignIn, request: Request, response: Response): SignInResponse {
    if (request.get(TRANSPORT_HEADER) === IN_BODY) {
      return SignInResponse.from(signIn, { withRefreshToken: true });
    }
    const { accessToken, refreshToken, session } = signIn;
    const refresh = refreshToken
      ? { token: refreshToken, expiresAt: session.expiresAt }
      : undefined;
    setSessionCookies(response, { accessToken, refresh }, this.config.production);
    return SignInResponse.from(signIn, { withRefreshToken: false });
  }

  /** The refresh token of the body for who uses that, else the cookie's; empty without one. */
  refreshToken(request: Request, inBody: string | undefined): string {
    if (request.get(TRANSPORT_HEADER) === IN_BODY) return inBody ?? '';
    return sessionCookies(request, this.config.production).refreshToken ?? '';
  }

  clear(response: Response): void {
    clearSessionCookies(response, this.config.production);
  }
}
