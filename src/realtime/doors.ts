import { Injectable } from '@nestjs/common';
import type { Caller } from '../platform/http/access.decorators.js';

/** What the doors do to the sockets of a room: plain data, for it travels between processes. */
export type Command =
  | { do: 'emit'; room: string; event: string; data: object }
  /** Takes the sockets that are in `room` out of the room `left`. */
  | { do: 'leave'; room: string; left: string }
  /** Closes the sockets that are in `room`, but not those in `except`, and tells them why. */
  | { do: 'close'; room: string; reason: string; except?: string };

/** Who opened a socket, and the rooms it is in. */
export interface Occupant {
  readonly caller: Caller;
  readonly rooms: Iterable<string>;
}

/** A kind of socket: it knows who is in which of its rooms. */
export interface Door {
  emit(room: string, event: string, data: object): void;
  leave(room: string, left: string): void;
  close(room: string, reason: string, except?: string): void;
  /** The sockets of this process. */
  occupants(): Occupant[];
}

/** The doors of this process. */
@Injectable()
export class Doors {
  private readonly doors: Door[] = [];

  add(door: Door): void {
    this.doors.push(door);
  }

  /** Does it here; through the relay, everywhere. */
  apply(commands: Command[]): void {
    for (const command of commands) for (const door of this.doors) obey(door, command);
  }

  occupants(): Occupant[] {
    return this.doors.flatMap((door) => door.occupants());
  }
}

function obey(door: Door, command: Command): void {
  switch (command.do) {
    case 'emit':
      return door.emit(command.room, command.event, command.data);
    case 'leave':
      return door.leave(command.room, command.left);
    case 'close':
      return door.close(command.room, command.reason, command.except);
  }
}
