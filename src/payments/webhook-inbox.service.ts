import { Injectable, Logger } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import { AppError } from '../platform/http/app-error.js';
import { Page } from '../platform/http/page.js';
import type { ListWebhooksQuery } from './dto/list-webhooks.query.js';
import { olderThan } from './older-than.js';
import { JobsService } from '../platform/jobs/jobs.service.js';
import type { OnlineProviderName } from './providers/payment-provider.js';
import { PaymentProvidersService } from './providers/payment-providers.service.js';
import { WebhookEvent } from './webhook-event.schema.js';

/** Name and data of the job that processes one webhook. */
export const PROCESS_WEBHOOK = 'payments.webhook';
export interface WebhookJob {
  provider: OnlineProviderName;
  eventId: string;
}

/** A webhook as it came. */
export interface Delivery {
  body: Buffer;
  headers: Record<string, string | string[] | undefined>;
}

const CLIENT_SECRET = /("client_secret"\s*:\s*)"[^"]*"/g;
const STALE_MS = 15_000;
const BATCH = 200;

/** Takes webhooks in: proved, stored once under the provider's id, acknowledged; the rest is a job's. */
@Injectable()
export class WebhookInboxService {
  private readonly logger = new Logger(WebhookInboxService.name);

  constructor(
    @InjectModel(WebhookEvent.name) private readonly events: Model<WebhookEvent>,
    private readonly providers: PaymentProvidersService,
    private readonly jobs: JobsService,
  ) {}

  /** @throws AppError `invalid_signature`, with nothing stored */
  async receive(name: OnlineProviderName, { body, headers }: Delivery): Promise<void> {
    const provider = this.providers.get(name);
    if (!Buffer.isBuffer(body) || body.length === 0) {
      throw new AppError('invalid_signature', 'The body is empty: send what was signed.');
    }
    await provider.verifyWebhook(body, headers);
    // What lets the payer pay is kept nowhere.
    const text = body.toString('utf8').replace(CLIENT_SECRET, '$1"not kept"');
    const { id: eventId, type } = provider.readEvent(text);
    const now = new Date();
    const event = { provider: name, eventId, type, body: text };
    try {
      await this.events.create({ ...event, receivedAt: now, unqueuedSince: now });
    } catch (error) {
      if (isDuplicateKey(error)) return;
      throw error;
    }
    // Not waited for: it is stored, and what comes of a crash here is found by `recover`.
    void this.enqueue({ provider: name, eventId });
  }

  /** What the providers have told of a shop's payments, newest first; what is `received` waits. */
  async list(
    shopId: string,
    { limit, cursor, state }: ListWebhooksQuery,
  ): Promise<Page<WebhookEvent>> {
    const rows = await this.events
      .find(
        {
          shopId,
          ...(state ? { state } : {}),
          ...(cursor ? olderThan(cursor, 'receivedAt') : {}),
        },
        { body: 0 },
      )
      .sort({ receivedAt: -1, _id: -1 })
      .limit(limit + 1)
      .lean<WebhookEvent[]>();
    return Page.of(rows, limit, ({ receivedAt, _id }) => ({
      at: receivedAt.getTime(),
      id: _id.toHexString(),
    }));
  }

  /** Those that were stored by a process which died before there was a job. */
  async recover(now: Date): Promise<void> {
    const stale = await this.events
      .find({ unqueuedSince: { $lt: new Date(now.getTime() - STALE_MS) } })
      .limit(BATCH)
      .lean<WebhookEvent[]>();
    for (const { provider, eventId } of stale) await this.enqueue({ provider, eventId });
  }

  private async enqueue(job: WebhookJob): Promise<void> {
    try {
      await this.jobs.enqueue(PROCESS_WEBHOOK, `${job.provider}:${job.eventId}`, job);
      await this.events.updateOne({ ...job }, { $unset: { unqueuedSince: '' } });
    } catch (error) {
      this.logger.warn({ msg: 'webhook left to the recovery', ...job, error: String(error) });
    }
  }
}
