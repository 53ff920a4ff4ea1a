import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  ThrottlerGuard,
  type ThrottlerModuleOptions,
  type ThrottlerRequest,
} from '@nestjs/throttler';
import type { Request, Response } from 'express';
import { countedTries } from './account-tries.decorator.js';
import type { RateLimitStorage } from './rate-limit-storage.js';
import { RateLimiter } from './rate-limiter.service.js';
import { ADDRESS_LIMITS, limitsTries, scopeOf } from './throttling.js';

/** Counts the requests of an address, says in headers how many are left, and refuses the rest. */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  protected readonly names: readonly string[] = ADDRESS_LIMITS;

  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() storage: RateLimitStorage,
    reflector: Reflector,
    private readonly limiter: RateLimiter,
  ) {
    super(options, storage, reflector);
  }

  override async onModuleInit(): Promise<void> {
    await super.onModuleInit();
    this.throttlers = this.throttlers.filter(({ name }) => this.names.includes(name ?? ''));
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    this.limiter.markGuarded(context.switchToHttp().getRequest<Request>());
    return super.canActivate(context);
  }

  protected override async handleRequest(request: ThrottlerRequest): Promise<boolean> {
    const { context, limit, ttl, throttler, getTracker } = request;
    const { req, res } = this.getRequestResponse(context);
    const tracker = await getTracker(req, context);
    const hit = { scope: routeScope(request), tracker, limit, ttlMs: ttl };
    const key = await this.limiter.hit(hit, res as Response);
    if (limitsTries(throttler.name)) this.refundUnlessCounted(key, context);
    return true;
  }

  /** An answer that never went out, or a refusal, leaves the try counted. */
  private refundUnlessCounted(key: string, context: ExecutionContext): void {
    if (countedTries(context) === 'all') return;
    const response = context.switchToHttp().getResponse<Response>();
    response.once('finish', () => {
      if (!isRefusal(response.statusCode)) void this.limiter.refund(key);
    });
  }
}

/** A malformed body (400) tried nothing, and an outage (5xx) is not the caller's fault. */
function isRefusal(status: number): boolean {
  return status > 400 && status < 500;
}

/** Routes share a limit, but for those with one of their own; tries count for each route. */
function routeScope({ context, limit, throttler }: ThrottlerRequest): string {
  const isShared = limit === throttler.limit && !limitsTries(throttler.name);
  const route = isShared ? '' : `${context.getClass().name}.${context.getHandler().name}`;
  return scopeOf(throttler.name ?? '', route);
}
