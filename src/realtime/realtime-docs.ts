import type { NestExpressApplication } from '@nestjs/platform-express';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { AppConfig } from '../platform/config/app-config.js';
import {
  asyncApiDocument,
  type DocumentedEvent,
  documentedEvents,
  eventSchemas,
  type SocketServer,
} from './async-api.js';

export const REALTIME_DOCS_PATH = '/docs/realtime';
export const REALTIME_DOCS_JSON_PATH = '/docs/realtime-json';

type Origins = Pick<AppConfig, 'publicUrl' | 'ownOrigin'>;

/** Serves the realtime contract beside Swagger: AsyncAPI for programs, and a page for people. */
export function serveRealtimeDocs(
  app: NestExpressApplication,
  document: () => OpenAPIObject,
  config: Origins,
): void {
  const express = app.getHttpAdapter().getInstance();
  express.get(REALTIME_DOCS_JSON_PATH, (request: Request, response: Response) => {
    response.json(asyncApiDocument(document(), serverFor(request, config)));
  });
  express.get(REALTIME_DOCS_PATH, (_: Request, response: Response) => {
    response.type('html').send(page(document(), documentedEvents()));
  });
}

/** What is configured knows the outside best; else it is where the document was asked for. */
function serverFor(request: Request, { publicUrl, ownOrigin }: Origins): SocketServer {
  // Behind a trusted proxy Express says what the client speaks with that.
  const scheme = publicUrl ? new URL(publicUrl).protocol : `${request.protocol}:`;
  const asked = publicUrl ? undefined : request.get('host');
  return {
    host: asked ?? new URL(ownOrigin).host,
    protocol: /^(?:https|wss):$/.test(scheme) ? 'wss' : 'ws',
  };
}

function page(document: OpenAPIObject, events: DocumentedEvent[]): string {
  const { info } = document;
  const schemas = eventSchemas(document, events);
  const section = (direction: DocumentedEvent['direction']): string =>
    events
      .filter((event) => event.direction === direction)
      .map((event) => eventSection(event, schemas))
      .join('');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>${escape(info.title)}: realtime</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}
code,pre{background:#f4f4f5;border-radius:4px;padding:.1em .3em}pre{padding:1em;overflow:auto}
h3{margin-bottom:0}.who{color:#52525b}</style></head><body>
<h1>Realtime</h1>
<p>Two doors with one behaviour: Socket.IO at <code>/socket.io</code>, and a raw WebSocket at
<code>/ws</code> whose frames are <code>{ "type", "event", "data", "timestamp" }</code> (of a client
<code>{ "event", "data" }</code> is enough). Give the access token as
<code>auth.token</code>, as <code>?token=</code>, or as the cookie; a customer gives the token of
their chat. Without a valid one the handshake is refused (401).</p>
<p>Events carry <code>seq</code>: keep the highest, and give it as <code>since</code> when you join
again. Drop what you know by <code>id</code> and <code>seq</code>.</p>
<p>For programs: <a href="${REALTIME_DOCS_JSON_PATH}">AsyncAPI</a>. The REST API:
<a href="/docs">Swagger</a>.</p>
<h2>From the server</h2>${section('from the server')}
<h2>From the client</h2>${section('from the client')}
</body></html>`;
}

function eventSection(event: DocumentedEvent, schemas: Record<string, unknown>): string {
  const { name, who, summary, payload, answer } = event;
  const reference = payload['$ref'];
  const shape =
    typeof reference === 'string' ? schemas[reference.split('/').at(-1) ?? ''] : payload;
  const answered = answer ? ` Answered by <code>${escape(answer)}</code> at /ws.` : '';
  return `<h3><code>${escape(name)}</code> <span class="who">${escape(who)}</span></h3>
<p>${escape(summary)}${answered}</p>
<details><summary>data</summary><pre>${escape(JSON.stringify(shape, null, 2))}</pre></details>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
