import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { isSecretParameter } from './secret-fields.js';

const QUIET_PATH = /^\/(?:health|metrics)\b/;

/** A URL as it may be logged: sockets, OAuth and clients that err carry secrets in the query. */
export function safeUrl(url: string): string {
  const start = url.indexOf('?') + 1;
  if (start === 0) return url;
  return url.slice(0, start) + url.slice(start).split('&').map(safeParameter).join('&');
}

function safeParameter(parameter: string): string {
  const [name = ''] = parameter.split('=', 1);
  if (name === parameter) return parameter;
  const value = decoded(parameter.slice(name.length + 1));
  const isSecret = isSecretParameter(decoded(name)) || carriesSecret(value);
  return isSecret ? `${name}=[redacted]` : parameter;
}

/** An address in a value has a query of its own. */
function carriesSecret(value: string): boolean {
  const [, ...parameters] = value.split(/[?&#]/);
  return parameters.some((parameter) => isSecretParameter(parameter.split('=', 1)[0] ?? ''));
}

/** As far as it goes: a broken escape must not hide the rest. */
function decoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
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
