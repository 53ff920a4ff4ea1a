import { randomBytes } from 'node:crypto';
import type { Response } from 'express';

export interface PopupResult {
  status: number;
  title: string;
  /** Plain text, whatever it holds. */
  text: string;
  /** What who opened the popup is told. */
  message: { type: string } & Record<string, unknown>;
  /** The one origin that may read the message. */
  appOrigin: string;
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

/** The page at which a popup ends: it tells its opener how, and closes. */
export function sendPopupPage(response: Response, result: PopupResult): void {
  const { status, title, text, message, appOrigin } = result;
  const nonce = randomBytes(16).toString('base64');
  setPopupHeaders(response);
  response.setHeader(
    'Content-Security-Policy',
    `default-src 'none'; script-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
  response.status(status).type('html').send(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${asHtml(title)}</title></head>
<body>
<p>${asHtml(text)} You can close this window.</p>
<script nonce="${nonce}">
if (window.opener) {
  window.opener.postMessage(${inScript(message)}, ${inScript(appOrigin)});
  window.close();
}
</script>
</body>
</html>
`);
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Plain text as it stands in a page or an attribute. */
export function asHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ESCAPES[character]!);
}

/** JSON that cannot end the script it stands in. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
