import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a browser says that another site's page makes this request. Browsers name the page in
 * `Origin` on every state change, and its relation in `Sec-Fetch-Site`; other clients send neither.
 * @param allowedOrigins the app's own origins
 */
export function isCrossSite(headers: IncomingHttpHeaders, allowedOrigins: string[]): boolean {
  const { origin, host } = headers;
  if (origin !== undefined) {
    return !allowedOrigins.includes(origin) && hostOf(origin) !== host;
  }
  return headers['sec-fetch-site'] === 'cross-site';
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
