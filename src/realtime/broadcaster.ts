import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DomainEvents } from '../events/domain-events.js';
import type { DomainEventMap, DomainEventName } from '../events/event-catalogue.js';
import { PUSH_TABLE } from './push-table.js';

/** A kind of socket: it knows who is in which of its rooms. */
export interface Door {
  emit(room: string, event: string, data: object): void;
  /** Takes the sockets that are in `room` out of the room `left`. */
  leave(room: string, left: string): void;
  /** Closes the sockets that are in `room`, but not those in `except`, and tells them why. */
  close(room: string, reason: string, except?: string): void;
  /** The sessions that opened the sockets of this process. */
  sessionIds(): string[];
}

/** Pushes what the table says to both doors. */
@Injectable()
export class Broadcaster implements OnModuleInit {
  readonly doors: Door[] = [];

  constructor(private readonly events: DomainEvents) {}

  addDoor(door: Door): void {
    this.doors.push(door);
  }

  onModuleInit(): void {
    for (const name of Object.keys(PUSH_TABLE) as DomainEventName[]) this.subscribe(name);
  }

  private subscribe<N extends DomainEventName>(name: N): void {
    const push = PUSH_TABLE[name];
    if (!push) return;
    this.events.on(name, (payload: DomainEventMap[N]) => {
      for (const door of this.doors) door.emit(push.room(payload), push.as, push.data(payload));
    });
  }
}
