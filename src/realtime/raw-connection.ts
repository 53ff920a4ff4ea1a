import type { WebSocket } from 'ws';
import type { RawRooms } from './raw-rooms.js';
import type { RoomMember } from './room-member.js';
import type { SocketIdentity } from './socket-identity.js';

/** Unsent bytes at which a reader that has stopped reading is let go. */
const MAX_UNSENT_BYTES = 1024 * 1024;
/** Unsent bytes before more is sent of what does not press. */
const MANY_UNSENT_BYTES = MAX_UNSENT_BYTES / 4;
const TRY_AGAIN_LATER = 1013;

/** Pushes that are held back, and for how long; a client that joins by itself does so at once. */
const MAX_HELD = 200;
const HELD_MS = 500;

/** A frame of the raw door: `type` is the event again, as apps read the one or the other. */
export function rawFrame(event: string, data: object): string {
  return JSON.stringify({ type: event, event, data, timestamp: Date.now() });
}

/** One client of the raw door, and the rooms it is in. */
export class RawConnection implements RoomMember {
  readonly rooms = new Set<string>();
  viewing?: string;
  private alive = true;
  private held?: { room: string; frame: string }[];
  private releasing?: NodeJS.Timeout;
  private hasSpoken = false;

  constructor(
    private readonly ws: WebSocket,
    readonly identity: SocketIdentity,
    private readonly index: RawRooms,
  ) {
    ws.on('pong', () => {
      this.alive = true;
    });
  }

  get open(): boolean {
    return this.ws.readyState === this.ws.OPEN;
  }

  isIn(room: string): boolean {
    return this.rooms.has(room);
  }

  join(room: string): void {
    // A room would keep who has gone for ever.
    if (!this.open) return;
    this.rooms.add(room);
    this.index.add(room, this);
  }

  leave(room: string): void {
    this.rooms.delete(room);
    this.index.delete(room, this);
    this.held = this.held?.filter((one) => one.room !== room);
  }

  /**
   * Holds back what rooms push: a client that is back in its rooms may join with a number, and must be
   * told what it has missed first.
   */
  hold(): void {
    this.held = [];
  }

  /** For a client that says nothing. */
  releaseSoon(): void {
    if (this.hasSpoken) return;
    this.releasing = setTimeout(() => this.release(), HELD_MS).unref();
  }

  /** It says something: what is held stays so until that is answered. */
  noteFrame(): void {
    this.hasSpoken = true;
    clearTimeout(this.releasing);
  }

  release(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const { frame } of held) this.sendFrame(frame);
  }

  /** Of a room. */
  push(room: string, frame: string): void {
    if (this.held && this.held.length >= MAX_HELD) this.release();
    if (this.held) this.held.push({ room, frame });
    else this.sendFrame(frame);
  }

  send(event: string, data: object): void {
    this.sendFrame(rawFrame(event, data));
  }

  sendFrame(frame: string): void {
    if (!this.open) return;
    if (this.ws.bufferedAmount > MAX_UNSENT_BYTES) {
      this.close(TRY_AGAIN_LATER, 'Too slow to read: connect again and catch up.');
      this.ws.terminate();
      return;
    }
    this.ws.send(frame);
  }

  async flush(): Promise<void> {
    if (this.ws.bufferedAmount < MANY_UNSENT_BYTES) return;
    // Has gone out, or failed, once all before it has.
    await new Promise<void>((resolve) => {
      this.ws.ping(undefined, undefined, () => resolve());
    });
  }

  /** Ends a peer that has not answered the last heartbeat, else sends the next. */
  beat(): void {
    if (!this.alive) return this.ws.terminate();
    this.alive = false;
    if (this.open) this.ws.ping();
  }

  close(code: number, reason: string): void {
    this.ws.close(code, reason);
  }
}
