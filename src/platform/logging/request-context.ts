import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';

interface RequestContext {
  requestId: string;
}

const storage = new AsyncLocalStorage<RequestContext | undefined>();
const ACCEPTED_ID = /^[A-Za-z0-9._-]{8,64}$/;

/** Id of the request being served, for the answer and for every log line; undefined outside one. */
export function requestId(): string | undefined {
  return storage.getStore()?.requestId;
}

/** Does what a request has asked for, later or elsewhere, under its name. @param id undefined for none */
export function withRequestId<Result>(id: string | undefined, work: () => Result): Result {
  return storage.run(id === undefined ? undefined : { requestId: id }, work);
}

/** Names the request: the caller's `X-Request-Id` when it is a plain word, else a new one. */
export function requestContext(request: Request, response: Response, next: NextFunction): void {
  const given = request.get('x-request-id');
  const id = given && ACCEPTED_ID.test(given) ? given : randomUUID();
  response.setHeader('X-Request-Id', id);
  storage.run({ requestId: id }, next);
}
