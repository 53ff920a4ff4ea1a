import { parse } from 'cookie';
import type { CookieOptions, Request, Response } from 'express';
import { ACCESS_TOKEN_MINUTES } from './tokens.service.js';

/** What a browser keeps of a session. */
export interface SessionCookies {
  accessToken: string;
  /** Left out when the browser's own is still good. */
  refresh?: { token: string; expiresAt: Date };
}

type CookieKind = 'access_token' | 'refresh_token';
type WithHeaders = Pick<Request, 'headers'>;

const MINUTE_MS = 60_000;

/** In production the prefix makes browsers refuse a cookie that is not host-only and secure. */
function cookieName(kind: CookieKind, production: boolean): string {
  return production ? `__Host-${kind}` : kind;
}

function options(production: boolean): CookieOptions {
  return { httpOnly: true, sameSite: 'lax', secure: production, path: '/' };
}

export function setSessionCookies(
  response: Response,
  { accessToken, refresh }: SessionCookies,
  production: boolean,
): void {
  response.cookie(cookieName('access_token', production), accessToken, {
    ...options(production),
    maxAge: ACCESS_TOKEN_MINUTES * MINUTE_MS,
  });
  if (!refresh) return;
  response.cookie(cookieName('refresh_token', production), refresh.token, {
    ...options(production),
    expires: refresh.expiresAt,
  });
}

export function clearSessionCookies(response: Response, production: boolean): void {
  for (const kind of ['access_token', 'refresh_token'] as const) {
    response.clearCookie(cookieName(kind, production), options(production));
  }
}

/** The tokens a browser sent as its cookies, with a request or a socket's handshake. */
export function sessionCookies(
  { headers }: WithHeaders,
  production: boolean,
): { accessToken?: string; refreshToken?: string } {
  const cookies = parse(headers.cookie ?? '');
  return {
    accessToken: cookies[cookieName('access_token', production)],
    refreshToken: cookies[cookieName('refresh_token', production)],
  };
}
