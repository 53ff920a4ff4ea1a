import type { RequestHandler } from 'express';
import type { Readiness } from './readiness.js';

/** How long a stop waits for answers that are on their way, once it has drained. */
export const LAST_ANSWERS_MS = 15_000;

/**
 * While the process drains, each answer is the last on its connection: a proxy that kept it open
 * would send the next request just when the port closes, and could not know whether it was done.
 */
export function lastAnswers(readiness: Readiness): RequestHandler {
  return (_request, response, next) => {
    if (readiness.draining) response.setHeader('Connection', 'close');
    next();
  };
}
