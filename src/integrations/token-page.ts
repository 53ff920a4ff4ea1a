import { randomBytes } from 'node:crypto';
import type { Response } from 'express';
import { asHtml, setPopupHeaders } from '../platform/http/popup-page.js';
import type { Platform } from './platforms/platform.js';

interface TokenPage {
  state: string;
  /** What was wrong with the token that was sent. */
  problem?: string;
  /** Origins to which the answer to the form may lead. */
  formActions: string[];
}

/**
 * Our own stop on the way, where a seller pastes a bot's token: the token goes in a body, never in
 * an address, and the page can send it to us alone.
 */
export function sendTokenPage(
  response: Response,
  { label, name }: Platform,
  { state, problem, formActions }: TokenPage,
): void {
  const nonce = randomBytes(16).toString('base64');
  setPopupHeaders(response);
  response.setHeader(
    'Content-Security-Policy',
    `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; ` +
      `form-action ${["'self'", ...formActions].join(' ')}; frame-ancestors 'none'`,
  );
  response.status(problem ? 422 : 200).type('html').send(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Connect ${label}</title>
<style nonce="${nonce}">body{font:16px sans-serif;margin:2em auto;max-width:30em;padding:0 1em}
input{box-sizing:border-box;font:inherit;padding:.5em;width:100%}button{font:inherit;margin-top:1em}</style>
</head>
<body>
<h1>Connect ${label}</h1>
${problem ? `<p role="alert">${asHtml(problem)}</p>` : ''}
<form method="post" action="/oauth/${name}/authorize">
<input type="hidden" name="state" value="${asHtml(state)}">
<p><label for="token">Token of your ${label} bot</label></p>
<input id="token" name="token" type="password" autocomplete="off" required maxlength="300">
<button type="submit">Connect</button>
</form>
</body>
</html>
`);
}
