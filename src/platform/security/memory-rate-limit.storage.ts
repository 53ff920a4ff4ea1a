import { limitRecord, type RateLimitStorage } from './rate-limit-storage.js';

interface Window {
  hits: number;
  /** On the monotonic clock, which nobody sets back. */
  endsAt: number;
}

const MAX_KEYS = 100_000;
const SWEEP_INTERVAL_MS = 1_000;

/**
 * The counters of one process. The library's own keeps a time stamp per hit and any number of keys;
 * this one keeps two numbers per key and a bounded number of keys, whatever clients make up.
 */
export class MemoryRateLimitStorage implements RateLimitStorage {
  private readonly windows = new Map<string, Window>();
  private sweptAt = -Infinity;

  constructor(private readonly maxKeys = MAX_KEYS) {}

  get size(): number {
    return this.windows.size;
  }

  increment(key: string, ttlMs: number, limit: number): ReturnType<RateLimitStorage['increment']> {
    const now = performance.now();
    let window = this.windows.get(key);
    if (!window || window.endsAt <= now) {
      this.windows.delete(key);
      this.makeRoom(now);
      window = { hits: 0, endsAt: now + ttlMs };
      this.windows.set(key, window);
    }
    window.hits++;
    return Promise.resolve(limitRecord(window.hits, window.endsAt - now, limit));
  }

  refund(key: string): Promise<void> {
    const window = this.windows.get(key);
    if (window && window.hits > 0) window.hits--;
    return Promise.resolve();
  }

  /** Drops what has ended, at most once a second, and the oldest key where that is not enough. */
  private makeRoom(now: number): void {
    if (this.windows.size < this.maxKeys) return;
    if (now - this.sweptAt >= SWEEP_INTERVAL_MS) {
      this.sweptAt = now;
      for (const [key, { endsAt }] of this.windows) if (endsAt <= now) this.windows.delete(key);
    }
    if (this.windows.size < this.maxKeys) return;
    const [oldest] = this.windows.keys();
    if (oldest !== undefined) this.windows.delete(oldest);
  }
}
