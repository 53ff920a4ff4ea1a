import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { RawData, WebSocket } from 'ws';
import { AppConfig } from '../platform/config/app-config.js';
import { AppError } from '../platform/http/app-error.js';
import { Arrivals } from './arrivals.js';
import { ClientEvents } from './client-events.js';
import { type Door, Doors, type Occupant } from './doors.js';
import { FrameQueue } from './frame-queue.js';
import { Handshakes, refuseHandshake } from './handshakes.js';
import { LimitedWebSocketServer } from './limited-web-socket-server.js';
import { RawConnection, rawFrame } from './raw-connection.js';
import { RawRooms } from './raw-rooms.js';
import type { SocketIdentity } from './socket-identity.js';

const PATH = '/ws';
/** As the library has it: without the last slash it takes nothing. */
const SOCKET_IO_PATH = '/socket.io/';
const HEARTBEAT_MS = 25_000;
const POLICY_VIOLATION = 1008;
const SERVICE_RESTART = 1012;
/** Of ours: the session has ended, connecting again needs a sign-in. */
const SESSION_ENDED = 4401;

const NO_DOOR = new AppError('not_found', 'Sockets open at /ws and at /socket.io.');

/** The raw WebSocket door: frames are `{ event, data }` JSON texts, answers are events. */
@Injectable()
export class RawWsGateway implements Door, OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly name = 'raw';
  private readonly logger = new Logger(RawWsGateway.name);
  private readonly sockets = new LimitedWebSocketServer();
  private readonly connections = new Set<RawConnection>();
  private readonly rooms = new RawRooms();
  private heartbeat: NodeJS.Timeout;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly handshakes: Handshakes,
    private readonly arrivals: Arrivals,
    private readonly clientEvents: ClientEvents,
    private readonly doors: Doors,
    private readonly config: AppConfig,
  ) {}

  onApplicationBootstrap(): void {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // Of Socket.IO too: the server has let go of the socket, and a reset must not end the process.
      socket.on('error', () => socket.destroy());
      if (request.url?.startsWith(SOCKET_IO_PATH)) return;
      const path = request.url?.split('?')[0]?.replace(/\/$/, '');
      if (path === PATH) void this.open(request, socket, head);
      else refuseHandshake(request, NO_DOOR);
    });
    this.heartbeat = setInterval(() => {
      for (const connection of this.connections) connection.beat();
    }, HEARTBEAT_MS);
    this.doors.add(this);
  }

  emit(room: string, event: string, data: object): void {
    const frame = rawFrame(event, data);
    for (const connection of this.rooms.of(room)) connection.push(room, frame);
  }

  leave(room: string, left: string): void {
    for (const connection of this.rooms.of(room)) connection.leave(left);
  }

  close(room: string, reason: string, except?: string): void {
    for (const connection of this.rooms.of(room)) {
      if (except !== undefined && connection.isIn(except)) continue;
      connection.send('session:ended', { reason });
      connection.close(SESSION_ENDED, reason);
    }
  }

  occupants(room?: string): Occupant[] {
    return room === undefined ? [...this.connections] : this.rooms.of(room);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.heartbeat);
    for (const connection of this.connections) {
      connection.close(SERVICE_RESTART, 'The server restarts: connect again.');
    }
  }

  /** Refuses before the upgrade: after an accept the app would reconnect for ever. */
  private async open(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    try {
      await this.handshakes.greet(request);
      if (socket.destroyed) return;
      const identity = await this.handshakes.admit(request, socket);
      this.sockets.handleUpgrade(request, socket, head, (ws) => this.accept(ws, identity));
    } catch (error) {
      this.handshakes.noteFailure(error);
      refuseHandshake(request, error);
    }
  }

  private accept(ws: WebSocket, identity: SocketIdentity): void {
    const connection = new RawConnection(ws, identity, this.rooms);
    const frames = new FrameQueue(this.config.rateLimits, (reason) => {
      connection.send('error', { error: reason, code: 'rate_limited' });
      connection.close(POLICY_VIOLATION, reason);
    });
    this.connections.add(connection);
    ws.on('close', () => {
      frames.end();
      this.connections.delete(connection);
      this.doors.noteChange(connection.rooms);
      for (const room of connection.rooms) connection.leave(room);
    });
    ws.on('error', ({ message }) => this.logger.debug({ msg: 'raw socket', error: message }));
    ws.on('message', (frame, isBinary) => {
      connection.noteFrame();
      frames.push(() => this.handle(connection, isBinary ? undefined : frame));
    });
    // Before any frame of its own: the app does not join again after a reconnect.
    if (identity.kind === 'member') connection.hold();
    frames.begin(async () => {
      await this.arrivals.welcomeBack(connection);
      connection.releaseSoon();
    });
  }

  private async handle(connection: RawConnection, frame: RawData | undefined): Promise<void> {
    // What still comes from a socket that we are closing counts no more.
    if (!connection.open) return;
    const { event, data } = parseFrame(frame);
    const answer = await this.clientEvents.handle(connection, event, data);
    connection.release();
    if (answer.ok) connection.send(answer.event, answer.data);
    else connection.send('error', { error: answer.error, code: answer.code });
  }
}

/** A text frame of `ws` is a Buffer; a binary one is none of ours. */
function parseFrame(frame: RawData | undefined): { event?: unknown; data?: unknown } {
  try {
    const parsed: unknown = JSON.parse((frame as Buffer).toString());
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}
