import { Injectable, Logger } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { Types, type Model } from 'mongoose';
import { UntoldRange } from './untold-range.schema.js';

/** Numbers of a shop of which not every socket was told in order; it may grow. */
export class Range {
  readonly id = new Types.ObjectId();

  constructor(
    readonly shopId: string,
    public from: number,
    public to: number,
  ) {}
}

/**
 * While processes do not hear each other a socket is told the later numbers of its own process and not
 * the earlier ones of another, so that the highest number which its client has seen says nothing of
 * those below. Where that was so is kept here: whoever comes back with such a number goes on from before.
 */
@Injectable()
export class UntoldRanges {
  private readonly logger = new Logger(UntoldRanges.name);
  /** Those of this process that grow yet, by shop. */
  private growing = new Map<string, Range>();
  private readonly waiting = new Set<Range>();
  private isKeeping = false;

  constructor(@InjectModel(UntoldRange.name) private readonly ranges: Model<UntoldRange>) {}

  /** This process tells these numbers, and not all before them, until `end`. */
  grow(shopId: string, from: number, to: number): void {
    const range = this.growing.get(shopId) ?? new Range(shopId, from, to);
    range.from = Math.min(range.from, from);
    range.to = Math.max(range.to, to);
    this.growing.set(shopId, range);
    this.keep(range);
  }

  /** Answers the ranges that grow no more by what this process tells. */
  end(): Range[] {
    const ended = [...this.growing.values()];
    this.growing = new Map();
    return ended;
  }

  /** Keeps a range as it is then; one that grows faster than it is written is written once. */
  keep(range: Range): void {
    this.waiting.add(range);
    if (!this.isKeeping) void this.keepAll();
  }

  /**
   * @param since the highest number that a client has seen
   * @param landing how many later numbers may have been told before the last of a range had
   * @returns the number up to which it has surely been told everything
   */
  async resumeFrom(shopId: string, since: number, landing: number): Promise<number> {
    // What others tell meanwhile is not known here.
    const own = this.growing.get(shopId);
    if (own && since >= own.from) return this.resumeFrom(shopId, own.from - 1, landing);
    const holdsIt = { shopId, to: { $gte: since - landing }, from: { $lte: since } };
    const range = await this.ranges.findOne(holdsIt).sort({ to: 1 }).lean();
    return range ? this.resumeFrom(shopId, range.from - 1, landing) : since;
  }

  private async keepAll(): Promise<void> {
    this.isKeeping = true;
    for (const range of this.waiting) {
      this.waiting.delete(range);
      try {
        await this.write(range);
      } catch (error) {
        this.logger.warn({ msg: 'untold numbers not kept', error: String(error) });
      }
    }
    this.isKeeping = false;
  }

  private async write({ id, shopId, from, to }: Range): Promise<void> {
    const grown = { $min: { from }, $max: { to }, $set: { at: new Date() } };
    await this.ranges.updateOne({ _id: id, shopId }, grown, { upsert: true });
  }
}
