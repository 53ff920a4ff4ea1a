import type { RawConnection } from './raw-connection.js';

/** Who is in which room of the raw door: a push asks only those who are there. */
export class RawRooms {
  private readonly rooms = new Map<string, Set<RawConnection>>();

  add(room: string, connection: RawConnection): void {
    const inside = this.rooms.get(room) ?? new Set();
    this.rooms.set(room, inside.add(connection));
  }

  delete(room: string, connection: RawConnection): void {
    const inside = this.rooms.get(room);
    inside?.delete(connection);
    if (inside?.size === 0) this.rooms.delete(room);
  }

  /** A copy: who is told may leave meanwhile. */
  of(room: string): RawConnection[] {
    return [...(this.rooms.get(room) ?? [])];
  }
}
