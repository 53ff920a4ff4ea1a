import type { Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import {
  type OnGatewayConnection,
  type OnGatewayInit,
  WebSocketGateway,
  WebSocketServer,
} from '@nestjs/websockets';
import type { DefaultEventsMap, Server, Socket } from 'socket.io';
import { AppConfig } from '../platform/config/app-config.js';
import { AppError } from '../platform/http/app-error.js';
import { toAppError } from '../platform/http/exception.filter.js';
import { Arrivals } from './arrivals.js';
import { type Answer, ClientEvents } from './client-events.js';
import { type Door, Doors, type Occupant } from './doors.js';
import { FrameQueue } from './frame-queue.js';
import { Handshakes } from './handshakes.js';
import type { RoomMember } from './room-member.js';
import type { SocketIdentity } from './socket-identity.js';
import { refuse, SocketIoLines, unsentOf } from './socketio-lines.js';

/** Unsent packets before more is sent of what does not press. */
const MANY_UNSENT_PACKETS = 20;
const FLUSH_CHECK_MS = 10;
/** Within which a stopping process waits for its clients to hear so. */
const FAREWELL_MS = 1_000;
const FAREWELL_CHECK_MS = 10;

interface SocketData {
  identity: SocketIdentity;
  member: RoomMember;
}

type Acknowledge = (answer: object) => void;
type ClientSocket = Socket<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>;

/**
 * The Socket.IO door: answers with an acknowledgement `{ ok }`, or an event when none is asked for.
 * Its events are bound by hand, since Nest would run the guards of HTTP before each.
 */
@WebSocketGateway()
export class SocketIoGateway
  implements Door, OnGatewayInit<Server>, OnGatewayConnection, BeforeApplicationShutdown
{
  readonly name = 'socketio';

  @WebSocketServer()
  private readonly server: Server;

  /** Sockets that HTTP has handed over, to whichever door. */
  private readonly upgraded = new Set<Duplex>();
  private lines: SocketIoLines;

  constructor(
    private readonly handshakes: Handshakes,
    private readonly arrivals: Arrivals,
    private readonly clientEvents: ClientEvents,
    private readonly doors: Doors,
    private readonly config: AppConfig,
    private readonly host: HttpAdapterHost,
  ) {}

  afterInit(server: Server): void {
    server.use((socket: ClientSocket, next) => {
      this.admit(socket).then(
        () => next(),
        (error: unknown) => {
          this.handshakes.noteFailure(error);
          next(refusal(error));
        },
      );
    });
    const http = this.host.httpAdapter.getHttpServer() as HttpServer;
    http.on('upgrade', (_request, line) => {
      this.upgraded.add(line);
      line.once('close', () => this.upgraded.delete(line));
    });
    this.doors.add(this);
    this.lines = new SocketIoLines(server, this.config.rateLimits);
  }

  emit(room: string, event: string, data: object): void {
    this.server.to(room).emit(event, data);
  }

  leave(room: string, left: string): void {
    this.server.in(room).socketsLeave(left);
  }

  close(room: string, reason: string, except?: string): void {
    const sockets = this.server.in(room).except(except ?? []);
    sockets.emit('session:ended', { reason });
    sockets.disconnectSockets(true);
  }

  occupants(room?: string): Occupant[] {
    const sockets = room === undefined ? this.all() : this.inRoom(room);
    return sockets.map(({ data, rooms }) => ({
      identity: data.identity,
      rooms,
      viewing: data.member.viewing,
    }));
  }

  handleConnection(socket: ClientSocket): void {
    const member = memberOf(socket);
    socket.data.member = member;
    const frames = new FrameQueue(this.config.rateLimits, (reason) => refuse(socket, reason));
    socket.onAny((event: unknown, ...args: unknown[]) => {
      frames.push(() => this.handle(socket, member, [event, ...args]));
    });
    // Its rooms are known until it has gone.
    socket.on('disconnecting', () => this.doors.noteChange(socket.rooms));
    socket.on('disconnect', () => frames.end());
    frames.begin(() => this.arrivals.welcome(member));
  }

  /**
   * Tells the clients why before their lines close. Just the lines: a client whose socket was
   * disconnected by the server would not connect again by itself. A line that is just being upgraded
   * closes once it is; one whose client has gone silent would keep the port open until its ping fails.
   */
  async beforeApplicationShutdown(): Promise<void> {
    this.lines.end();
    this.server.emit('server:closing', { reason: 'The server restarts: connect again.' });
    for (const { conn } of this.all()) conn.close();
    const deadline = Date.now() + FAREWELL_MS;
    while (this.server.engine.clientsCount > 0 && Date.now() < deadline) {
      await pause(FAREWELL_CHECK_MS);
    }
    for (const line of this.upgraded) line.destroy();
  }

  private async admit({ conn, data, handshake, request }: ClientSocket): Promise<void> {
    if (conn.readyState !== 'open') throw new AppError('rate_limited', 'Connect anew.');
    data.identity = await this.handshakes.admit(request, conn, handshake.auth['token']);
  }

  private all(): ClientSocket[] {
    return [...this.server.sockets.sockets.values()] as ClientSocket[];
  }

  private inRoom(room: string): ClientSocket[] {
    const { sockets, adapter } = this.server.sockets;
    const ids = [...(adapter.rooms.get(room) ?? [])];
    return ids.flatMap((id) => (sockets.get(id) as ClientSocket | undefined) ?? []);
  }

  private async handle(
    socket: ClientSocket,
    member: RoomMember,
    [event, ...args]: unknown[],
  ): Promise<void> {
    const acknowledge = args.find((arg) => typeof arg === 'function');
    const answer = await this.clientEvents.handle(member, event, args[0]);
    reply(socket, answer, acknowledge as Acknowledge | undefined);
  }
}

function memberOf(socket: ClientSocket): RoomMember {
  return {
    identity: socket.data.identity,
    get open() {
      return socket.connected;
    },
    isIn: (room) => socket.rooms.has(room),
    join: (room) => {
      // A room would keep the id of a socket that has gone for ever.
      if (socket.connected) return socket.join(room);
    },
    leave: (room) => socket.leave(room),
    send: (event, data) => void socket.emit(event, data),
    flush: async () => {
      while (socket.connected && unsentOf(socket.conn) > MANY_UNSENT_PACKETS) {
        await pause(FLUSH_CHECK_MS);
      }
    },
  };
}

function reply(socket: ClientSocket, answer: Answer, acknowledge?: Acknowledge): void {
  if (acknowledge) {
    acknowledge(
      answer.ok
        ? { ok: true, ...answer.data }
        : { ok: false, error: answer.error, code: answer.code },
    );
  } else if (answer.ok) socket.emit(answer.event, answer.data);
  else socket.emit('error', { error: answer.error, code: answer.code });
}

/** Reaches the client as `connect_error` with `data: { code }`. */
function refusal(error: unknown): Error {
  const { message, code } = toAppError(error);
  return Object.assign(new Error(message), { data: { code } });
}
