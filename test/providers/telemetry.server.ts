import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** What an OTLP collector was told of a span: see opentelemetry-proto, trace.proto, in JSON. */
export interface ReportedSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  status: { code?: number };
}

export interface TelemetryServer {
  url: string;
  /** A Sentry DSN that names it. */
  dsn: string;
  spans: ReportedSpan[];
  /** Events of Sentry's envelopes, parsed. */
  events: Record<string, any>[];
  stop(): Promise<void>;
}

/**
 * A collector of OTLP over HTTP with JSON (`POST /v1/traces`), and Sentry's ingestion
 * (`POST /api/:project/envelope/`: lines of JSON, a header before each item), which wants its key.
 */
export async function startTelemetryServer(): Promise<TelemetryServer> {
  const spans: ReportedSpan[] = [];
  const events: Record<string, any>[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
      const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
      if (pathname === '/v1/traces' && request.headers['content-type'] === 'application/json') {
        for (const resource of JSON.parse(body.toString()).resourceSpans)
          for (const scope of resource.scopeSpans) spans.push(...scope.spans);
        response.setHeader('Content-Type', 'application/json').end('{}');
      } else if (pathname === '/api/7/envelope/' && searchParams.get('sentry_key') === 'key') {
        const [, ...lines] = body.toString().split('\n');
        for (let at = 0; at + 1 < lines.length; at += 2)
          if (JSON.parse(lines[at]!).type === 'event') events.push(JSON.parse(lines[at + 1]!));
        response.setHeader('Content-Type', 'application/json').end('{}');
      } else response.writeHead(400).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    dsn: `http://key@127.0.0.1:${port}/7`,
    spans,
    events,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
