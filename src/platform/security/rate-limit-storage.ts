import type { ThrottlerStorage } from '@nestjs/throttler';

/** What a storage knows of a key after a hit; the name is the library's. */
type LimitRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** Counts hits in fixed windows: a key is blocked until its window ends, never longer. */
export interface RateLimitStorage extends ThrottlerStorage {
  /** Takes one hit of `key` back, for a try that turned out not to count. */
  refund(key: string): Promise<void>;
}

/** @param leftMs until the window ends */
export function limitRecord(hits: number, leftMs: number, limit: number): LimitRecord {
  // Rounded first: the clock's fractions add up to a hair above the whole.
  const seconds = Math.max(1, Math.ceil(Math.round(leftMs) / 1_000));
  const isBlocked = hits > limit;
  return {
    totalHits: hits,
    timeToExpire: seconds,
    isBlocked,
    timeToBlockExpire: isBlocked ? seconds : 0,
  };
}
