import { setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Doors, type Occupant } from './doors.js';
import { MissedChanges } from './missed-changes.service.js';
import { shopOfRoom } from './rooms.js';
import { Sweeper } from './sweeper.js';

/** Doubled at each failure. */
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

/** By shop, the number since which something may not have been told. */
export type Since = Map<string, number>;

/**
 * Has the sockets of this process told what they missed, again and again until it is: nothing else would
 * bring it to a socket that stays open.
 */
@Injectable()
export class Retelling implements BeforeApplicationShutdown {
  private readonly logger = new Logger(Retelling.name);
  private readonly untold: Since = new Map();
  private sweepsDue = 0;
  private isTelling = false;
  private readonly stopping = new AbortController();

  constructor(
    private readonly doors: Doors,
    private readonly missed: MissedChanges,
    private readonly sweeper: Sweeper,
  ) {}

  tellSince(since: Iterable<[string, number]>): void {
    for (const [shopId, seq] of since) {
      this.untold.set(shopId, Math.min(seq, this.untold.get(shopId) ?? seq));
    }
    this.sweepsDue++;
    if (!this.isTelling) void this.tellAll();
  }

  beforeApplicationShutdown(): void {
    this.stopping.abort();
  }

  private async tellAll(): Promise<void> {
    const { signal } = this.stopping;
    this.isTelling = true;
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted && (this.untold.size > 0 || this.sweepsDue > 0)) {
      const isTold = await this.tryAll();
      if (isTold) continue;
      await pause(retryMs, undefined, { signal, ref: false }).catch(() => {});
      retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
    }
    this.isTelling = false;
  }

  /** One shop's failure keeps nothing from the others. */
  private async tryAll(): Promise<boolean> {
    // Who has lost their place meanwhile must hear none of it.
    if (!(await this.attempt(() => this.sweep()))) return false;
    const occupied = occupiedShops(this.doors);
    let isTold = true;
    for (const [shopId, since] of this.untold) {
      const isHere = occupied.has(shopId);
      if (isHere && !(await this.attempt(() => this.missed.tell(shopId, since)))) isTold = false;
      // A lower number may have come meanwhile.
      else if (this.untold.get(shopId) === since) this.untold.delete(shopId);
    }
    return isTold;
  }

  private async sweep(): Promise<void> {
    const due = this.sweepsDue;
    await this.sweeper.sweep(new Date());
    this.sweepsDue -= due;
  }

  private async attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.logger.warn({ msg: 'sockets may have missed something', error: String(error) });
      return false;
    }
  }
}

/** Those of members and of customers. */
export function occupiedShops(doors: Doors): Set<string> {
  const shops = doors.occupants().flatMap(({ identity, rooms }: Occupant) => {
    if (identity.kind === 'customer') return [identity.shopId];
    return [...rooms].flatMap((room) => shopOfRoom(room) ?? []);
  });
  return new Set(shops);
}
