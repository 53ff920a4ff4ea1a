import type { Response } from 'express';
import { sendPopupPage, setPopupHeaders } from '../../platform/http/popup-page.js';

/** How a sign-in at a provider can end without one; the sentences are ours alone. */
export const SIGN_IN_FAILURES = {
  refused: { status: 400, text: 'You did not allow the sign-in: try again, or use your password.' },
  invalid_state: {
    status: 400,
    text: 'This sign-in was used, is too old, or began in another browser: start again.',
  },
  email_missing: {
    status: 400,
    text: 'Facebook gave no e-mail address: allow it there, or register with an e-mail here.',
  },
  link_required: {
    status: 409,
    text: 'There is an account with this e-mail: give its password to link it with Facebook.',
  },
  already_linked: {
    status: 409,
    text: 'The account with this e-mail is linked to another Facebook account: use your password.',
  },
  account_disabled: { status: 403, text: 'This account may not sign in: ask for help.' },
  provider_failed: { status: 502, text: 'Facebook did not answer as it should: try again.' },
} as const satisfies Record<string, { status: number; text: string }>;
export type SignInFailure = keyof typeof SIGN_IN_FAILURES;

/** What the app is told; a handle is a one-time one of ours, never a provider's code or token. */
export type SignInResult = { ok: true } | { ok: false; code: SignInFailure; handle?: string };

interface Destination {
  /** Address in the app; none for a popup, whose opener gets a message instead. */
  redirect?: string;
  /** The one origin that may read the message. */
  appOrigin: string;
  /** Name of the message. */
  type: string;
}

/** Tells the app how it ended: by going there, or by a message to who opened the popup. */
export function sendResult(
  response: Response,
  result: SignInResult,
  { redirect, appOrigin, type }: Destination,
): void {
  if (redirect) {
    setPopupHeaders(response);
    response.redirect(303, withResult(redirect, result));
    return;
  }
  const { status, text } = result.ok
    ? { status: 200, text: 'You are signed in.' }
    : SIGN_IN_FAILURES[result.code];
  const message = { type, ...result };
  sendPopupPage(response, { status, title: 'Sign in', text, message, appOrigin });
}

/** In the fragment, which browsers send to nobody. */
function withResult(redirect: string, result: SignInResult): string {
  if (result.ok) return redirect;
  const url = new URL(redirect);
  const { code, handle } = result;
  url.hash = new URLSearchParams({ error: code, ...(handle ? { handle } : {}) }).toString();
  return url.href;
}
