import { parse } from 'cookie';
import type { CookieOptions, Request, Response } from 'express';

/** The sign-ins that leave for a provider's dialog and come back; each has its own cookie. */
export const SIGN_IN_FLOWS = ['facebook'] as const;
export type SignInFlow = (typeof SIGN_IN_FLOWS)[number];

/** How long a person may take at the provider. */
export const SIGN_IN_MINUTES = 10;
const MINUTE_MS = 60_000;

/** In production the prefix makes browsers refuse a cookie that another host planted. */
function nameOf(flow: SignInFlow, production: boolean): string {
  return `${production ? '__Host-' : ''}${flow}_sign_in`;
}

/** Lax, not Strict: the provider's redirect back is a navigation from another site. */
function options(production: boolean): CookieOptions {
  return { httpOnly: true, sameSite: 'lax', secure: production, path: '/' };
}

/** Marks the browser that sets out; only the same one may come back. */
export function setSignInCookie(
  response: Response,
  { flow, binding }: { flow: SignInFlow; binding: string },
  production: boolean,
): void {
  const maxAge = SIGN_IN_MINUTES * MINUTE_MS;
  response.cookie(nameOf(flow, production), binding, { ...options(production), maxAge });
}

export function clearSignInCookie(response: Response, flow: SignInFlow, production: boolean): void {
  response.clearCookie(nameOf(flow, production), options(production));
}

export function signInCookie(
  { headers }: Pick<Request, 'headers'>,
  flow: SignInFlow,
  production: boolean,
): string | undefined {
  return parse(headers.cookie ?? '')[nameOf(flow, production)];
}
