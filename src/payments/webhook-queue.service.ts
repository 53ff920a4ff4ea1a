import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, Types } from 'mongoose';
import { RETRY_DELAYS_MS, retryDelay } from '../platform/jobs/retry-delays.js';
import type { OnlineProviderName } from './providers/payment-provider.js';
import { WebhookEvent } from './webhook-event.schema.js';
import { WebhookProcessorService } from './webhook-processor.service.js';

/** Fewer than come at once: who waits for an acknowledgement goes first. */
const IN_PARALLEL = 2;
/** More wait in the database alone. */
const MAX_QUEUED = 10_000;
/** Longer than processing takes: then whoever has it is taken for dead. */
const LEASE_MS = 60_000;
const BATCH = 200;
/** No recovery begins later, so that who calls it keeps its lock. */
const BUDGET_MS = 10_000;

/**
 * Processes stored webhooks one after the other. A stored webhook is a durable job of its own: who has
 * it holds it for a minute; one that failed, or whose process died, is found by `recover`, which waits
 * longer each time and after the last gives up and says so.
 */
@Injectable()
export class WebhookQueueService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(WebhookQueueService.name);
  private readonly waiting: Types.ObjectId[] = [];
  private readonly running = new Set<Promise<void>>();

  constructor(
    @InjectModel(WebhookEvent.name) private readonly events: Model<WebhookEvent>,
    private readonly processor: WebhookProcessorService,
  ) {}

  /** Until when a webhook that is taken at `now` is nobody else's. */
  leaseFrom(now: Date): Date {
    return new Date(now.getTime() + LEASE_MS);
  }

  /** One that this process holds. */
  push(id: Types.ObjectId): void {
    if (this.waiting.length < MAX_QUEUED) this.waiting.push(id);
    if (this.running.size >= IN_PARALLEL) return;
    const worker = this.work().finally(() => this.running.delete(worker));
    this.running.add(worker);
  }

  /** Begins anew with one that is stuck; answers whether it was. */
  async retryStuck(filter: { provider: OnlineProviderName; eventId: string }): Promise<boolean> {
    const $set = { state: 'received' as const, tries: 1, nextTryAt: this.leaseFrom(new Date()) };
    const freed = await this.events
      .findOneAndUpdate({ ...filter, state: 'stuck' }, { $set }, { projection: { _id: 1 } })
      .lean<Pick<WebhookEvent, '_id'>>();
    if (freed) this.push(freed._id);
    return freed !== null;
  }

  /** Takes those whose time has come, in any process. */
  async recover(now: Date): Promise<void> {
    const due = await this.events
      .find({ nextTryAt: { $lt: now } }, { tries: 1 })
      .sort({ nextTryAt: 1 })
      .limit(BATCH)
      .lean<WebhookEvent[]>();
    const deadline = performance.now() + BUDGET_MS;
    for (const { _id, tries } of due) {
      if (performance.now() > deadline) return;
      const taken = await this.events.updateOne(
        { _id, tries, nextTryAt: { $lt: now } },
        { $set: { nextTryAt: this.leaseFrom(now) }, $inc: { tries: 1 } },
      );
      if (taken.modifiedCount === 1) await this.process(_id);
    }
  }

  /** What has begun ends; the rest is found again. */
  async beforeApplicationShutdown(): Promise<void> {
    this.waiting.length = 0;
    await Promise.allSettled(this.running);
  }

  private async work(): Promise<void> {
    for (let id = this.waiting.shift(); id; id = this.waiting.shift()) await this.process(id);
  }

  private async process(id: Types.ObjectId): Promise<void> {
    try {
      await this.processor.process(id);
    } catch (error) {
      await this.postpone(id, error).catch((cause: unknown) => {
        this.logger.warn({
          msg: 'webhook left to its lease',
          id: String(id),
          error: String(cause),
        });
      });
    }
  }

  private async postpone(_id: Types.ObjectId, error: unknown): Promise<void> {
    const event = await this.events.findOne({ _id }, { body: 0 }).lean<WebhookEvent>();
    if (!event) return;
    const { provider, eventId, tries } = event;
    const delay = retryDelay(RETRY_DELAYS_MS, tries, Math.random());
    const about = { provider, eventId, tries, error: String(error) };
    if (delay === null) {
      this.logger.error({ msg: 'webhook is stuck', ...about });
      const news = { state: 'stuck' as const, note: String(error) };
      await this.events.updateOne({ _id }, { $set: news, $unset: { nextTryAt: '' } });
      return;
    }
    this.logger.warn({ msg: 'webhook failed', ...about });
    const nextTryAt = new Date(Date.now() + delay);
    await this.events.updateOne({ _id }, { $set: { nextTryAt, note: String(error) } });
  }
}
