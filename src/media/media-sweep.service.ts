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

/** Whether documents name it; of a deleted shop it does not matter. */
type FileUse = 'named' | 'unnamed' | 'over';

/**
 * Looks at every file once a day: what no document names at two looks, and nobody has wanted between
 * them, goes. That the documents are asked, and no count is kept, is why nothing can be forgotten by
 * a process that died: neither a reference nor that one has gone.
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
      const useOf = await this.usesOf(due);
      for (const file of due) await this.decide(file, useOf(file), now);
      if (due.length < BATCH) return;
    }
  }

  private async usesOf(files: MediaFile[]): Promise<(file: MediaFile) => FileUse> {
    const named = await this.keeper.listReferenced(files.map(({ _id }) => _id.toHexString()));
    const shopIds = files.flatMap(({ shopId }) => shopId?.toHexString() ?? []);
    const deleted = await this.shops.listDeletedIds([...new Set(shopIds)]);
    return ({ _id, shopId }) => {
      // Also when the deleted shop's documents name it.
      if (shopId && deleted.has(shopId.toHexString())) return 'over';
      return named.has(_id.toHexString()) ? 'named' : 'unnamed';
    };
  }

  /** Only while nobody has wanted the file since it was found. */
  private async decide(file: MediaFile, use: FileUse, now: Date): Promise<void> {
    const { _id, shopId, claims, state, unnamedAt } = file;
    const asFound = { _id, shopId, claims, state };
    const nextLook = new Date(now.getTime() + GRACE_MS);
    if (state === 'stored' && use === 'named') {
      const change = { $set: { checkAt: nextLook }, $unset: { unnamedAt: '' } };
      await this.files.updateOne(asFound, change);
      return;
    }
    if (state === 'stored' && use === 'unnamed' && !unnamedAt) {
      // It may have been named until a moment ago, and be shown on an open page.
      await this.files.updateOne(asFound, { $set: { checkAt: nextLook, unnamedAt: now } });
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
