import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { MemoryRateLimitStorage } from './memory-rate-limit.storage.js';
import { limitRecord, type RateLimitStorage } from './rate-limit-storage.js';

const PREFIX = 'cliick:limit:';
/** A request waits no longer than this for its counter. */
const PATIENCE_MS = 250;
/** A Redis that failed is left alone for so long. */
const REST_MS = 5_000;

/** One step, so that two processes cannot both be the first and a counter never stays for ever. */
const HIT = `
local hits = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return { hits, left }`;
const REFUND = `
if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then redis.call('DECR', KEYS[1]) end
return 0`;

/**
 * The counters that all processes share. Without Redis each process counts for itself: limits are
 * looser for a while, but nobody is locked out and nothing fails.
 */
export class RedisRateLimitStorage implements RateLimitStorage {
  private readonly logger = new Logger(RedisRateLimitStorage.name);
  private readonly fallback = new MemoryRateLimitStorage();
  private isAway = false;
  private restsUntil = 0;

  constructor(private readonly redis: Redis) {}

  async increment(
    key: string,
    ttlMs: number,
    limit: number,
  ): ReturnType<RateLimitStorage['increment']> {
    const answer = (await this.run(HIT, key, ttlMs)) as [number, number] | undefined;
    return answer ? limitRecord(...answer, limit) : this.fallback.increment(key, ttlMs, limit);
  }

  async refund(key: string): Promise<void> {
    if ((await this.run(REFUND, key)) === undefined) await this.fallback.refund(key);
  }

  /** What `script` returns, undefined while Redis is away. */
  private async run(script: string, key: string, ...args: number[]): Promise<unknown> {
    if (performance.now() < this.restsUntil) return undefined;
    try {
      const answer = await withPatience(this.redis.eval(script, 1, PREFIX + key, ...args));
      if (this.isAway) this.logger.log('rate limits are shared again');
      this.isAway = false;
      return answer;
    } catch (error) {
      const { message } = error as Error;
      this.restsUntil = performance.now() + REST_MS;
      if (!this.isAway) this.logger.warn({ msg: 'rate limits per process', error: message });
      this.isAway = true;
      return undefined;
    }
  }
}

async function withPatience(answer: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    const error = new Error(`no answer within ${PATIENCE_MS} ms`);
    timer = setTimeout(() => reject(error), PATIENCE_MS);
  });
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
