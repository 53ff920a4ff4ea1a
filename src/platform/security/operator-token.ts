import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import type { AppConfig } from '../config/app-config.js';
import { AppError } from '../http/app-error.js';

/**
 * Whether the request comes from who runs this server: it carries `OPERATOR_TOKEN` as its Bearer.
 * In development no token is needed while none is set.
 * @throws AppError `unauthenticated`
 */
export function requireOperator(request: Request, { operatorToken, production }: AppConfig): true {
  if (!operatorToken && !production) return true;
  const [, given] = /^Bearer (.+)$/i.exec(request.get('authorization') ?? '') ?? [];
  if (operatorToken && given && isSame(given, operatorToken)) return true;
  const sentence = operatorToken
    ? 'Operators only: send OPERATOR_TOKEN as Authorization: Bearer.'
    : 'Operators only, and this server has no OPERATOR_TOKEN: set it first.';
  throw new AppError('unauthenticated', sentence);
}

/** In the same time wherever they differ. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
