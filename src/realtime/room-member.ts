import type { SocketIdentity } from './socket-identity.js';

/** A socket of either door, as the shared rules see it. */
export interface RoomMember {
  readonly identity: SocketIdentity;
  readonly open: boolean;
  /** The conversation that is open there. */
  viewing?: string;
  isIn(room: string): boolean;
  join(room: string): void | Promise<void>;
  leave(room: string): void | Promise<void>;
  send(event: string, data: object): void;
  /** Waits while much of what was sent has not gone out; a reader that reads is not taken for slow. */
  flush(): Promise<void>;
}
