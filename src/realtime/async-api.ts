import type { OpenAPIObject } from '@nestjs/swagger';
import { CLIENT_EVENTS, type ClientEvent } from './client-events.js';
import { reachableSchemas } from './json-schema.js';
import { type Push, PUSH_TABLE } from './push-table.js';
import { SERVER_EVENTS } from './server-events.js';

type Json = Record<string, unknown>;

/** An event as the docs show it. */
export interface DocumentedEvent {
  name: string;
  direction: 'from the server' | 'from the client';
  who: string;
  summary: string;
  payload: Json;
  answer?: string;
}

/** Where the sockets are reached, as AsyncAPI says it. */
export interface SocketServer {
  host: string;
  protocol: 'ws' | 'wss';
}

const VERSION = '3.0.0';

/** Every event of the wire once, from the tables by which they are sent and handled. */
export function documentedEvents(): DocumentedEvent[] {
  const events = new Map<string, DocumentedEvent>();
  for (const event of listed()) {
    const known = events.get(keyOf(event));
    const summary = known ? `${known.summary} ${event.summary}` : event.summary;
    events.set(keyOf(event), { ...(known ?? event), summary });
  }
  return [...events.values()];
}

function listed(): DocumentedEvent[] {
  const pushes = Object.values(PUSH_TABLE).flat() as Push<never>[];
  return [
    ...pushes.map(({ as, to, summary, shape }) => ({
      name: as,
      direction: 'from the server' as const,
      who: to,
      summary,
      payload: { $ref: `#/components/schemas/${shape}` },
    })),
    ...SERVER_EVENTS.map(({ name, to, summary, fields, optional }) => ({
      name,
      direction: 'from the server' as const,
      who: to,
      summary,
      payload: objectOf(fields, requiredOf(fields, optional)),
    })),
    ...Object.entries<ClientEvent>(CLIENT_EVENTS).map(
      ([name, { answer, from, answers, optional }]) => ({
        name: answer,
        direction: 'from the server' as const,
        who: from,
        summary: `Answers \`${name}\` at /ws; at Socket.IO the acknowledgement, with \`ok: true\`.`,
        payload: objectOf(answers, requiredOf(answers, optional)),
      }),
    ),
    ...Object.entries(CLIENT_EVENTS).map(([name, { from, summary, fields, required, answer }]) => ({
      name,
      direction: 'from the client' as const,
      who: from,
      summary,
      payload: objectOf(fields, required),
      answer,
    })),
  ];
}

/** The shapes that events carry, of all those of the REST answers, by name. */
export function eventSchemas({ components }: OpenAPIObject, events: DocumentedEvent[]): Json {
  const payloads = events.map(({ payload }) => payload);
  return reachableSchemas(payloads, { ...components?.schemas });
}

/** The AsyncAPI 3 document of both doors; its shapes are those of the REST answers. */
export function asyncApiDocument(document: OpenAPIObject, server: SocketServer): Json {
  const { info } = document;
  const events = documentedEvents();
  const messages = Object.fromEntries(events.map((event) => [keyOf(event), messageOf(event)]));
  const of = (direction: DocumentedEvent['direction']) =>
    events
      .filter((event) => event.direction === direction)
      .map((event) => ({ $ref: `#/channels/shop/messages/${keyOf(event)}` }));
  return {
    asyncapi: VERSION,
    info: { title: `${info.title}: realtime`, version: info.version, description: DESCRIPTION },
    servers: {
      socketio: { ...server, pathname: '/socket.io', description: 'Socket.IO 4.' },
      raw: { ...server, pathname: '/ws', description: RAW_FRAMES },
    },
    channels: { shop: { address: null, messages } },
    operations: {
      hear: {
        action: 'send',
        channel: { $ref: '#/channels/shop' },
        messages: of('from the server'),
      },
      ask: {
        action: 'receive',
        channel: { $ref: '#/channels/shop' },
        messages: of('from the client'),
      },
    },
    components: { schemas: eventSchemas(document, events) },
  };
}

const RAW_FRAMES =
  'JSON frames { type, event, data, timestamp }: `type` is the event again, `timestamp` Unix time in ' +
  'ms. Of a client { event, data } is enough.';

const DESCRIPTION =
  'Two doors, one behaviour: Socket.IO, and a raw WebSocket at /ws. Give the access token as ' +
  '`auth.token` (Socket.IO), as `?token=`, or as the cookie; a customer gives the token of their ' +
  'chat. Without a valid one the handshake is refused (401). A team member joins shops; a customer ' +
  'is in their chat at once. Events carry `seq`: keep the highest, and give it as `since` when you ' +
  'join again; drop what you know by `id` and `seq`.';

function messageOf({ name, who, summary, payload, answer }: DocumentedEvent): Json {
  const answered = answer ? ` Answered by an acknowledgement, or at /ws by \`${answer}\`.` : '';
  return { name, title: `${name} (${who})`, summary: summary + answered, payload };
}

function keyOf({ name, who, direction }: DocumentedEvent): string {
  const side = direction === 'from the server' ? 'server' : 'client';
  return `${side}.${name}.${who}`.replace(/[^\w.]+/g, '-');
}

function requiredOf(fields: Record<string, object>, optional: readonly string[] = []): string[] {
  return Object.keys(fields).filter((field) => !optional.includes(field));
}

function objectOf(fields: Record<string, object>, required: readonly string[]): Json {
  return { type: 'object', properties: fields, ...(required.length > 0 ? { required } : {}) };
}
