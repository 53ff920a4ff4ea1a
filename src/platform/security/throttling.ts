import { type ExecutionContext, Injectable } from '@nestjs/common';
import {
  ThrottlerGuard,
  type ThrottlerLimitDetail,
  type ThrottlerModuleOptions,
} from '@nestjs/throttler';
import type { AppConfig } from '../config/app-config.js';
import { AppError } from '../http/app-error.js';

const MINUTE_MS = 60_000;
const REQUESTS_PER_MINUTE = 600;

/** The limit of every route, per client address; routes tighten it with `@Throttle`. */
export function throttlerOptions({ rateLimits }: AppConfig): ThrottlerModuleOptions {
  return {
    throttlers: [{ name: 'default', ttl: MINUTE_MS, limit: REQUESTS_PER_MINUTE }],
    skipIf: () => !rateLimits,
  };
}

/** Counts requests and tells the caller how long to wait. */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  protected override throwThrottlingException(
    _: ExecutionContext,
    { timeToBlockExpire }: ThrottlerLimitDetail,
  ): Promise<void> {
    const seconds = Math.max(1, timeToBlockExpire);
    throw new AppError('rate_limited', `Too many requests: try again in ${seconds} seconds.`, {
      retryAfterSeconds: seconds,
    });
  }
}
