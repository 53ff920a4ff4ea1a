import { createHash } from 'node:crypto';
import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  ThrottlerGuard,
  type ThrottlerModuleOptions,
  type ThrottlerRequest,
} from '@nestjs/throttler';
import type { Response } from 'express';
import { AppError } from '../http/app-error.js';
import { countedTries } from './account-tries.decorator.js';
import type { RateLimitStorage } from './rate-limit-storage.js';
import { ADDRESS_LIMITS, limitsTries } from './throttling.js';

interface State {
  limit: number;
  remaining: number;
  /** Seconds until the window ends. */
  reset: number;
}

/** Counts the requests of an address, says in headers how many are left, and refuses the rest. */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  protected readonly names: readonly string[] = ADDRESS_LIMITS;

  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() private readonly storage: RateLimitStorage,
    reflector: Reflector,
  ) {
    super(options, storage, reflector);
  }

  override async onModuleInit(): Promise<void> {
    await super.onModuleInit();
    this.throttlers = this.throttlers.filter(({ name }) => this.names.includes(name ?? ''));
  }

  protected override async handleRequest(request: ThrottlerRequest): Promise<boolean> {
    const { context, limit, ttl, blockDuration, throttler, getTracker } = request;
    const { req, res } = this.getRequestResponse(context);
    const name = throttler.name ?? '';
    const key = keyOf(scopeOf(request), await getTracker(req, context));
    const record = await this.storage.increment(key, ttl, limit, blockDuration, name);
    const remaining = Math.max(0, limit - record.totalHits);
    tell(res as Response, { limit, remaining, reset: record.timeToExpire });
    if (record.isBlocked) throw tooMany(record.timeToBlockExpire);
    if (limitsTries(name)) this.refundUnlessCounted(key, context);
    return true;
  }

  /** An answer that never went out, or a refusal, leaves the try counted. */
  private refundUnlessCounted(key: string, context: ExecutionContext): void {
    if (countedTries(context) === 'all') return;
    const response = context.switchToHttp().getResponse<Response>();
    response.once('finish', () => {
      if (!isRefusal(response.statusCode)) void this.storage.refund(key);
    });
  }
}

/** A malformed body (400) tried nothing, and an outage (5xx) is not the caller's fault. */
function isRefusal(status: number): boolean {
  return status > 400 && status < 500;
}

/** Routes share a limit, but for those with one of their own; tries count for each route. */
function scopeOf({ context, limit, throttler }: ThrottlerRequest): string {
  const isShared = limit === throttler.limit && !limitsTries(throttler.name);
  const route = isShared ? '' : `${context.getClass().name}.${context.getHandler().name}`;
  return `${throttler.name} ${route}`;
}

/** Of one length, and readable by nobody: it stands for addresses and e-mails. */
function keyOf(scope: string, tracker: string): string {
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
