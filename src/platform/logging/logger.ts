import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger as Pino, pino } from 'pino';
import type { AppConfig } from '../config/app-config.js';
import { requestId } from './request-context.js';
import { SECRET_FIELDS } from './secret-fields.js';

/** Nest's report of a failed start, which serve.ts tells the operator in a line. */
const START_FAILURE_CONTEXT = 'ExceptionHandler';
/** At the top of a line and up to two levels inside it. */
const REDACTED_PATHS = SECRET_FIELDS.flatMap((field) => [
  `["${field}"]`,
  `*["${field}"]`,
  `*.*["${field}"]`,
]);
/** Nest's own start-up chatter: one line a route is no news. */
const QUIET_CONTEXTS =
  /^(InstanceLoader|RoutesResolver|RouterExplorer|NestFactory|WebSocketsController|NestApplication)$/;

/** The process's one logger: JSON lines, secrets removed, the request's id on each. */
export function createLogger(
  { logLevel }: Pick<AppConfig, 'logLevel'>,
  destination?: DestinationStream,
): Pino {
  const options = {
    level: logLevel,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: () => ({ requestId: requestId() }),
    redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** Lets Nest and our services log through pino: `logger.warn({ msg, ...fields })` or a text. */
export class PinoLoggerService implements LoggerService {
  constructor(private readonly pino: Pino) {}

  log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    const quiet = typeof context === 'string' && QUIET_CONTEXTS.test(context);
    this.write(quiet ? 'debug' : 'info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write(rest.at(-1) === START_FAILURE_CONTEXT ? 'debug' : 'error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest passes `message, [stack,] context`. */
  private write(
    level: 'info' | 'error' | 'warn' | 'debug' | 'trace' | 'fatal',
    message: unknown,
    rest: unknown[],
  ): void {
    const context = rest.at(-1);
    const stack = rest.length > 1 ? rest[0] : undefined;
    if (message instanceof Error) {
      this.pino[level]({ context, stack: message.stack }, message.message);
    } else if (typeof message === 'object' && message !== null) {
      this.pino[level]({ context, ...message });
    } else {
      this.pino[level]({ context, stack }, String(message));
    }
  }
}
