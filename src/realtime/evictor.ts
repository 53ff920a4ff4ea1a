import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DomainEvents } from '../events/domain-events.js';
import { closeSession, closeSessions, takeOutOfShop } from './evictions.js';
import { Relay } from './relay.js';

/** Takes from the sockets of all processes, at once, what their people may no longer. */
@Injectable()
export class Evictor implements OnModuleInit {
  constructor(
    private readonly events: DomainEvents,
    private readonly relay: Relay,
  ) {}

  onModuleInit(): void {
    this.events.on('session.ended', ({ sessionId }) => this.relay.send(closeSession(sessionId)));
    this.events.on('sessions.ended', ({ userId, exceptSessionId }) =>
      this.relay.send(closeSessions(userId, exceptSessionId)),
    );
    this.events.on('membership.changed', ({ shopId, userId, role }) => {
      if (role === null) this.relay.send(...takeOutOfShop(shopId, userId));
    });
  }
}
