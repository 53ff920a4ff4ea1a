import type { PlatformName } from './platforms/platform.js';

const MAX_CHARACTERS = 1_000;
const MAX_AGE_MS = 10 * 60_000;
/** The browser's clock and ours. */
const SKEW_MS = 60_000;

/**
 * Whether `state` is one that the app has made in the browser: base64 of JSON `{ shopId, platform,
 * timestamp (ms), nonce }`. It proves nothing of who sent it: it only has to be of this platform and
 * young, and opens no more than the way of a code to the app's own page.
 */
export function isAppMadeState(state: unknown, platform: PlatformName, now: Date): boolean {
  if (typeof state !== 'string' || state.length > MAX_CHARACTERS) return false;
  const made = parse(state);
  if (!made || typeof made['shopId'] !== 'string' || made['platform'] !== platform) return false;
  const { timestamp } = made;
  if (typeof timestamp !== 'number') return false;
  const age = now.getTime() - timestamp;
  return age > -SKEW_MS && age < MAX_AGE_MS;
}

function parse(state: string): Record<string, unknown> | undefined {
  try {
    // A plus that was not escaped arrives as a space.
    const text = Buffer.from(state.replaceAll(' ', '+'), 'base64').toString('utf8');
    const made: unknown = JSON.parse(text);
    return typeof made === 'object' && made !== null
      ? (made as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
