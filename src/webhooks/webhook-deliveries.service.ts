import { randomUUID } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { areDuplicateKeys } from '../platform/database/database-errors.js';
import { AppError } from '../platform/http/app-error.js';
import { decodeCursor } from '../platform/http/cursor.js';
import { Page } from '../platform/http/page.js';
import { JobsService } from '../platform/jobs/jobs.service.js';
import type { ListDeliveriesQuery } from './dto/list-deliveries.query.js';
import { type DeliveryAttempt, WebhookDelivery } from './webhook-delivery.schema.js';
import type { WebhookEndpoint } from './webhook-endpoint.schema.js';
import { eventOf, TEST_EVENT, type WebhookEvent } from './webhook-events.js';
import { KEPT_DAYS, MAX_ATTEMPTS_KEPT } from './webhook-limits.js';

/**
 * Names of the jobs. An endpoint that is failing may hang: what it has waiting must not keep that of
 * the others from being sent.
 */
export const DELIVER = 'webhooks.deliver';
export const DELIVER_TO_FAILING = 'webhooks.deliver-to-failing';

/** One try of a delivery. */
export interface DeliveryTry {
  shopId: string;
  deliveryId: string;
  round: number;
  /** 1 for the first of its round. */
  attempt: number;
}

const RECOVER = 'webhooks.recover';
const RECOVER_SECONDS = 60;
/** Later than any job that was asked for has begun, unless all are busy; then asking again is harmless. */
const STALE_MS = 60_000;
const MAX_RECOVERED = 500;
const DAY_MS = 86_400_000;
const STARTED = { state: 'pending', round: 1, tries: 0, attempts: [] } as const;

/** What is sent to endpoints: written first, then asked for as a job, and asked for again after a crash. */
@Injectable()
export class WebhookDeliveriesService implements OnModuleInit {
  constructor(
    @InjectModel(WebhookDelivery.name) private readonly deliveries: Model<WebhookDelivery>,
    private readonly jobs: JobsService,
  ) {}

  onModuleInit(): void {
    this.jobs.define(RECOVER, () => this.recover(new Date()));
    this.jobs.every(RECOVER, RECOVER_SECONDS);
  }

  /** Resolves when nothing can be lost any more. The same event again changes nothing. */
  async send(endpoints: WebhookEndpoint[], event: WebhookEvent, now: Date): Promise<void> {
    const drafts = endpoints.map((endpoint) => draftOf(endpoint, event, now));
    const known = await this.deliveries.insertMany(drafts, { ordered: false }).then(
      () => drafts,
      (error: unknown) => {
        if (!areDuplicateKeys(error)) throw error;
        return this.listUntried(endpoints, event);
      },
    );
    await Promise.all(known.map((delivery) => this.ask(delivery)));
  }

  async sendTest(endpoint: WebhookEndpoint, now: Date): Promise<WebhookDelivery> {
    const id = `evt_${randomUUID().replaceAll('-', '')}`;
    const shopId = endpoint.shopId.toHexString();
    const data = { message: 'This is a test. Answer 2xx within ten seconds.' };
    const draft = draftOf(endpoint, eventOf({ id, name: TEST_EVENT, shopId, data }, now), now);
    const created = await this.deliveries.create(draft);
    await this.ask(draft);
    return created.toObject();
  }

  async list(
    { shopId, _id: webhookId }: WebhookEndpoint,
    { limit, cursor, state }: ListDeliveriesQuery,
  ): Promise<Page<WebhookDelivery>> {
    const before = cursor ? { _id: { $lt: decodeCursor(cursor).id } } : {};
    const rows = await this.deliveries
      .find({ shopId, webhookId, ...(state ? { state } : {}), ...before }, { body: 0 })
      .sort({ _id: -1 })
      .limit(limit + 1)
      .lean<WebhookDelivery[]>();
    return Page.of(rows, limit, ({ _id }) => ({ at: 0, id: _id.toHexString() }));
  }

  /**
   * Sends it anew, at once, with all its tries. Asked twice before the first of them it is sent once.
   * @throws AppError `not_found`, or `conflict` while the endpoint is paused
   */
  async redeliver(endpoint: WebhookEndpoint, deliveryId: string): Promise<WebhookDelivery> {
    const { shopId, _id: webhookId, enabled } = endpoint;
    const own = { shopId, _id: new Types.ObjectId(deliveryId), webhookId };
    const known = await this.deliveries.findOne(own).lean();
    if (!known) throw AppError.notFound('delivery');
    if (!enabled && known.event !== TEST_EVENT) {
      throw AppError.conflict('conflict', 'This webhook is paused: set enabled to true first.');
    }
    const isNew = known.state === 'pending' && known.tries === 0;
    const again = isNew ? known : await this.restart(known, new Date());
    await this.ask({ ...again, nextTryAt: new Date() });
    return again;
  }

