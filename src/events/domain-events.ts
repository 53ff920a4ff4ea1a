import { Injectable, Logger } from '@nestjs/common';
import { EventEmitter2, OnEvent } from '@nestjs/event-emitter';
import type { DomainEventMap, DomainEventName } from './event-catalogue.js';

/** The one way to tell other modules what has happened: after the write, once, typed. */
@Injectable()
export class DomainEvents {
  private readonly logger = new Logger(DomainEvents.name);

  constructor(private readonly emitter: EventEmitter2) {}

  emit<N extends DomainEventName>(name: N, payload: DomainEventMap[N]): void {
    this.emitter.emit(name, payload);
  }

  /** Subscribes from code; like `@OnDomainEvent`, a listener's error never reaches the emitter. */
  on<N extends DomainEventName>(
    name: N,
    listener: (payload: DomainEventMap[N]) => void | Promise<void>,
  ): void {
    this.emitter.on(name, (payload: DomainEventMap[N]) => {
      Promise.resolve()
        .then(() => listener(payload))
        .catch((error: unknown) => {
          this.logger.error({ msg: 'event listener failed', event: name, error: String(error) });
        });
    });
  }
}

/** Subscribes a method; the payload's type must be the event's. */
export function OnDomainEvent<N extends DomainEventName>(name: N) {
  return (
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<(payload: DomainEventMap[N]) => void | Promise<void>>,
  ): void => {
    OnEvent(name)(target, key, descriptor);
  };
}
