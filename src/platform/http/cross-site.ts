import type { IncomingHttpHeaders } from 'node:http';
import type { AppConfig } from '../config/app-config.js';

type Origins = Pick<AppConfig, 'appOrigins' | 'publicUrl' | 'trustProxy'>;

/**
 * Whether a browser says that another site's page makes this request. Browsers name the page in
 * `Origin` on every state change and handshake, and its relation in `Sec-Fetch-Site`; other clients
 * send neither. Without an origin a page of a sibling domain is as foreign as any other.
 */
export function isCrossSite(headers: IncomingHttpHeaders, config: Origins): boolean {
  const { origin } = headers;
  if (origin !== undefined) {
    return !config.appOrigins.includes(origin) && !isOurOwn(origin, headers, config);
  }
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

/** Scheme, host and port: whoever is in the network can make an http: page of our host. */
function isOurOwn(origin: string, headers: IncomingHttpHeaders, config: Origins): boolean {
  const known = originOf(config.publicUrl);
  if (origin === known) return true;
  const reached = originOf(`${schemeOf(headers, config)}://${headers.host}`);
  // What is configured tells the scheme of its host better than a proxy may.
  const isKnownHost = known !== undefined && new URL(known).host === headers.host;
  return !isKnownHost && origin === reached;
}

/** TLS ends at the proxy, which says so; a page cannot set that header without a preflight. */
function schemeOf(headers: IncomingHttpHeaders, { trustProxy }: Origins): string {
  const forwarded = trustProxy ? String(headers['x-forwarded-proto'] ?? '') : '';
  const [first = ''] = forwarded.split(',');
  return /^(?:https|wss)$/i.test(first.trim()) ? 'https' : 'http';
}

function originOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).origin : undefined;
}
