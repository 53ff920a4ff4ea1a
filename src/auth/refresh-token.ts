import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { isObjectIdHex } from '../platform/http/object-id.pipe.js';

/**
 * A refresh token says which session and which generation it is of, and proves that we made it.
 * So one that is no longer good is told from one that never was, and the successor of a token is
 * the same for every request that presents it: two tabs that renew at once agree.
 */
export interface RefreshTokenClaims {
  sessionId: string;
  generation: number;
}

const SHAPE = /^([0-9a-f]{24})\.(\d{1,9})\.([A-Za-z0-9_-]{43})$/;

export function makeRefreshToken(
  key: string,
  family: string,
  { sessionId, generation }: RefreshTokenClaims,
): string {
  const mac = createHmac('sha256', key)
    .update(`refresh\0${sessionId}\0${generation}\0${family}`)
    .digest('base64url');
  return `${sessionId}.${generation}.${mac}`;
}

/** What a token claims, not yet proven; undefined when it does not even look like one. */
export function readRefreshToken(token: string): RefreshTokenClaims | undefined {
  const [, sessionId = '', generation = ''] = SHAPE.exec(token) ?? [];
  return isObjectIdHex(sessionId) ? { sessionId, generation: Number(generation) } : undefined;
}

/** Whether we made `token` for the session that has `family`. */
export function isGenuine(key: string, family: string, token: string): boolean {
  const claims = readRefreshToken(token);
  if (!claims) return false;
  const expected = Buffer.from(makeRefreshToken(key, family, claims));
  const given = Buffer.from(token);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/** What is stored of a token. */
export function hashRefreshToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
