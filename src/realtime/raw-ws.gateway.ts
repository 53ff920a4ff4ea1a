import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { toAppError } from '../platform/http/exception.filter.js';
import { Broadcaster, type Door } from './broadcaster.js';
import { RawConnection } from './raw-connection.js';
import { CLIENT_EVENTS, ClientEvents, isClientEvent } from './client-events.js';
import { Evictor } from './evictor.js';
import { SocketAuth } from './socket-auth.js';
import { MAX_FRAME_BYTES } from './socketio.adapter.js';

const PATH = '/ws';
const SOCKET_IO_PATH = '/socket.io';
const HEARTBEAT_MS = 25_000;
const SERVICE_RESTART = 1012;
/** Of ours: the session has ended, connecting again needs a sign-in. */
const SESSION_ENDED = 4401;

/** The raw WebSocket door: frames are `{ event, data }` JSON texts, answers are events. */
@Injectable()
export class RawWsGateway implements Door, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(RawWsGateway.name);
  private readonly sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES });
  private readonly connections = new Set<RawConnection>();
  private heartbeat: NodeJS.Timeout;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly auth: SocketAuth,
    private readonly clientEvents: ClientEvents,
    private readonly broadcaster: Broadcaster,
    private readonly evictor: Evictor,
  ) {}

  onApplicationBootstrap(): void {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const path = request.url?.split('?')[0]?.replace(/\/$/, '');
      if (path === SOCKET_IO_PATH) return;
      if (path === PATH) void this.open(request, socket, head);
      else refuse(socket, '404 Not Found');
    });
    this.heartbeat = setInterval(() => {
      for (const connection of this.connections) connection.beat();
    }, HEARTBEAT_MS);
    this.broadcaster.addDoor(this);
  }

  emit(room: string, event: string, data: object): void {
    const frame = JSON.stringify({ event, data, timestamp: Date.now() });
    for (const connection of this.inRoom(room)) connection.sendFrame(frame);
  }

  leave(room: string, left: string): void {
    for (const connection of this.inRoom(room)) connection.leave(left);
  }

  close(room: string, reason: string, except?: string): void {
    for (const connection of this.inRoom(room)) {
      if (except !== undefined && connection.isIn(except)) continue;
      connection.send('session:ended', { reason });
      connection.close(SESSION_ENDED, reason);
    }
  }

  sessionIds(): string[] {
    return [...this.connections].map(({ caller }) => caller.sessionId);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.heartbeat);
    for (const connection of this.connections) {
      connection.close(SERVICE_RESTART, 'The server restarts: connect again.');
    }
  }

  private inRoom(room: string): RawConnection[] {
    return [...this.connections].filter((connection) => connection.isIn(room));
  }

  /** Refuses before the upgrade: after an accept the app would reconnect for ever. */
  private async open(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    if (!this.auth.isOriginAllowed(request)) return refuse(socket, '403 Forbidden');
    try {
      const caller = await this.auth.authenticate(request);
      this.sockets.handleUpgrade(request, socket, head, (ws) =>
        this.accept(ws, new RawConnection(ws, caller)),
      );
    } catch (error) {
      const { code } = toAppError(error);
      if (code === 'unauthenticated') return refuse(socket, '401 Unauthorized');
      this.logger.error({ msg: 'handshake failed', error: String(error) });
      refuse(socket, '503 Service Unavailable');
    }
  }

  private accept(ws: WebSocket, connection: RawConnection): void {
    this.connections.add(connection);
    ws.on('close', () => this.connections.delete(connection));
    ws.on('error', ({ message }) => this.logger.debug({ msg: 'raw socket', error: message }));
    ws.on('message', (frame, isBinary) => {
      // What still comes from a socket that we are closing counts no more.
      if (connection.open) void this.handle(connection, isBinary ? undefined : frame);
    });
    void this.evictor.admit(connection);
  }

  private async handle(connection: RawConnection, frame: RawData | undefined): Promise<void> {
    const { event, data } = parseFrame(frame);
    if (!isClientEvent(event)) {
      connection.send('error', { error: UNKNOWN_FRAME, code: 'bad_request' });
      return;
    }
    const answer = await this.clientEvents.handle(connection, event, data);
    if (answer.ok) connection.send(answer.event, answer.data);
    else connection.send('error', { error: answer.error, code: answer.code });
  }
}

const UNKNOWN_FRAME = `Send JSON { "event", "data" } with one of: ${CLIENT_EVENTS.join(', ')}.`;

/** A text frame of `ws` is a Buffer; a binary one is none of ours. */
function parseFrame(frame: RawData | undefined): { event?: unknown; data?: unknown } {
  try {
    const parsed: unknown = JSON.parse((frame as Buffer).toString());
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
