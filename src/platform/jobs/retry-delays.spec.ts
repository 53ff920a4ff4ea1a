import { describe, expect, it } from 'vitest';
import { RETRY_DELAYS_MS, retryDelay } from './retry-delays.js';

describe('retryDelay', () => {
  it('grows with each failure and ends after the last', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => retryDelay(RETRY_DELAYS_MS, n, 0.5));
    expect(delays).toEqual([1e3, 5e3, 3e4, 12e4, 6e5, 36e5, 216e5, null]);
  });

  it('leaves a fifth to chance, either way', () => {
    expect(retryDelay([1_000], 1, 0)).toBe(800);
    expect(retryDelay([1_000], 1, 1)).toBe(1_200);
  });
});
