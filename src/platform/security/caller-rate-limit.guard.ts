import { Injectable } from '@nestjs/common';
import { RateLimitGuard } from './rate-limit.guard.js';
import { CALLER_LIMITS } from './throttling.js';

/** Counts the requests of a signed-in user, and the tries at an account. */
@Injectable()
export class CallerRateLimitGuard extends RateLimitGuard {
  protected override readonly names = CALLER_LIMITS;
}
