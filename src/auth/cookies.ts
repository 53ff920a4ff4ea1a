import type { CookieOptions, Request, Response } from 'express';
import { parse } from 'cookie';
import { ACCESS_TOKEN_MINUTES } from './tokens.service.js';

const MINUTE_MS = 60_000;

/** In production the prefix makes browsers refuse a cookie that is not host-only and secure. */
function accessCookieName(production: boolean): string {
  return production ? '__Host-access_token' : 'access_token';
}

function options(production: boolean): CookieOptions {
  return { httpOnly: true, sameSite: 'lax', secure: production, path: '/' };
}

export function setAccessCookie(response: Response, token: string, production: boolean): void {
  response.cookie(accessCookieName(production), token, {
    ...options(production),
    maxAge: ACCESS_TOKEN_MINUTES * MINUTE_MS,
  });
}

export function clearAccessCookie(response: Response, production: boolean): void {
  response.clearCookie(accessCookieName(production), options(production));
}

/** The access token a browser sent as its cookie, of a request or a socket's handshake. */
export function accessCookie(
  { headers }: Pick<Request, 'headers'>,
  production: boolean,
): string | undefined {
  return parse(headers.cookie ?? '')[accessCookieName(production)];
}
