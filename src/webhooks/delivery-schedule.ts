import { retryDelay } from '../platform/jobs/retry-delays.js';
import { TEST_EVENT } from './webhook-events.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** After the n-th failure so long until the next try: eight tries, the last after about a day. */
export const DELIVERY_DELAYS_MS: readonly number[] = [
  MINUTE_MS / 2,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  4 * HOUR_MS,
  8 * HOUR_MS,
  12 * HOUR_MS,
];

/**
 * When a delivery is tried again; null when that was its last try. A test is tried once: who sends it
 * waits for its outcome.
 * @param random from 0 to 1
 */
export function nextTryAt(event: string, tries: number, now: Date, random: number): Date | null {
  const delay = event === TEST_EVENT ? null : retryDelay(DELIVERY_DELAYS_MS, tries, random);
  return delay === null ? null : new Date(now.getTime() + delay);
}
