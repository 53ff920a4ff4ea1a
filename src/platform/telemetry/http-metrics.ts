import type { Request, RequestHandler } from 'express';
import type { Metrics } from './metrics.js';

/** What no route took: one label for all addresses that anybody can think of. */
const NO_ROUTE = 'none';
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Rate, errors and duration of requests, by the route's template and never by its address. */
export function httpMetrics(metrics: Metrics): RequestHandler {
  const duration = metrics.histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer, or to its end.',
    labels: ['method', 'route', 'status'],
  });
  return (request, response, next) => {
    const startedAt = performance.now();
    response.once('close', () => {
      const labels = {
        method: METHODS.has(request.method) ? request.method : 'other',
        route: routeOf(request) ?? NO_ROUTE,
        status: response.writableFinished ? String(response.statusCode) : 'aborted',
      };
      duration.observe(labels, (performance.now() - startedAt) / 1_000);
    });
    next();
  };
}

/** Template of the route that took the request, such as `/api/shops/:shopId`. */
export function routeOf(request: Request): string | undefined {
  const { route } = request as { route?: { path?: unknown } };
  return typeof route?.path === 'string' ? route.path : undefined;
}
