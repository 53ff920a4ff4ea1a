import { setTimeout as pause } from 'node:timers/promises';
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ShopsService } from '../shops/shops.service.js';
import { Range, UntoldRanges } from '../sync/untold-ranges.service.js';
import { type Command, Doors, type Occupant } from './doors.js';
import { MissedChanges } from './missed-changes.js';
import { ProcessBus } from './process-bus.js';
import { numberedPush, PushMemory } from './push-memory.js';
import { shopOfRoom } from './rooms.js';
import { Sweeper } from './sweeper.js';

/** Doubled at each failure. */
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

/** By shop, the number since which something may not have been told. */
type Since = Map<string, number>;

/**
 * Has the sockets of this process told what other processes have written while they could not say so: a
 * client whose socket stayed open has no reason to ask. What has changed is in the data; from where on
 * is known by the last moment at which all was heard, and by what a process failed to publish.
 */
@Injectable()
export class CatchUp implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(CatchUp.name);
  /** Each shop's number when all was surely heard, of the last look and of the one before. */
  private heard: Since = new Map();
  private heardBefore: Since = new Map();
  /** What was not published, by the shops it was for. */
  private lost: Since = new Map();
  /** Where its own sockets were told meanwhile, and not in order. */
  private ranges = new Map<string, Range>();
  /** Whether anything was not: an eviction has no number, and is found by a sweep. */
  private hasLost = false;
  /** What is still to be told here, until it is. */
  private readonly untold: Since = new Map();
  private sweepsDue = 0;
  private isTelling = false;
  private readonly stopping = new AbortController();

  constructor(
    private readonly doors: Doors,
    private readonly bus: ProcessBus,
    private readonly memory: PushMemory,
    private readonly shops: ShopsService,
    private readonly untoldRanges: UntoldRanges,
    private readonly missed: MissedChanges,
    private readonly sweeper: Sweeper,
  ) {}

  onApplicationBootstrap(): void {
    this.doors.onShopChange((shopId) => void this.noteShop(shopId));
    this.bus.onTurn('proveHearing', () => void this.attempt(() => this.noteHeard()));
    this.bus.onTurn('hearAgain', () => this.tellUnheard());
    this.bus.onTurn('speakAgain', () => this.publishLost());
    this.bus.onLoss((topic, body) => {
      if (topic === 'commands') this.noteLost(sinceOf(body as Command[]));
      if (topic === 'lost') this.noteLost(body as [string, number][]);
    });
    this.bus.on('lost', (body) => this.tellSince(body as [string, number][]));
  }

  beforeApplicationShutdown(): void {
    this.stopping.abort();
  }

  /** Somebody is there now: what is written from here on must reach them. */
  async noteShop(shopId: string): Promise<void> {
    if (!this.bus.isShared || this.heard.has(shopId)) return;
    await this.attempt(async () => {
      const seq = await this.shops.getSeq(shopId);
      if (!this.heard.has(shopId)) this.heard.set(shopId, seq);
    });
  }

  private async noteHeard(): Promise<void> {
    const seqs = await this.shops.mapSeqs([...this.occupiedShops()]);
    this.heardBefore = this.heard;
    this.heard = seqs;
    this.memory.turn();
  }

  private tellUnheard(): void {
    this.tellSince(new Map([...this.heard, ...this.heardBefore]));
  }

  private noteLost(since: Iterable<[string, number]>): void {
    this.hasLost = true;
    for (const [shopId, seq] of since) {
      // Who does not speak may not hear either.
      const known = [this.lost, this.heardBefore, this.heard].map((map) => map.get(shopId) ?? seq);
      const lowest = Math.min(seq, ...known);
      this.lost.set(shopId, lowest);
      const range = this.ranges.get(shopId) ?? new Range(shopId, lowest + 1, seq + 1);
      range.from = Math.min(range.from, lowest + 1);
      range.to = Math.max(range.to, seq + 1);
      this.ranges.set(shopId, range);
      this.untoldRanges.keep(range);
    }
  }

  private publishLost(): void {
    if (!this.hasLost) return;
    const lost = [...this.lost];
    this.lost = new Map();
    this.ranges = new Map();
    this.hasLost = false;
    this.bus.publish('lost', lost);
  }

  private tellSince(since: Iterable<[string, number]>): void {
    for (const [shopId, seq] of since) {
      this.untold.set(shopId, Math.min(seq, this.untold.get(shopId) ?? seq));
    }
    this.sweepsDue++;
    if (!this.isTelling) void this.tellUntold();
  }

  /** Again and again until it is told: nothing else would bring it to a socket that stays open. */
  private async tellUntold(): Promise<void> {
    this.isTelling = true;
    let retryMs = FIRST_RETRY_MS;
    while (!this.stopping.signal.aborted && (this.untold.size > 0 || this.sweepsDue > 0)) {
      const isTold = await this.attempt(() => this.tellAll());
      if (isTold) continue;
      await pause(retryMs, undefined, { signal: this.stopping.signal, ref: false }).catch(() => {});
      retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
    }
    this.isTelling = false;
  }

  private async tellAll(): Promise<void> {
    // Who has lost their place meanwhile must hear none of it.
    const due = this.sweepsDue;
    await this.sweeper.sweep(new Date());
    this.sweepsDue -= due;
    const occupied = this.occupiedShops();
    let failure: unknown;
    for (const [shopId, since] of [...this.untold]) {
      try {
        if (occupied.has(shopId)) await this.missed.tell(shopId, since);
      } catch (error) {
        failure = error;
        continue;
      }
      // A lower number may have come meanwhile.
      if (this.untold.get(shopId) === since) this.untold.delete(shopId);
    }
    if (failure !== undefined) throw failure;
  }

  /** Those of members and of customers. */
  private occupiedShops(): Set<string> {
    const shops = this.doors.occupants().flatMap(({ identity, rooms }: Occupant) => {
      if (identity.kind === 'customer') return [identity.shopId];
      return [...rooms].flatMap((room) => shopOfRoom(room) ?? []);
    });
    return new Set(shops);
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

function sinceOf(commands: Command[]): [string, number][] {
  return commands.flatMap((command): [string, number][] => {
    const pushed = numberedPush(command);
    return pushed ? [[pushed.shopId, pushed.seq - 1]] : [];
  });
}
