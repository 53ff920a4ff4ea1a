import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryRateLimitStorage } from './memory-rate-limit.storage.js';

const TTL_MS = 60_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

describe('rate limits in memory', () => {
  it('block above the limit until the window ends, hits meanwhile included', async () => {
    const storage = new MemoryRateLimitStorage();
    const hit = () => storage.increment('a', TTL_MS, 2);
    expect(await hit()).toMatchObject({ totalHits: 1, isBlocked: false, timeToExpire: 60 });
    await hit();
    vi.advanceTimersByTime(45_000);
    expect(await hit()).toMatchObject({ isBlocked: true, timeToBlockExpire: 15 });
    vi.advanceTimersByTime(15_000);
    expect(await hit()).toMatchObject({ totalHits: 1, isBlocked: false });
  });

  it('end within their window, whatever fraction the clock shows', async () => {
    const storage = new MemoryRateLimitStorage();
    for (let count = 0; count < 200; count++) {
      vi.spyOn(performance, 'now').mockReturnValue(1_000 + count * 37.123_457);
      expect((await storage.increment(`k${count}`, TTL_MS, 2)).timeToExpire).toBe(60);
    }
  });

  it('give a hit back, never below zero', async () => {
    const storage = new MemoryRateLimitStorage();
    await storage.refund('a');
    await storage.increment('a', TTL_MS, 2);
    await storage.refund('a');
    await storage.refund('a');
    expect((await storage.increment('a', TTL_MS, 2)).totalHits).toBe(1);
  });

  it('stay bounded under keys that clients make up, and quick', async () => {
    const storage = new MemoryRateLimitStorage(1_000);
    for (let count = 0; count < 200_000; count++) await storage.increment(`k${count}`, TTL_MS, 1);
    expect(storage.size).toBe(1_000);
    expect((await storage.increment('k199999', TTL_MS, 1)).isBlocked).toBe(true);
  });

  it('drop what has ended before what has not', async () => {
    const storage = new MemoryRateLimitStorage(2);
    await storage.increment('long', 10 * TTL_MS, 9);
    await storage.increment('short', TTL_MS, 9);
    vi.advanceTimersByTime(TTL_MS);
    await storage.increment('new', TTL_MS, 9);
    expect((await storage.increment('long', TTL_MS, 9)).totalHits).toBe(2);
  });
});
