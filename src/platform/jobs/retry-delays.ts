const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** After the n-th failure so long until the next try; after the last of them a job is dead. */
export const RETRY_DELAYS_MS: readonly number[] = [
  SECOND_MS,
  5 * SECOND_MS,
  30 * SECOND_MS,
  2 * MINUTE_MS,
  10 * MINUTE_MS,
  60 * MINUTE_MS,
  6 * 60 * MINUTE_MS,
];

/** So much of a delay is left to chance, so that what failed together is not tried together. */
const JITTER = 0.2;

/**
 * How long to wait after a failure, in milliseconds; null when that was the last try.
 * @param failures how many there were, at least 1
 * @param random from 0 to 1
 */
export function retryDelay(
  delays: readonly number[],
  failures: number,
  random: number,
): number | null {
  const delay = delays[failures - 1];
  return delay === undefined ? null : Math.round(delay * (1 - JITTER + 2 * JITTER * random));
}
