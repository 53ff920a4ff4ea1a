import type { ExecutionContext } from '@nestjs/common';
import { normalizeIp, type ThrottlerModuleOptions, type ThrottlerOptions } from '@nestjs/throttler';
import type { AppConfig } from '../config/app-config.js';
import type { AuthenticatedRequest } from '../http/access.decorators.js';
import { normaliseEmail } from '../http/email-address.js';
import type { RedisClient } from '../redis/redis.module.js';
import { countedTries } from './account-tries.decorator.js';
import { MemoryRateLimitStorage } from './memory-rate-limit.storage.js';
import { RedisRateLimitStorage } from './redis-rate-limit.storage.js';

const MINUTE_MS = 60_000;
const TRIES_WINDOW_MS = 15 * MINUTE_MS;
/** A person may own a /64 of addresses, and change within it at will. */
const IPV6_CLIENT_PREFIX = 64;
/** Fields of a body that name an account, the first that is there. */
const ACCOUNT_FIELDS = ['email', 'username', 'handle'];

/** Counted before it is known who calls; routes tighten it with `@Throttle`. */
export const ADDRESS_LIMITS = ['default'] as const;
/** Counted when it is known who calls. */
export const CALLER_LIMITS = ['caller', 'tries', 'account-address', 'account'] as const;
type LimitName = (typeof ADDRESS_LIMITS)[number] | (typeof CALLER_LIMITS)[number];
type Limit = ThrottlerOptions & { name: LimitName; limit: number };

/** One request or action at one limit. */
export interface Hit {
  /** What is limited, such as a route or an action. */
  scope: string;
  /** Whom it is counted for. */
  tracker: string;
  limit: number;
  ttlMs: number;
}

const ADDRESS_LIMIT = { name: 'default', ttl: MINUTE_MS, limit: 1_200 } as const;

/**
 * An office behind one address has more than a person, hence the first two. At an account, one
 * address is stopped long before the account is: who wants to lock somebody out needs ten
 * addresses, and gets the rest of a quarter of an hour.
 */
const LIMITS: Limit[] = [
  { ...ADDRESS_LIMIT, getTracker: addressOf },
  { name: 'caller', ttl: MINUTE_MS, limit: 600, getTracker: (_, context) => callerOf(context) },
  { name: 'tries', ttl: TRIES_WINDOW_MS, limit: 100, getTracker: addressOf },
  {
    name: 'account-address',
    ttl: TRIES_WINDOW_MS,
    limit: 10,
    getTracker: (request, context) => `${accountOf(context)} ${addressOf(request)}`,
  },
  {
    name: 'account',
    ttl: TRIES_WINDOW_MS,
    limit: 100,
    getTracker: (_, context) => accountOf(context),
  },
];

/** The limits of every route, and where they are counted. */
export function throttlerOptions(
  { rateLimits }: AppConfig,
  redis: RedisClient,
): ThrottlerModuleOptions {
  return {
    storage: redis ? new RedisRateLimitStorage(redis) : new MemoryRateLimitStorage(),
    throttlers: LIMITS.map((limit) => ({
      ...limit,
      skipIf: (context) => !rateLimits || !concerns(limit.name, context),
    })),
  };
}

/** What a limit counts: one route, or all that share it. */
export function scopeOf(name: string, route = ''): string {
  return `${name} ${route}`;
}

/** A request at the limit of its address that all routes share. */
export function addressHit(request: { ip?: string }): Hit {
  const { name, limit, ttl } = ADDRESS_LIMIT;
  return { scope: scopeOf(name), tracker: addressOf(request), limit, ttlMs: ttl };
}

/** Whether `name` limits tries at an account: they may be given back. */
export function limitsTries(name: string | undefined): boolean {
  return name === 'tries' || name === 'account-address' || name === 'account';
}

function concerns(name: LimitName, context: ExecutionContext): boolean {
  if (name === 'caller') return callerOf(context) !== '';
  if (name === 'default') return true;
  if (countedTries(context) === undefined) return false;
  return name === 'tries' || accountOf(context) !== '';
}

function addressOf({ ip = '' }: { ip?: string }): string {
  return normalizeIp(ip, IPV6_CLIENT_PREFIX);
}

function callerOf(context: ExecutionContext): string {
  return context.switchToHttp().getRequest<AuthenticatedRequest>().caller?.userId ?? '';
}

/** The account that a try is about, written one way; empty when there is none. */
function accountOf(context: ExecutionContext): string {
  const { body } = context.switchToHttp().getRequest<{ body?: Record<string, unknown> }>();
  // Who is signed in could name anybody in the body.
  const caller = callerOf(context);
  if (caller || typeof body !== 'object' || body === null) return caller;
  const named = ACCOUNT_FIELDS.map((field) => body[field]).find((value) => value !== undefined);
  return typeof named === 'string' ? normaliseEmail(named) : '';
}
