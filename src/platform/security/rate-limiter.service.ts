import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectThrottlerStorage } from '@nestjs/throttler';
import type { Request, Response } from 'express';
import { AppConfig } from '../config/app-config.js';
import { AppError } from '../http/app-error.js';
import type { RateLimitStorage } from './rate-limit-storage.js';
import { addressHit, type Hit } from './throttling.js';

interface State {
  limit: number;
  remaining: number;
  /** Seconds until the window ends. */
  reset: number;
}

/** Counts for the guards, for what fails before them, and for what only a service knows. */
@Injectable()
export class RateLimiter {
  private readonly guarded = new WeakSet<Request>();

  constructor(
    @InjectThrottlerStorage() private readonly storage: RateLimitStorage,
    private readonly config: AppConfig,
  ) {}

  /**
   * Counts, and tells in the headers of `response` how many are left.
   * @returns the key with which the hit is given back
   * @throws AppError `rate_limited`
   */
  async hit(hit: Hit, response?: Response): Promise<string> {
    const { limit, ttlMs } = hit;
    const key = keyOf(hit);
    const record = await this.storage.increment(key, ttlMs, limit, ttlMs, hit.scope);
    const remaining = Math.max(0, limit - record.totalHits);
    if (response) tell(response, { limit, remaining, reset: record.timeToExpire });
    if (record.isBlocked) throw tooMany(record.timeToBlockExpire);
    return key;
  }

  async refund(key: string): Promise<void> {
    await this.storage.refund(key);
  }

  /**
   * Counts an action at several limits, or at none when one of them is used up.
   * @returns what gives it back, for an action that failed
   * @throws AppError `rate_limited`
   */
  async take(hits: Hit[]): Promise<() => Promise<void>> {
    const keys: string[] = [];
    const giveBack = async (): Promise<void> => {
      await Promise.all(keys.map((key) => this.storage.refund(key)));
    };
    if (!this.config.rateLimits) return giveBack;
    for (const hit of hits) {
      // Also the hit that is refused: it would count against one that is given back later.
      keys.push(keyOf(hit));
      try {
        await this.hit(hit);
      } catch (error) {
        await giveBack();
        throw error;
      }
    }
    return giveBack;
  }

  /** Notes that a guard counts the request. */
  markGuarded(request: Request): void {
    this.guarded.add(request);
  }

  isGuarded(request: Request): boolean {
    return this.guarded.has(request);
  }

  /**
   * Counts a request that no guard has seen, as it has no route or a broken body.
   * @throws AppError `rate_limited`
   */
  async hitUnguarded(request: Request, response: Response): Promise<void> {
    if (this.config.rateLimits) await this.hit(addressHit(request), response);
  }
}

/** Of one length, and readable by nobody: it stands for addresses and e-mails. */
function keyOf({ scope, tracker }: Hit): string {
  return createHash('sha256').update(`${scope} ${tracker}`).digest('base64url');
}

/** Tells the tightest of the limits that a request meets, in the fields most clients know. */
function tell(response: Response, { limit, remaining, reset }: State): void {
  const told = response.getHeader('RateLimit-Remaining');
  if (told !== undefined && Number(told) < remaining) return;
  response.setHeader('RateLimit-Limit', limit);
  response.setHeader('RateLimit-Remaining', remaining);
  response.setHeader('RateLimit-Reset', reset);
}

function tooMany(seconds: number): AppError {
  return new AppError('rate_limited', `Too many requests: try again in ${seconds} seconds.`, {
    retryAfterSeconds: seconds,
  });
}
