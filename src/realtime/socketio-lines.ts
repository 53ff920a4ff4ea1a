import type { Server, Socket } from 'socket.io';
import { RateWindow, WINDOW_SECONDS } from './rate-window.js';

/** Of a line: frames, of which two windows of a socket may fall into one, and what goes with them. */
const MAX_PACKETS_IN_WINDOW = 1_000;
const TOO_MANY_PACKETS = `More than ${MAX_PACKETS_IN_WINDOW} packets in ${WINDOW_SECONDS} seconds: send fewer.`;
/** A client connects once; one that was refused, or left, may try again on the same line. */
const MAX_CONNECTS = 5;
const TOO_MANY_CONNECTS = `More than ${MAX_CONNECTS} connects on one line: open another.`;
/** A client probes once before it moves to WebSocket. */
const MAX_PROBES = 5;

/** Unsent packets at which a reader that has stopped reading is let go. */
const MAX_UNSENT_PACKETS = 1_000;
const UNSENT_CHECK_MS = 2_000;
/** Within which a client that has left may come back on the same line. */
const RETURN_MS = 1_000;
/** Within which who is refused must have read why. */
const REFUSAL_MS = 2_000;

/** What the sockets of one client live on. */
export type Line = Socket['conn'];

interface Packet {
  type: string;
  data?: unknown;
}

/**
 * Closes lines that cost too much: of what a client sends, only events come to its socket, and a line
 * may have no socket at all.
 */
export class SocketIoLines {
  private readonly seats = new WeakMap<Line, Socket>();
  private readonly unsentCheck: NodeJS.Timeout;

  constructor(
    private readonly server: Server,
    private readonly limitsRate: boolean,
  ) {
    server.engine.on('connection', (line: Line) => this.watch(line));
    server.on('connection', (socket) => this.seat(socket));
    this.unsentCheck = setInterval(() => this.letSlowReadersGo(), UNSENT_CHECK_MS);
  }

  end(): void {
    clearInterval(this.unsentCheck);
  }

  private watch(line: Line): void {
    const rate = new RateWindow(MAX_PACKETS_IN_WINDOW);
    let connects = 0;
    line.on('packet', (packet: Packet) => {
      // Also those to namespaces that are not there: each is answered with its name.
      if (isConnect(packet)) connects++;
      if (connects > MAX_CONNECTS) this.refuse(line, TOO_MANY_CONNECTS);
      else if (this.limitsRate && rate.isExceeded()) this.refuse(line, TOO_MANY_PACKETS);
    });
    // What comes on a WebSocket before the line has moved there is no packet of the line.
    let probes = 0;
    line.on('upgrading', () => {
      probes++;
      if (probes > MAX_PROBES) line.close(true);
    });
  }

  private seat(socket: Socket): void {
    const { conn: line } = socket;
    this.seats.set(line, socket);
    socket.on('disconnect', () => {
      this.seats.delete(line);
      if (line.readyState !== 'open') return;
      setTimeout(() => {
        if (!this.seats.has(line)) line.close(true);
      }, RETURN_MS).unref();
    });
  }

  private refuse(line: Line, reason: string): void {
    const socket = this.seats.get(line);
    if (socket) refuse(socket, reason);
    else line.close(true);
  }

  /** The library keeps what it cannot send, without end. */
  private letSlowReadersGo(): void {
    const { clients } = this.server.engine as unknown as { clients: Record<string, Line> };
    for (const line of Object.values(clients)) {
      if (unsentOf(line) > MAX_UNSENT_PACKETS) line.close(true);
    }
  }
}

/** Says why before the line closes; who does not read it is cut off. */
export function refuse(socket: Socket, reason: string): void {
  socket.emit('error', { error: reason, code: 'rate_limited' });
  socket.disconnect(true);
  setTimeout(() => socket.conn.close(true), REFUSAL_MS).unref();
}

export function unsentOf(line: Line): number {
  return (line as unknown as { writeBuffer: unknown[] }).writeBuffer.length;
}

/** Socket.IO's own type of a packet is its first character. */
function isConnect({ type, data }: Packet): boolean {
  return type === 'message' && typeof data === 'string' && data.startsWith('0');
}
