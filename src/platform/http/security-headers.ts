import type { RequestHandler } from 'express';
import helmet from 'helmet';
import type { AppConfig } from '../config/app-config.js';

/** Helmet's headers; those that speak of HTTPS only where there is HTTPS. */
export function securityHeaders({ production }: Pick<AppConfig, 'production'>): RequestHandler {
  return helmet({
    strictTransportSecurity: production,
    contentSecurityPolicy: {
      directives: production ? {} : { upgradeInsecureRequests: null },
    },
  });
}
