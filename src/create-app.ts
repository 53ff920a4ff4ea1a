import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import compression from 'compression';
import type { Logger } from 'pino';
import { AppModule } from './app.module.js';
import { lastAnswers } from './health/last-answers.js';
import { Readiness } from './health/readiness.js';
import type { AppConfig } from './platform/config/app-config.js';
import { crossOrigin } from './platform/http/cross-origin.js';
import { jsonBody } from './platform/http/json-body.js';
import { ignoreOtherProtocols } from './platform/http/other-protocols.js';
import { requireHost } from './platform/http/require-host.js';
import { securityHeaders } from './platform/http/security-headers.js';
import { limitSlowClients, TIME_LIMITS } from './platform/http/slow-clients.js';
import { serveDocs } from './platform/http/swagger.js';
import { ClearedNotificationsResponse } from './notifications/dto/cleared-notifications.response.js';
import { accessLog } from './platform/logging/access-log.js';
import { PinoLoggerService } from './platform/logging/logger.js';
import { requestContext } from './platform/logging/request-context.js';
import { httpMetrics } from './platform/telemetry/http-metrics.js';
import { Metrics } from './platform/telemetry/metrics.js';
import { Tracing } from './platform/telemetry/tracing.js';
import { ChatStatusResponse } from './realtime/dto/chat-status.response.js';
import { serveRealtimeDocs } from './realtime/realtime-docs.js';
import { SocketIoAdapter } from './realtime/socketio.adapter.js';
import { permissionNote, permissionsAsMarkdown } from './shops/permissions.js';

/** Of 1 to 9: half the work of zlib's usual 6, for answers that are hardly larger. */
const COMPRESSION_LEVEL = 3;

/** The whole application, ready to listen: the server and the tests start the same one. */
export async function createApp(
  config: AppConfig,
  logger: Logger,
  timeLimits = TIME_LIMITS,
): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.with(config), {
    logger: new PinoLoggerService(logger),
    abortOnError: false,
    bodyParser: false,
  });
  limitSlowClients(app.getHttpServer(), timeLimits);
  const express = app.getHttpAdapter().getInstance();
  express.set('trust proxy', config.trustProxy ?? false);
  express.disable('x-powered-by');
  express.disable('etag');
  app.use(requestContext);
  app.use(lastAnswers(app.get(Readiness, { strict: false })));
  app.use(httpMetrics(app.get(Metrics)));
  app.use(app.get(Tracing).middleware());
  app.use(accessLog(logger));
  app.use(securityHeaders(config));
  app.use(requireHost);
  app.use(crossOrigin(config));
  app.use(compression({ level: COMPRESSION_LEVEL }));
  app.use(jsonBody);
  app.useWebSocketAdapter(new SocketIoAdapter(app, timeLimits.identify));
  const document = serveDocs(app, {
    notes: `## Who may do what in a shop\n\n${permissionsAsMarkdown()}`,
    permissionNote,
    extraModels: [ChatStatusResponse, ClearedNotificationsResponse],
  });
  serveRealtimeDocs(app, document, config);
  await app.init();
  ignoreOtherProtocols(app.getHttpServer());
  return app;
}
