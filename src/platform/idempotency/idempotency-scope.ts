import type { Request } from 'express';

/**
 * A guard sets here what a parameter of the path means where it may be written in several ways: an
 * `Idempotency-Key` then counts for the thing, and not for one way to write it.
 */
export type ScopedRequest = Request & { idempotencyScope?: Record<string, string> };
