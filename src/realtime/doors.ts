import { Injectable } from '@nestjs/common';
import { Metrics } from '../platform/telemetry/metrics.js';
import { shopOfRoom } from './rooms.js';
import type { SocketIdentity } from './socket-identity.js';

/** What the doors do to the sockets of a room: plain data, for it travels between processes. */
export type Command =
  | { do: 'emit'; room: string; event: string; data: object }
  /** Takes the sockets that are in `room` out of the room `left`. */
  | { do: 'leave'; room: string; left: string }
  /** Closes the sockets that are in `room`, but not those in `except`, and tells them why. */
  | { do: 'close'; room: string; reason: string; except?: string };

/** Who opened a socket, the rooms it is in, and what it looks at. */
export interface Occupant {
  readonly identity: SocketIdentity;
  readonly rooms: Iterable<string>;
  /** The conversation that is open there. */
  readonly viewing?: string;
}

/** A kind of socket: it knows who is in which of its rooms. */
export interface Door {
  /** As metrics call it. */
  readonly name: 'socketio' | 'raw';
  emit(room: string, event: string, data: object): void;
  leave(room: string, left: string): void;
  close(room: string, reason: string, except?: string): void;
  /** The sockets of this process, or those of them that are in `room`. */
  occupants(room?: string): Occupant[];
}

type ShopListener = (shopId: string) => void;

/** The doors of this process. */
@Injectable()
export class Doors {
  private readonly doors: Door[] = [];
  private readonly listeners: ShopListener[] = [];

  constructor(metrics: Metrics) {
    const about = { name: 'sockets', help: 'Sockets open at this process.', labels: ['door'] };
    metrics.gauge(about, (gauge) => {
      for (const door of this.doors) gauge.set({ door: door.name }, door.occupants().length);
    });
  }

  add(door: Door): void {
    this.doors.push(door);
  }

  /** Does it here; through the relay, everywhere. */
  apply(commands: Command[]): void {
    for (const command of commands) {
      for (const door of this.doors) obey(door, command);
      if (command.do === 'leave') this.noteChange([command.left]);
    }
  }

  occupants(room?: string): Occupant[] {
    return this.doors.flatMap((door) => door.occupants(room));
  }

  /** Who comes to or leaves a shop's room, or looks at something else there, is told. */
  onShopChange(listener: ShopListener): void {
    this.listeners.push(listener);
  }

  noteChange(rooms: Iterable<string>): void {
    for (const room of rooms) {
      const shopId = shopOfRoom(room);
      if (shopId) for (const listener of this.listeners) listener(shopId);
    }
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
