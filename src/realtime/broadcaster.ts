import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DomainEvents } from '../events/domain-events.js';
import type { DomainEventMap, DomainEventName } from '../events/event-catalogue.js';
import { commandsFor, PUSH_TABLE } from './push-table.js';
import { Relay } from './relay.js';

/** Pushes what the table says, at both doors of all processes. */
@Injectable()
export class Broadcaster implements OnModuleInit {
  constructor(
    private readonly events: DomainEvents,
    private readonly relay: Relay,
  ) {}

  onModuleInit(): void {
    for (const name of Object.keys(PUSH_TABLE) as DomainEventName[]) this.subscribe(name);
    // Its process may have died before it told the others.
    this.events.onRepeat(({ name, payload }) => this.relay.repeat(...commandsFor(name, payload)));
  }

  private subscribe<N extends DomainEventName>(name: N): void {
    this.events.on(name, (payload: DomainEventMap[N]) => {
      this.relay.send(...commandsFor(name, payload));
    });
  }
}
