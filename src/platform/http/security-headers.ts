import type { RequestHandler } from 'express';
import helmet from 'helmet';
import type { AppConfig } from '../config/app-config.js';

const DOCS = /^\/docs(?:\/|$)/;
const STOREFRONT = /^\/api\/public(?:\/|$)/;

/**
 * Helmet's headers by family. JSON is no page: it may load nothing, be framed by nobody, and be
 * kept by no cache. Its resource policy is the strictest for the API, as that concerns only loads
 * without CORS (`<img>`, `<script>`), which nobody makes of JSON; the storefront is for every site.
 * A handler that answers a page or a file sets its own headers, which win. HTTPS is asked for only
 * where there is HTTPS.
 */
export function securityHeaders({ production }: Pick<AppConfig, 'production'>): RequestHandler {
  const shared = { strictTransportSecurity: production };
  const json = {
    ...shared,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    xFrameOptions: { action: 'deny' as const },
  };
  const docs = helmet({
    ...shared,
    contentSecurityPolicy: {
      directives: production ? {} : { upgradeInsecureRequests: null },
    },
  });
  const api = helmet({ ...json, crossOriginResourcePolicy: { policy: 'same-origin' } });
  const storefront = helmet({ ...json, crossOriginResourcePolicy: { policy: 'cross-origin' } });
  return (request, response, next) => {
    if (DOCS.test(request.path)) return docs(request, response, next);
    response.setHeader('Cache-Control', 'no-store');
    const family = STOREFRONT.test(request.path) ? storefront : api;
    return family(request, response, next);
  };
}
