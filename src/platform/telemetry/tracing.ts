import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Span, Tracer } from '@opentelemetry/api';
import type { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { RequestHandler } from 'express';
import type { CommandStartedEvent } from 'mongodb';
import type { AppConfig } from '../config/app-config.js';
import { requestId } from '../logging/request-context.js';
import { FLUSH_DEADLINE_MS } from './error-reports.js';
import { routeOf } from './http-metrics.js';

type Api = typeof import('@opentelemetry/api');

/** The parts that are only loaded when traces are asked for. */
interface Exporter {
  api: Api;
  tracer: Tracer;
  provider: NodeTracerProvider;
}

/**
 * Traces for an OpenTelemetry collector (OTLP over HTTP, https://opentelemetry.io/docs/specs/otlp/):
 * a span for each request, with one for each command to the database within. Off, and not even
 * loaded, without `OTEL_EXPORTER_OTLP_ENDPOINT`.
 */
@Injectable()
export class Tracing implements OnApplicationShutdown {
  private constructor(private readonly exporter: Exporter | undefined) {}

  static async for({ tracesEndpoint, serviceName }: AppConfig): Promise<Tracing> {
    if (!tracesEndpoint) return new Tracing(undefined);
    const [api, { BatchSpanProcessor, NodeTracerProvider }, { OTLPTraceExporter }, resources] =
      await Promise.all([
        import('@opentelemetry/api'),
        import('@opentelemetry/sdk-trace-node'),
        import('@opentelemetry/exporter-trace-otlp-http'),
        import('@opentelemetry/resources'),
      ]);
    const url = `${tracesEndpoint}/v1/traces`;
    const provider = new NodeTracerProvider({
      resource: resources.resourceFromAttributes({ 'service.name': serviceName }),
      spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url }))],
    });
    provider.register();
    return new Tracing({ api, provider, tracer: provider.getTracer('cliick') });
  }

  /** Opens the request's span, under that of the caller when it sent a `traceparent`. */
  middleware(): RequestHandler {
    const { exporter } = this;
    if (!exporter) return (_request, _response, next) => next();
    const { api, tracer } = exporter;
    return (request, response, next) => {
      const parent = api.propagation.extract(api.context.active(), request.headers);
      const span = tracer.startSpan(request.method, { kind: api.SpanKind.SERVER }, parent);
      response.once('close', () => {
        const route = routeOf(request);
        if (route) span.updateName(`${request.method} ${route}`);
        span.setAttributes({
          'http.request.method': request.method,
          'http.response.status_code': response.statusCode,
          ...(route ? { 'http.route': route } : {}),
        });
        endSpan(api, span, response.statusCode >= 500);
      });
      span.setAttribute('cliick.request_id', requestId() ?? '');
      api.context.with(api.trace.setSpan(parent, span), next);
    };
  }

  /** A command that has just been answered, as a span of the request that sent it. */
  noteCommand(
    { commandName, command }: CommandStartedEvent,
    durationMs: number,
    outcome: 'ok' | 'failed',
  ): void {
    if (!this.exporter) return;
    const { api, tracer } = this.exporter;
    if (!api.trace.getActiveSpan()) return;
    const collection = String(command[commandName]);
    const span = tracer.startSpan(`${commandName} ${collection}`, {
      kind: api.SpanKind.CLIENT,
      startTime: Date.now() - durationMs,
      attributes: {
        'db.system.name': 'mongodb',
        'db.operation.name': commandName,
        'db.collection.name': collection,
      },
    });
    endSpan(api, span, outcome === 'failed');
  }

  async onApplicationShutdown(): Promise<void> {
    const flushed = this.exporter?.provider.shutdown().catch(() => {});
    // It would wait for a collector that does not answer, and try again.
    await Promise.race([flushed, sleep(FLUSH_DEADLINE_MS, undefined, { ref: false })]);
  }
}

function endSpan({ SpanStatusCode }: Api, span: Span, hasFailed: boolean): void {
  if (hasFailed) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
