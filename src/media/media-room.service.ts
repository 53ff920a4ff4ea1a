import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { AppConfig } from '../platform/config/app-config.js';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import { AppError } from '../platform/http/app-error.js';
import { MEBIBYTE } from '../platform/http/body-limits.js';
import { MediaFile } from './media-file.schema.js';
import { type MediaOwner, ownerFilter } from './media-owner.js';
import { StoredTotal } from './stored-total.schema.js';

const MAX_OF_A_CUSTOMER = 50;
const MAX_OF_A_PERSON = 20;

/**
 * How much a shop, a customer and a person may store. A shop's total grows before a file is named
 * and never shrinks: one that a crash or a removal has left too large is counted anew from the files
 * before it refuses anything.
 */
@Injectable()
export class MediaRoom {
  constructor(
    @InjectModel(MediaFile.name) private readonly files: Model<MediaFile>,
    @InjectModel(StoredTotal.name) private readonly totals: Model<StoredTotal>,
    private readonly config: AppConfig,
  ) {}

  /**
   * Refuses before anything is read, when there is no room for it.
   * @param bytes as far as they are known
   * @throws AppError `payload_too_large` with the limit
   */
  async require(owner: MediaOwner, bytes: number): Promise<void> {
    if (!owner.shopId) return this.requireFewOfPerson(owner);
    if (owner.subject) await this.requireFewOfCustomer(owner);
    const filter = this.withRoom(owner.shopId, bytes);
    await this.orCountedAnew(owner.shopId, async () => (await this.totals.exists(filter)) !== null);
  }

  /** The same, and counts them from now on. */
  async take(owner: MediaOwner, bytes: number): Promise<void> {
    // Many were asked about at once, and have waited for their turn since.
    if (!owner.shopId) return this.requireFewOfPerson(owner);
    if (owner.subject) await this.requireFewOfCustomer(owner);
    const filter = this.withRoom(owner.shopId, bytes);
    await this.orCountedAnew(owner.shopId, async () => {
      const { matchedCount } = await this.totals.updateOne(filter, { $inc: { bytes } });
      return matchedCount > 0;
    });
  }

  private withRoom(shopId: string, bytes: number) {
    return { shopId, bytes: { $lte: this.config.shopFilesLimit - bytes } };
  }

  private async orCountedAnew(shopId: string, isDone: () => Promise<boolean>): Promise<void> {
    if (await isDone()) return;
    await this.count(shopId);
    if (await isDone()) return;
    const limit = this.config.shopFilesLimit / MEBIBYTE;
    throw new AppError(
      'payload_too_large',
      `This shop may store ${limit} MB of files, and they are used up: remove some pictures first.`,
    );
  }

  /** What is taken at this moment and not named yet is missed until it is counted again. */
  private async count(id: string): Promise<void> {
    const shopId = new Types.ObjectId(id);
    const [stored] = await this.files.aggregate<{ bytes: number }>([
      { $match: { shopId } },
      { $group: { _id: null, bytes: { $sum: '$storedBytes' } } },
    ]);
    const bytes = stored?.bytes ?? 0;
    try {
      await this.totals.updateOne({ shopId }, { $set: { bytes } }, { upsert: true });
    } catch (error) {
      // Another has counted the same at this moment.
      if (!isDuplicateKey(error)) throw error;
    }
  }

  private async requireFewOfCustomer({ shopId, subject }: MediaOwner): Promise<void> {
    const sent = await this.files.countDocuments({ shopId, subject });
    if (sent < MAX_OF_A_CUSTOMER) return;
    const sentence = `At most ${MAX_OF_A_CUSTOMER} files can be sent here: ask the shop.`;
    throw new AppError('payload_too_large', sentence);
  }

  private async requireFewOfPerson(owner: MediaOwner): Promise<void> {
    const isKept = { ...ownerFilter(owner), sameAs: { $exists: true } };
    if ((await this.files.countDocuments(isKept)) < MAX_OF_A_PERSON) return;
    throw new AppError(
      'payload_too_large',
      `At most ${MAX_OF_A_PERSON} pictures of a person are kept: try again in two days, when old ones are gone.`,
    );
  }
}
