import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { JobsService } from '../platform/jobs/jobs.service.js';
import type { Shop } from '../shops/shop.schema.js';
import { ShopsService } from '../shops/shops.service.js';
import { ReplayMark } from './replay-mark.schema.js';
import { ReplayRound } from './replay-round.schema.js';
import { ShopReplayService } from './shop-replay.service.js';

const JOB = 'replay';
const ROUND = 'shops';
const EVERY_SECONDS = 15;
const LOCK_SECONDS = 300;
/** Longer than a write takes, and than a shop's number may have moved unnoticed. */
const LOOK_BACK_MS = 90_000;
/** What is younger is on its way to the consumers. */
const YOUNG_MS = 5_000;
/** Where there was no round before, no older news is told. */
const FIRST_LOOK_BACK_MS = 3_600_000;
const MAX_SHOPS = 5_000;
/** Of a shop that was never looked at. */
const FIRST_NUMBERS = 2_000;

/**
 * Events die with their process. What is written under a shop's numbers is its own log: each round tells
 * the consumers again what was written since the last, and they drop what they have. So nothing that was
 * acknowledged goes untold, whenever a process dies.
 */
@Injectable()
export class ReplayService implements OnModuleInit {
  private readonly logger = new Logger(ReplayService.name);

  constructor(
    @InjectModel(ReplayMark.name) private readonly marks: Model<ReplayMark>,
    @InjectModel(ReplayRound.name) private readonly rounds: Model<ReplayRound>,
    private readonly shops: ShopsService,
    private readonly jobs: JobsService,
    private readonly replay: ShopReplayService,
  ) {}

  onModuleInit(): void {
    this.jobs.define(JOB, () => this.run(new Date()), { lockSeconds: LOCK_SECONDS });
    this.jobs.every(JOB, EVERY_SECONDS);
  }

  /** One round. What fails in a shop is left to the next, and the others go on. */
  async run(now: Date): Promise<void> {
    const last = await this.rounds.findOne({ name: ROUND }).lean();
    const since = last
      ? new Date(last.at.getTime() - LOOK_BACK_MS)
      : new Date(now.getTime() - FIRST_LOOK_BACK_MS);
    const shops = await this.shops.listActiveSince(since, MAX_SHOPS);
    let failed = 0;
    const before = new Date(now.getTime() - YOUNG_MS);
    for (const shop of shops) {
      await this.look(shop, { since, before }).catch((error: unknown) => {
        failed++;
        const shopId = shop._id.toHexString();
        this.logger.warn({ msg: 'shop left to the next round', shopId, error: String(error) });
      });
    }
    if (failed > 0 || shops.length === MAX_SHOPS) return;
    await this.rounds.updateOne({ name: ROUND }, { $set: { at: now } }, { upsert: true });
  }

  /** Each number is looked at in two rounds: it may be taken a moment before its document is written. */
  private async look(
    { _id: shopId, seq }: Pick<Shop, '_id' | 'seq'>,
    written: { since: Date; before: Date },
  ): Promise<void> {
    const mark = await this.marks.findOne({ shopId }).lean();
    const after = mark?.done ?? Math.max(0, seq - FIRST_NUMBERS);
    if (after === seq) return;
    await this.replay.tell(shopId.toHexString(), { after, ...written });
    const next = { done: mark?.seen ?? after, seen: seq };
    await this.marks.updateOne({ shopId }, { $set: next }, { upsert: true });
  }
}
