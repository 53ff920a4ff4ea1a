import type { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { RedisRateLimitStorage } from './redis-rate-limit.storage.js';

const TTL_MS = 60_000;

/** A Redis that takes commands and never answers, as one behind a dead network does. */
function silentRedis(): { redis: Redis; asked: () => number } {
  let asked = 0;
  const evaluate = () => {
    asked++;
    return new Promise(() => {});
  };
  return { redis: { eval: evaluate } as unknown as Redis, asked: () => asked };
}

describe('rate limits in a Redis that does not answer', () => {
  it('are counted here after a moment, and then without waiting', async () => {
    const { redis, asked } = silentRedis();
    const storage = new RedisRateLimitStorage(redis);
    const hit = () => storage.increment('a', TTL_MS, 2);
    const start = performance.now();
    expect((await hit()).totalHits).toBe(1);
    expect((await hit()).totalHits).toBe(2);
    await storage.refund('a');
    expect((await hit()).isBlocked).toBe(false);
    expect((await hit()).isBlocked).toBe(true);
    expect(asked()).toBe(1);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
