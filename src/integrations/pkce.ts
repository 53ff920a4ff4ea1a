import { createHash, createHmac } from 'node:crypto';

/**
 * The verifier of PKCE (RFC 7636), made of what only this browser and the request carry, so that it
 * is kept nowhere.
 * @param binding value of the browser's cookie
 */
export function verifierOf(state: string, binding: string): string {
  return createHmac('sha256', binding).update(`pkce ${state}`).digest('base64url');
}

/** S256. */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}
