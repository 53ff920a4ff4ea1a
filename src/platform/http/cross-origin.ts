import type { RequestHandler } from 'express';
import cors from 'cors';
import type { AppConfig } from '../config/app-config.js';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const EXPOSED = ['X-Request-Id', 'Retry-After'];
const PREFLIGHT_SECONDS = 600;

/** CORS: any origin, without credentials, for the storefront; the app's own, with them, elsewhere. */
export function crossOrigin({ appOrigins }: Pick<AppConfig, 'appOrigins'>): RequestHandler {
  const shared = { methods: METHODS, exposedHeaders: EXPOSED, maxAge: PREFLIGHT_SECONDS };
  const open = cors({ ...shared, origin: '*' });
  const exact = cors({ ...shared, origin: appOrigins, credentials: true });
  return (request, response, next) =>
    request.path.startsWith('/api/public/')
      ? open(request, response, next)
      : exact(request, response, next);
}
