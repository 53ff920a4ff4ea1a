import 'reflect-metadata';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createApp } from './create-app.js';
import { LAST_ANSWERS_MS } from './health/last-answers.js';
import { Readiness } from './health/readiness.js';
import { type AppConfig, ConfigError, loadAppConfig } from './platform/config/app-config.js';
import { isDatabaseUnavailable } from './platform/database/database-errors.js';
import { DatabaseServer } from './platform/database/database-server.js';
import { DuplicateValuesError } from './platform/database/duplicate-values-error.js';
import { EmbeddedEngineError } from './platform/database/embedded-engine-error.js';
import { IndexConflictError } from './platform/database/index-conflict-error.js';
import { createLogger } from './platform/logging/logger.js';
import { EXIT_CODES, giveUp } from './signals.js';

const SAME_SIGNAL_MS = 500;

try {
  await start(loadAppConfig());
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}

async function start(config: AppConfig): Promise<void> {
  const logger = createLogger(config);
  const app = await createApp(config, logger);
  process.off('SIGINT', giveUp).off('SIGTERM', giveUp);
  stopOnSignals(app, config);
  await app.listen(config.port);
  process.stdout.write(welcome(config, app));
}

/** One line for what an operator can mend, the whole stack for what they cannot. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const mendable = [ConfigError, DuplicateValuesError, EmbeddedEngineError, IndexConflictError];
  if (mendable.some((one) => error instanceof one)) return error.message;
  if (isDatabaseUnavailable(error)) {
    return `The database does not answer (${error.message}): check MONGODB_URI and that it runs.`;
  }
  const { code, port } = error as { code?: string; port?: number };
  if (code === 'EADDRINUSE') return `Port ${port} is in use: stop what uses it, or set PORT.`;
  return error.stack ?? error.message;
}

/**
 * Not ready first, then the port closes, requests finish, sockets and the database close. A second
 * signal exits at once; a Ctrl-C under npm comes twice, from the terminal and from npm.
 */
function stopOnSignals(app: NestExpressApplication, { drainSeconds }: AppConfig): void {
  let stoppingSince: number | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince < SAME_SIGNAL_MS) return;
      process.exit(EXIT_CODES[signal]);
    }
    stoppingSince = performance.now();
    app.get(Readiness, { strict: false }).drain();
    setTimeout(() => void close(app), drainSeconds * 1_000);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

async function close(app: NestExpressApplication): Promise<void> {
  const server = app.getHttpServer() as Server;
  // A client that does not read its answer would hold the stop for ever.
  setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS);
  try {
    await app.close();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`The stop failed: ${String(error)}\n`);
    process.exit(1);
  }
}

function welcome(config: AppConfig, app: NestExpressApplication): string {
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  const base = config.publicUrl ?? `http://localhost:${port}`;
  const socketBase = base.replace(/^http/, 'ws');
  const lines = [
    ['API', `${base}/api`],
    ['Docs', `${base}/docs`],
    ['Socket.IO', `${base}/socket.io`],
    ['WebSocket', `${socketBase}/ws`],
    ['Data', config.dataDirectory],
    ['Database', app.get(DatabaseServer).description],
  ];
  if (config.secretsGenerated) lines.push(['Secrets', `generated in ${config.dataDirectory}`]);
  return `\nCliick is ready\n${lines.map(([name, at]) => `  ${name!.padEnd(10)} ${at}\n`).join('')}\n`;
}
