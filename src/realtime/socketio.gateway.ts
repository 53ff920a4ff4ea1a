import type { BeforeApplicationShutdown } from '@nestjs/common';
import {
  type OnGatewayConnection,
  type OnGatewayInit,
  WebSocketGateway,
  WebSocketServer,
} from '@nestjs/websockets';
import type { DefaultEventsMap, Server, Socket } from 'socket.io';
import type { Caller } from '../platform/http/access.decorators.js';
import { toAppError } from '../platform/http/exception.filter.js';
import { Broadcaster, type Door } from './broadcaster.js';
import { type Answer, CLIENT_EVENTS, ClientEvents, type RoomMember } from './client-events.js';
import { Evictor } from './evictor.js';
import { SocketAuth } from './socket-auth.js';

interface SocketData {
  caller: Caller;
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
  @WebSocketServer()
  private readonly server: Server;

  constructor(
    private readonly auth: SocketAuth,
    private readonly clientEvents: ClientEvents,
    private readonly broadcaster: Broadcaster,
    private readonly evictor: Evictor,
  ) {}

  afterInit(server: Server): void {
    server.use((socket: ClientSocket, next) => {
      this.auth.authenticate(socket.request, socket.handshake.auth['token']).then(
        (caller) => {
          socket.data.caller = caller;
          next();
        },
        (error: unknown) => next(refusal(error)),
      );
    });
    this.broadcaster.addDoor(this);
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

  sessionIds(): string[] {
    const sockets = [...this.server.sockets.sockets.values()] as ClientSocket[];
    return sockets.map(({ data }) => data.caller.sessionId);
  }

  handleConnection(socket: ClientSocket): void {
    const member = memberOf(socket);
    void this.evictor.admit(member);
    for (const event of CLIENT_EVENTS) {
      socket.on(event, (...args: unknown[]) => {
        const acknowledge = args.find((arg) => typeof arg === 'function');
        void this.clientEvents
          .handle(member, event, args[0])
          .then((answer) => reply(socket, answer, acknowledge as Acknowledge | undefined));
      });
    }
  }

  /** Tells the clients why before their sockets close. */
  beforeApplicationShutdown(): void {
    this.server.emit('server:closing', { reason: 'The server restarts: connect again.' });
    this.server.disconnectSockets(true);
  }
}

function memberOf(socket: ClientSocket): RoomMember {
  return {
    caller: socket.data.caller,
    isIn: (room) => socket.rooms.has(room),
    join: (room) => {
      // A room would keep the id of a socket that has gone for ever.
      if (socket.connected) return socket.join(room);
    },
    leave: (room) => socket.leave(room),
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