  /** The delivery of a try that is to be made, or was made by a process that died after it. */
  async findPending({ shopId, deliveryId, round }: DeliveryTry): Promise<WebhookDelivery | null> {
    return this.deliveries.findOne({ shopId, _id: deliveryId, state: 'pending', round }).lean();
  }

  /** Writes down how a try went; one of a round that is over is none. */
  async note(
    { shopId, _id, round, tries }: WebhookDelivery,
    attempt: DeliveryAttempt,
    nextTryAt: Date | null,
  ): Promise<WebhookDelivery | null> {
    const state = attempt.error === null ? 'delivered' : nextTryAt ? 'pending' : 'failed';
    return this.deliveries
      .findOneAndUpdate(
        { shopId, _id, state: 'pending', round, tries },
        {
          $set: { state, ...(nextTryAt ? { nextTryAt } : {}) },
          ...(nextTryAt ? {} : { $unset: { nextTryAt: '' } }),
          $inc: { tries: 1 },
          $push: { attempts: { $each: [attempt], $slice: -MAX_ATTEMPTS_KEPT } },
        },
        { returnDocument: 'after' },
      )
      .lean();
  }

  /** Asks for the next try of a pending delivery, when its time comes. */
  async ask(
    delivery: Pick<WebhookDelivery, 'shopId' | '_id' | 'round' | 'tries' | 'nextTryAt'>,
    name = DELIVER,
  ): Promise<void> {
    const { shopId, _id, round, tries, nextTryAt } = delivery;
    const next: DeliveryTry = {
      shopId: shopId.toHexString(),
      deliveryId: _id.toHexString(),
      round,
      attempt: tries + 1,
    };
    const key = `${next.deliveryId}:${round}:${next.attempt}`;
    await this.jobs.enqueue(name, key, next, { at: nextTryAt });
  }

  async remove({ shopId, _id }: WebhookDelivery): Promise<void> {
    await this.deliveries.deleteOne({ shopId, _id });
  }

  async removeOf({ shopId, _id }: WebhookEndpoint): Promise<void> {
    await this.deliveries.deleteMany({ shopId, webhookId: _id });
  }

  /** What was written of these until then; what came later is told without what was erased. */
  async removeAbout(shopId: string, subjects: string[], until: Date): Promise<void> {
    const createdAt = { $lte: until };
    await this.deliveries.deleteMany({ shopId, subject: { $in: subjects }, createdAt });
  }

  /** Asks for those that nobody asks for: a process may have died between the write and that. */
  async recover(now: Date): Promise<void> {
    const stale = await this.deliveries
      .find({ nextTryAt: { $lt: new Date(now.getTime() - STALE_MS) } }, { body: 0 })
      .setOptions({ acrossShops: true })
      .sort({ nextTryAt: 1 })
      .limit(MAX_RECOVERED)
      .lean<WebhookDelivery[]>();
    for (const delivery of stale) await this.ask(delivery);
  }

  /** Some were there before; who wrote them may have died before they were asked for. */
  private async listUntried(
    endpoints: WebhookEndpoint[],
    { id: eventId }: WebhookEvent,
  ): Promise<WebhookDelivery[]> {
    const webhookId = { $in: endpoints.map(({ _id }) => _id) };
    const of = { shopId: endpoints[0]!.shopId, webhookId, eventId };
    return this.deliveries.find({ ...of, state: 'pending', tries: 0 }).lean();
  }

  private async restart(known: WebhookDelivery, now: Date): Promise<WebhookDelivery> {
    const { shopId, _id, round } = known;
    const restarted = await this.deliveries
      .findOneAndUpdate(
        { shopId, _id, round },
        {
          $set: { state: 'pending', tries: 0, nextTryAt: now, expiresAt: expiryAfter(now) },
          $inc: { round: 1 },
        },
        { returnDocument: 'after' },
      )
      .lean();
    // Somebody else was faster, and has asked for the very same.
    return restarted ?? { ...known, state: 'pending', round: round + 1, tries: 0 };
  }
}

function draftOf({ shopId, _id }: WebhookEndpoint, event: WebhookEvent, now: Date) {
  return {
    _id: new Types.ObjectId(),
    shopId,
    webhookId: _id,
    eventId: event.id,
    event: event.name,
    ...(event.subject ? { subject: event.subject } : {}),
    body: event.body,
    ...STARTED,
    attempts: [],
    nextTryAt: now,
    createdAt: now,
    expiresAt: expiryAfter(now),
  };
}

function expiryAfter(now: Date): Date {
  return new Date(now.getTime() + KEPT_DAYS * DAY_MS);
}
