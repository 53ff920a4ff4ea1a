import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import { AppError } from '../platform/http/app-error.js';
import { Metrics } from '../platform/telemetry/metrics.js';
import { Page } from '../platform/http/page.js';
import type { ListWebhooksQuery } from './dto/list-webhooks.query.js';
import { olderThan } from './older-than.js';
import type { OnlineProviderName } from './providers/payment-provider.js';
import { PaymentProvidersService } from './providers/payment-providers.service.js';
import { WebhookEvent } from './webhook-event.schema.js';
import { WebhookQueueService } from './webhook-queue.service.js';

/** A webhook as it came. */
export interface Delivery {
  body: Buffer;
  headers: Record<string, string | string[] | undefined>;
}

const SENDERS: OnlineProviderName[] = ['stripe', 'paypal'];
const CLIENT_SECRET = /("client_secret"\s*:\s*)"[^"]*"/g;

/** Takes webhooks in: proved, stored once under the provider's id, acknowledged; then processed. */
@Injectable()
export class WebhookInboxService {
  private readonly received;

  constructor(
    @InjectModel(WebhookEvent.name) private readonly events: Model<WebhookEvent>,
    private readonly providers: PaymentProvidersService,
    private readonly queue: WebhookQueueService,
    metrics: Metrics,
  ) {
    this.received = metrics.counter({
      name: 'webhooks_total',
      help: 'Webhooks that came in, by what became of them.',
      labels: ['provider', 'outcome'],
    });
  }

  /** @throws AppError `invalid_signature`, with nothing stored */
  async receive(name: OnlineProviderName, { body, headers }: Delivery): Promise<void> {
    const provider = this.providers.get(name);
    if (!Buffer.isBuffer(body) || body.length === 0) {
      throw new AppError('invalid_signature', 'The body is empty: send what was signed.');
    }
    try {
      await provider.verifyWebhook(body, headers);
    } catch (error) {
      this.received.inc({ provider: name, outcome: 'refused' });
      throw error;
    }
    // What lets the payer pay is kept nowhere.
    const text = body.toString('utf8').replace(CLIENT_SECRET, '$1"not kept"');
    const { id: eventId, type } = provider.readEvent(text);
    const receivedAt = new Date();
    const nextTryAt = this.queue.leaseFrom(receivedAt);
    try {
      const event = { provider: name, eventId, type, body: text, receivedAt, nextTryAt };
      const { _id } = await this.events.create(event);
      this.queue.push(_id);
      this.received.inc({ provider: name, outcome: 'stored' });
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      this.received.inc({ provider: name, outcome: 'repeated' });
      // Sent again from the provider's own screens, perhaps, after what was wrong is right.
      await this.queue.retryStuck({ provider: name, eventId });
    }
  }

  /** Has one that is stuck processed again. @throws AppError `not_found` when it is not, or of no payment here */
  async retry(shopId: string, eventId: string): Promise<void> {
    const provider = { $in: SENDERS };
    const event = await this.events
      .findOne({ provider, eventId, shopId, state: 'stuck' }, { provider: 1 })
      .lean<WebhookEvent>();
    const isFreed = event && (await this.queue.retryStuck({ provider: event.provider, eventId }));
    if (!isFreed) throw AppError.notFound('stuck webhook');
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
}
