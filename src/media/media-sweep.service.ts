import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { FileKeeper } from '../platform/files/file-keeper.js';
import { JobsService } from '../platform/jobs/jobs.service.js';
import { ShopsService } from '../shops/shops.service.js';
import { MediaFile } from './media-file.schema.js';
import { keyOf, nameOf } from './media-paths.js';
import { GRACE_MS } from './media.service.js';
import { MediaStorage } from './storage/storage.js';

const JOB = 'media.sweep';
const EVERY_SECONDS = 600;
const LOCK_SECONDS = 120;
const WORK_MS = 60_000;
const BATCH = 100;
/** A removal that failed is tried again after so long. */
const AGAIN_MS = 10 * 60_000;

/**
 * Looks at every file once a day: what no document names any more, and nobody has wanted for a day,
 * goes. That the documents are asked, and no count is kept, is why nothing can be forgotten by a
 * process that died: neither a reference nor that one has gone.
 */
@Injectable()
export class MediaSweepService implements OnModuleInit {
  private readonly logger = new Logger(MediaSweepService.name);

  constructor(
    @InjectModel(MediaFile.name) private readonly files: Model<MediaFile>,
    private readonly storage: MediaStorage,
    private readonly keeper: FileKeeper,
    private readonly shops: ShopsService,
    private readonly jobs: JobsService,
  ) {}

  onModuleInit(): void {
    this.jobs.define(JOB, () => this.sweep(new Date()), {
      concurrency: 1,
      lockSeconds: LOCK_SECONDS,
    });
    this.jobs.every(JOB, EVERY_SECONDS);
  }

  /** All that is due by `now`; what is left after a minute waits for the next time. */
  async sweep(now: Date): Promise<void> {
    const end = Date.now() + WORK_MS;
    while (Date.now() < end) {
      const due = await this.files
        .find({ checkAt: { $lte: now } })
        .setOptions({ acrossShops: true })
        .sort({ checkAt: 1 })
        .limit(BATCH)
        .lean();
      if (due.length === 0) return;
      const isNamed = await this.namedBy(due);
      for (const file of due) await this.decide(file, isNamed(file), now);
      if (due.length < BATCH) return;
    }
  }

  private async namedBy(files: MediaFile[]): Promise<(file: MediaFile) => boolean> {
    const named = await this.keeper.listReferenced(files.map(({ _id }) => _id.toHexString()));
    const shopIds = files.flatMap(({ shopId }) => shopId?.toHexString() ?? []);
    // What a deleted shop's documents name is named by nobody.
    const deleted = await this.shops.listDeletedIds([...new Set(shopIds)]);
    return ({ _id, shopId }) =>
      named.has(_id.toHexString()) && !(shopId && deleted.has(shopId.toHexString()));
  }

  /** Only while nobody has wanted the file since it was found. */
  private async decide(file: MediaFile, isNamed: boolean, now: Date): Promise<void> {
    const { _id, shopId, claims, state } = file;
    const asFound = { _id, shopId, claims, state };
    if (isNamed && state === 'stored') {
      const checkAt = new Date(now.getTime() + GRACE_MS);
      await this.files.updateOne(asFound, { $set: { checkAt } });
      return;
    }
    const checkAt = new Date(now.getTime() + AGAIN_MS);
    const { matchedCount } = await this.files.updateOne(asFound, {
      $set: { state: 'removing', checkAt },
      $unset: { sameAs: '' },
    });
    if (matchedCount > 0) await this.remove(file);
  }

  private async remove(file: MediaFile): Promise<void> {
    const { _id, shopId, visibility, digest, type, variants } = file;
    const named = { visibility, fileId: _id.toHexString() };
    const names = [undefined, ...variants].map((side) => nameOf(digest, type, side));
    try {
      await this.storage.delete(names.map((name) => keyOf(named, name)));
      await this.files.deleteOne({ _id, shopId, state: 'removing' });
    } catch (error) {
      this.logger.warn({
        msg: 'file left to the next sweep',
        file: named.fileId,
        error: String(error),
      });
    }
  }
}
