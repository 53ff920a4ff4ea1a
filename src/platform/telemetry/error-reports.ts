import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { ServerRuntimeClient } from '@sentry/core/server';
import type { AppConfig } from '../config/app-config.js';
import { requestId } from '../logging/request-context.js';

const SEND_DEADLINE_MS = 5_000;
/** What is not told within it when the process stops is lost. */
export const FLUSH_DEADLINE_MS = 2_000;

/** What is known of an error besides itself; never headers, bodies or addresses with a query. */
export interface ErrorContext {
  method?: string;
  route?: string;
  job?: string;
  /** A domain event whose listener failed, or what a socket's client sent. */
  event?: string;
}

/**
 * Tells Sentry of bugs, as events of its envelope protocol (https://develop.sentry.dev/sdk/envelopes/).
 * Off, and not even loaded, without `SENTRY_DSN`.
 */
@Injectable()
export class ErrorReports implements OnApplicationShutdown {
  private constructor(private readonly client: ServerRuntimeClient | undefined) {}

  static async for({ sentryDsn, production }: AppConfig): Promise<ErrorReports> {
    if (!sentryDsn) return new ErrorReports(undefined);
    const [{ createStackParser, createTransport }, server] = await Promise.all([
      import('@sentry/core'),
      import('@sentry/core/server'),
    ]);
    const client = new server.ServerRuntimeClient({
      dsn: sentryDsn,
      environment: production ? 'production' : 'development',
      runtime: { name: 'node', version: process.version },
      platform: 'node',
      integrations: [],
      stackParser: createStackParser(server.nodeStackLineParser()),
      transport: (options) =>
        createTransport(options, async ({ body }) => {
          const response = await fetch(options.url, {
            method: 'POST',
            body: body as string | Uint8Array<ArrayBuffer>,
            headers: options.headers as Record<string, string> | undefined,
            signal: AbortSignal.timeout(SEND_DEADLINE_MS),
          });
          await response.arrayBuffer();
          return {
            statusCode: response.status,
            headers: {
              'x-sentry-rate-limits': response.headers.get('X-Sentry-Rate-Limits'),
              'retry-after': response.headers.get('Retry-After'),
            },
          };
        }),
    });
    client.init();
    return new ErrorReports(client);
  }

  report(error: unknown, context: ErrorContext = {}): void {
    this.client?.captureException(error, {
      captureContext: {
        tags: { request_id: requestId(), ...context },
      },
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client?.close(FLUSH_DEADLINE_MS);
  }
}
