import { Injectable, Logger } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { isBug } from '../platform/http/exception.filter.js';
import { ErrorReports } from '../platform/telemetry/error-reports.js';
import { identityOf } from './durable-events.js';
import type { DomainEventMap, DomainEventName } from './event-catalogue.js';
import { RecentSet } from './recent-set.js';

type Listener<N extends DomainEventName> = (payload: DomainEventMap[N]) => void | Promise<void>;
type Consumer<N extends DomainEventName> = (payload: DomainEventMap[N]) => Promise<void>;

const REPEATED = Symbol('repeated');

export interface Repeated<N extends DomainEventName = DomainEventName> {
  name: N;
  payload: DomainEventMap[N];
}

/** Far more than happens between an event and its repetition. */
const MAX_REMEMBERED = 20_000;

/** The one way to tell other modules what has happened: after the write, once, typed. */
@Injectable()
export class DomainEvents {
  private readonly logger = new Logger(DomainEvents.name);
  private readonly consumers = new Map<DomainEventName, Consumer<never>[]>();
  /** What every consumer here has done with. */
  private readonly done = new RecentSet(MAX_REMEMBERED);

  constructor(
    private readonly emitter: EventEmitter2,
    private readonly reports: ErrorReports,
  ) {}

  emit<N extends DomainEventName>(name: N, payload: DomainEventMap[N]): void {
    this.emitter.emit(name, payload);
    this.consume(name, payload).catch((error: unknown) => this.noteFailure(name, error));
  }

  /**
   * Emits, and waits for the consumers: for who tells it again after a crash until this has worked.
   * @throws what a consumer throws
   */
  async deliver<N extends DomainEventName>(name: N, payload: DomainEventMap[N]): Promise<void> {
    this.emitter.emit(name, payload);
    await this.consume(name, payload);
  }

  /**
   * Tells the consumers of something that may not have reached them: the process that should have told
   * it may be dead. What this process has told them it does not tell again.
   */
  async repeat<N extends DomainEventName>(name: N, payload: DomainEventMap[N]): Promise<void> {
    const identity = identityOf(name, payload);
    if (identity === undefined) throw new Error(`${name} has no identity to be repeated by`);
    if (this.done.has(identity)) return;
    this.emitter.emit(REPEATED, { name, payload });
    await this.consume(name, payload);
  }

  /** Subscribes; a listener's error never reaches the emitter. */
  on<N extends DomainEventName>(name: N, listener: Listener<N>): void {
    this.emitter.on(name, (payload: DomainEventMap[N]) => {
      Promise.resolve()
        .then(() => listener(payload))
        .catch((error: unknown) => this.noteFailure(name, error));
    });
  }

  /** Subscribes to what is repeated, whichever it is. */
  onRepeat(listener: (event: Repeated) => void): void {
    this.emitter.on(REPEATED, listener);
  }

  /**
   * Subscribes who must not miss it: the consumer has stored what follows from it when its promise
   * resolves. The same may be told more than once, and by several processes: then it changes nothing.
   */
  onDurably<N extends DomainEventName>(name: N, consumer: Consumer<N>): void {
    this.consumers.set(name, [...(this.consumers.get(name) ?? []), consumer]);
  }

  private async consume<N extends DomainEventName>(
    name: N,
    payload: DomainEventMap[N],
  ): Promise<void> {
    const consumers = (this.consumers.get(name) ?? []) as Consumer<N>[];
    const results = await Promise.allSettled(consumers.map((consume) => consume(payload)));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    const identity = identityOf(name, payload);
    if (identity !== undefined) this.done.add(identity);
  }

  private noteFailure(event: DomainEventName, error: unknown): void {
    if (isBug(error)) this.reports.report(error, { event });
    this.logger.error({ msg: 'event listener failed', event, error: String(error) });
  }
}
