import type { RequestHandler } from 'express';
import type { Logger } from 'pino';

/** Sockets and OAuth carry secrets in the query. */
const QUERY_SECRETS = /([?&](?:token|access_token|code|state)=)[^&#\s]+/gi;
const QUIET_PATH = /^\/(?:health|metrics)\b/;

/** A URL as it may be logged. */
export function safeUrl(url: string): string {
  return url.replace(QUERY_SECRETS, '$1[redacted]');
}

/** One line a request: method, address, status, milliseconds; never headers or bodies. */
export function accessLog(logger: Logger): RequestHandler {
  return (request, response, next) => {
    const startedAt = performance.now();
    const { method, originalUrl } = request;
    response.once('close', () => {
      const fields = {
        method,
        url: safeUrl(originalUrl),
        status: response.statusCode,
        ms: Math.round(performance.now() - startedAt),
      };
      if (!response.writableFinished) logger.info(fields, 'request aborted');
      else logger[QUIET_PATH.test(originalUrl) ? 'debug' : 'info'](fields, 'request');
    });
    next();
  };
}
