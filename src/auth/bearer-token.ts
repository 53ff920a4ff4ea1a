import type { IncomingHttpHeaders } from 'node:http';

const BEARER = /^Bearer +(\S+)$/i;
/** What a page sends that has no token and did not look. */
const NO_TOKENS = ['null', 'undefined'];

/** The token of `Authorization: Bearer`; undefined where a client sends none, or a word for none. */
export function bearerOf({ headers }: { headers: IncomingHttpHeaders }): string | undefined {
  const [, token] = BEARER.exec(headers.authorization ?? '') ?? [];
  return token !== undefined && NO_TOKENS.includes(token) ? undefined : token;
}
