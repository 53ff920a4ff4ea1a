import { randomBytes } from 'node:crypto';
import type { Response } from 'express';

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

/**
 * Headers of every answer on the way of a popup. Helmet's opener policy would cut the popup from
 * the app for good, and does so on a redirect as well.
 */
export function setPopupHeaders(response: Response): void {
  response.setHeader('Cross-Origin-Opener-Policy', 'unsafe-none');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Referrer-Policy', 'no-referrer');
}

/** Tells the app how it ended: by going there, or by a message to who opened the popup. */
export function sendResult(
  response: Response,
  result: SignInResult,
  { redirect, appOrigin, type }: Destination,
): void {
  setPopupHeaders(response);
  if (redirect) {
    response.redirect(303, withResult(redirect, result));
    return;
  }
  const nonce = randomBytes(16).toString('base64');
  response.setHeader(
    'Content-Security-Policy',
    `default-src 'none'; script-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
  response.status(result.ok ? 200 : SIGN_IN_FAILURES[result.code].status);
  response.type('html').send(popupPage({ type, ...result }, appOrigin, nonce));
}

/** In the fragment, which browsers send to nobody. */
function withResult(redirect: string, result: SignInResult): string {
  if (result.ok) return redirect;
  const url = new URL(redirect);
  const { code, handle } = result;
  url.hash = new URLSearchParams({ error: code, ...(handle ? { handle } : {}) }).toString();
  return url.href;
}

function popupPage(
  message: SignInResult & { type: string },
  appOrigin: string,
  nonce: string,
): string {
  const text = message.ok ? 'You are signed in.' : SIGN_IN_FAILURES[message.code].text;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Sign in</title></head>
<body>
<p>${text} You can close this window.</p>
<script nonce="${nonce}">
if (window.opener) {
  window.opener.postMessage(${inScript(message)}, ${inScript(appOrigin)});
  window.close();
}
</script>
</body>
</html>
`;
}

/** JSON that cannot end the script it stands in. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
