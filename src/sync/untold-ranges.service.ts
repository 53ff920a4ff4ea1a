import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import { UntoldRange } from './untold-range.schema.js';

/**
 * While processes do not hear each other a socket is told the later numbers of its own process and not
 * the earlier ones of another, so that the highest number which its client has seen says nothing of
 * those below. Where that was so is kept here: whoever comes back with such a number goes on from before.
 */
@Injectable()
export class UntoldRanges {
  constructor(@InjectModel(UntoldRange.name) private readonly ranges: Model<UntoldRange>) {}

  /** From this number on some sockets are not told in order, until `end` is. */
  async begin(shopId: string, from: number): Promise<void> {
    await this.note(shopId, { $min: { from }, $unset: { to: true } });
  }

  /** Up to this number they were not. */
  async end(shopId: string, to: number): Promise<void> {
    const filter = { shopId, to: { $exists: false } };
    await this.ranges.updateOne(filter, { $set: { to, at: new Date() } });
  }

  /** Both, where it is known only afterwards. */
  async noteRange(shopId: string, from: number, to: number): Promise<void> {
    await this.note(shopId, { $min: { from }, $max: { to } });
  }

  /**
   * @param since the highest number that a client has seen
   * @param landing how many later numbers may have been told before the last of them had
   * @returns the number up to which it has surely been told everything
   */
  async resumeFrom(shopId: string, since: number, landing: number): Promise<number> {
    const range = await this.ranges.findOne({ shopId }).lean();
    if (!range || since < range.from || since > (range.to ?? Infinity) + landing) return since;
    return range.from - 1;
  }

  private async note(shopId: string, change: object): Promise<void> {
    const at = { $set: { at: new Date() } };
    const write = () => this.ranges.updateOne({ shopId }, { ...change, ...at }, { upsert: true });
    try {
      await write();
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      // Another process noted the first of this shop at the same moment.
      await write();
    }
  }
}
