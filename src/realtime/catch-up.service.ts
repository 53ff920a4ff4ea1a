import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { ShopsService } from '../shops/shops.service.js';
import { OVERLAP_NUMBERS } from '../sync/sync.service.js';
import { Range, UntoldRanges } from '../sync/untold-ranges.service.js';
import { type Command, Doors } from './doors.js';
import { ProcessBus } from './process-bus.js';
import { numberedPush, PushMemory } from './push-memory.js';
import { occupiedShops, Retelling, type Since } from './retelling.js';

/**
 * Has the sockets of this process told what other processes have written while they could not say so: a
 * client whose socket stayed open has no reason to ask. What has changed is in the data; from where on
 * is known by the last moment at which all was heard, and by what a process failed to publish.
 */
@Injectable()
export class CatchUp implements OnApplicationBootstrap {
  private readonly logger = new Logger(CatchUp.name);
  /** Each shop's number when all was surely heard, of the last look and of the one before. */
  private heard: Since = new Map();
  private heardBefore: Since = new Map();
  /** What was not published, by the shops it was for. */
  private lost: Since = new Map();
  /** Whether anything was not: an eviction has no number, and is found by a sweep. */
  private hasLost = false;

  constructor(
    private readonly doors: Doors,
    private readonly bus: ProcessBus,
    private readonly memory: PushMemory,
    private readonly shops: ShopsService,
    private readonly untoldRanges: UntoldRanges,
    private readonly retelling: Retelling,
  ) {}

  onApplicationBootstrap(): void {
    this.doors.onShopChange((shopId) => void this.noteShop(shopId));
    this.bus.onTurn('proveHearing', () => void this.attempt(() => this.noteHeard()));
    this.bus.onTurn('hearAgain', () => void this.attempt(() => this.tellUnheard()));
    this.bus.onTurn('speakAgain', () => void this.attempt(() => this.publishLost()));
    this.bus.onLoss((topic, body) => {
      if (topic === 'commands') this.noteLost(sinceOf(body as Command[]));
      if (topic === 'lost') this.noteLost(body as [string, number][]);
    });
    this.bus.on('lost', (body) => this.retelling.tellSince(body as [string, number][]));
  }

  /** Somebody is there now: what is written from here on must reach them. */
  async noteShop(shopId: string): Promise<void> {
    if (!this.bus.isShared || this.heard.has(shopId)) return;
    await this.attempt(async () => {
      const seq = await this.shops.getSeq(shopId);
      // What was numbered before may be stored, and told, only later.
      if (!this.heard.has(shopId)) this.heard.set(shopId, Math.max(0, seq - OVERLAP_NUMBERS));
    });
  }

  private async noteHeard(): Promise<void> {
    const seqs = await this.shops.mapSeqs([...occupiedShops(this.doors)]);
    this.heardBefore = this.heard;
    this.heard = seqs;
    this.memory.turn();
  }

  private async tellUnheard(): Promise<void> {
    const unheard: Since = new Map([...this.heard, ...this.heardBefore]);
    this.retelling.tellSince(unheard);
    // Until that is told, later numbers come between.
    for (const [shopId, now] of await this.shops.mapSeqs([...unheard.keys()])) {
      const from = unheard.get(shopId)! + 1;
      if (now >= from) this.untoldRanges.keep(new Range(shopId, from, now));
    }
  }

  private noteLost(since: Iterable<[string, number]>): void {
    this.hasLost = true;
    for (const [shopId, seq] of since) {
      // Who does not speak may not hear either.
      const known = [this.lost, this.heardBefore, this.heard].map((map) => map.get(shopId) ?? seq);
      const lowest = Math.min(seq, ...known);
      this.lost.set(shopId, lowest);
      this.untoldRanges.grow(shopId, lowest + 1, seq + 1);
    }
  }

  private async publishLost(): Promise<void> {
    if (!this.hasLost) return;
    const lost = [...this.lost];
    this.lost = new Map();
    this.hasLost = false;
    const ranges = this.untoldRanges.end();
    this.bus.publish('lost', lost);
    // The others have told up to there, and not what is told them only now.
    const seqs = await this.shops.mapSeqs(ranges.map(({ shopId }) => shopId));
    for (const range of ranges) {
      range.to = Math.max(range.to, seqs.get(range.shopId) ?? 0);
      this.untoldRanges.keep(range);
    }
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.warn({ msg: 'sockets may have missed something', error: String(error) });
    }
  }
}

function sinceOf(commands: Command[]): [string, number][] {
  return commands.flatMap((command): [string, number][] => {
    const pushed = numberedPush(command);
    return pushed ? [[pushed.shopId, pushed.seq - 1]] : [];
  });
}
