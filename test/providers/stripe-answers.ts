import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { StripeObject } from './stripe-account.js';

/**
 * What it does instead of answering. Only `reset-after-write` and `slow` do what was asked; the
 * rest never begins with it.
 */
export type StripeMisbehaviour =
  | 'server-error'
  | 'rate-limit'
  | 'conflict'
  | 'reset'
  | 'reset-after-write'
  | 'hang'
  | 'html'
  | 'null'
  | 'slow';

export interface StripeAnswer {
  status: number;
  body: StripeObject;
  headers?: Record<string, string>;
  /** It was found before execution began, so that its idempotency key is still unused. */
  isUnstored?: boolean;
}

export function reusedKey(): StripeAnswer {
  const message =
    'Keys for idempotent requests can only be used with the same parameters they were first used with.';
  return { status: 400, body: { error: { type: 'idempotency_error', message } } };
}

export function conflict(): StripeAnswer {
  const message = 'There is currently another in-progress request using this idempotent key.';
  const error = { type: 'idempotency_error', code: 'idempotency_key_in_use', message };
  return { status: 409, body: { error } };
}

/** @returns whether that was all */
export function refuseToAnswer(
  how: StripeMisbehaviour | undefined,
  response: ServerResponse,
): boolean {
  const apiError = { error: { type: 'api_error', message: 'An unknown error occurred.' } };
  const tooMany = { type: 'invalid_request_error', code: 'rate_limit', message: 'Too many.' };
  if (how === 'server-error') send(response, { status: 500, body: apiError });
  else if (how === 'rate-limit') send(response, { status: 429, body: { error: tooMany } });
  else if (how === 'conflict') send(response, conflict());
  else if (how === 'reset') response.socket?.destroy();
  else if (how === 'html') {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>Sorry');
  } else if (how === 'null') response.writeHead(200).end('null');
  else return how === 'hang';
  return true;
}

export function send(response: ServerResponse, { status, body, headers = {} }: StripeAnswer): void {
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'request-id': `req_${randomUUID().slice(0, 14)}`,
    ...headers,
  });
  response.end(JSON.stringify(body));
}
