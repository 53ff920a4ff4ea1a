import type { Request, RequestHandler } from 'express';
import cors from 'cors';
import type { AppConfig } from '../config/app-config.js';
import { AppError } from './app-error.js';

const SHARED = {
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  allowedHeaders: [
    'Authorization',
    'Content-Type',
    'Idempotency-Key',
    'If-None-Match',
    'X-CSRF-Token',
    'X-Request-Id',
    'X-Token-Transport',
  ],
  exposedHeaders: [
    'ETag',
    'Idempotency-Replayed',
    'RateLimit-Limit',
    'RateLimit-Remaining',
    'RateLimit-Reset',
    'Retry-After',
    'X-Request-Id',
  ],
  maxAge: 600,
};
/** As the router compares: what is written in any other way is not the storefront. */
const STOREFRONT = /^\/api\/public(?:\/|$)/;

/**
 * CORS: the app's own origins, with credentials, everywhere, since it sends them with every call;
 * any other origin, without them, at the storefront. Elsewhere others get no header at all.
 */
export function crossOrigin({ appOrigins }: Pick<AppConfig, 'appOrigins'>): RequestHandler {
  const exact = cors({ ...SHARED, origin: appOrigins, credentials: true });
  const open = cors({ ...SHARED, origin: '*' });
  return (request, response, next) => {
    response.vary('Origin');
    const { method, path, headers } = request;
    if (method === 'OPTIONS' && !isPreflight(request)) {
      next(new AppError('not_found', 'OPTIONS is for the preflights of browsers: see /docs.'));
    } else if (headers.origin !== undefined && appOrigins.includes(headers.origin)) {
      exact(request, response, next);
    } else if (STOREFRONT.test(path)) {
      open(request, response, next);
    } else if (method === 'OPTIONS') {
      response.status(204).end();
    } else {
      next();
    }
  };
}

function isPreflight({ headers }: Request): boolean {
  return headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}
