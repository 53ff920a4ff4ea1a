import { Injectable, Logger } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { DomainEvents } from '../events/domain-events.js';
import { AppConfig } from '../platform/config/app-config.js';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import { SharedReads } from '../platform/database/shared-reads.js';
import { AppError } from '../platform/http/app-error.js';
import type { Page } from '../platform/http/page.js';
import type { CreateWebhookDto } from './dto/create-webhook.dto.js';
import type { ListDeliveriesQuery } from './dto/list-deliveries.query.js';
import type { UpdateWebhookDto } from './dto/update-webhook.dto.js';
import { WebhookResponse } from './dto/webhook.response.js';
import { MAX_WEBHOOKS, OLD_SECRET_HOURS, PAUSE_AFTER_DAYS } from './webhook-limits.js';
import { WebhookDeliveriesService } from './webhook-deliveries.service.js';
import type { WebhookDelivery } from './webhook-delivery.schema.js';
import { newWebhookSecret } from './webhook-signature.js';
import { WebhookEndpoint } from './webhook-endpoint.schema.js';
import type { WebhookEventName } from './webhook-events.js';
import { WebhookSecretsService } from './webhook-secrets.service.js';
import { requireWebhookUrl } from './webhook-url.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A message alone is two events: at each of a rush the database is not asked who listens. */
const LOOK_PACE_MS = 250;
const HEALTHY = { failingSince: '', pausedAt: '', pauseReason: '' };

/** An endpoint, and the secret that is shown once. */
export interface WithSecret {
  endpoint: WebhookEndpoint;
  secret: string;
}

/** The addresses that a shop's integrators are told at. */
@Injectable()
export class WebhooksService {
  private readonly logger = new Logger(WebhooksService.name);
  private readonly enabled = new SharedReads<WebhookEndpoint[]>(
    (ids) => this.readEnabled(ids),
    LOOK_PACE_MS,
  );

  constructor(
    @InjectModel(WebhookEndpoint.name) private readonly endpoints: Model<WebhookEndpoint>,
    private readonly config: AppConfig,
    private readonly secrets: WebhookSecretsService,
    private readonly events: DomainEvents,
    private readonly deliveries: WebhookDeliveriesService,
  ) {}

  /** @throws AppError `conflict` for an address that is there, or one too many */
  async create(shopId: string, dto: CreateWebhookDto): Promise<WithSecret> {
    const url = await requireWebhookUrl(dto.url, this.config.webhookAllowedHosts);
    const secret = newWebhookSecret();
    const { events, description } = dto;
    const draft = { shopId, url, events, description: description ?? '' };
    // Whoever takes the same place at the same moment makes the other look again.
    for (let turn = 1; turn <= MAX_WEBHOOKS; turn++) {
      const slot = await this.freeSlot(shopId);
      try {
        const sealed = this.secrets.seal(shopId, secret);
        const created = await this.endpoints.create({ ...draft, ...sealed, slot });
        return { endpoint: created.toObject(), secret };
      } catch (error) {
        if (isDuplicateKey(error, 'url')) throw urlTaken(url);
        if (!isDuplicateKey(error)) throw error;
      }
    }
    throw AppError.conflict('conflict', 'Others add webhooks at this moment: try again.');
  }

  /** Oldest place first; there are few. */
  async list(shopId: string): Promise<WebhookEndpoint[]> {
    return this.endpoints.find({ shopId }).sort({ slot: 1 }).limit(MAX_WEBHOOKS).lean();
  }

  async get(shopId: string, webhookId: string): Promise<WebhookEndpoint> {
    const endpoint = await this.find(shopId, webhookId);
    if (!endpoint) throw AppError.notFound('webhook');
    return endpoint;
  }

  async find(shopId: string, webhookId: string): Promise<WebhookEndpoint | null> {
    return this.endpoints.findOne({ shopId, _id: webhookId }).lean();
  }

  /** Those that are told of an event. */
  async listFor(shopId: string, event: WebhookEventName): Promise<WebhookEndpoint[]> {
    const enabled = (await this.enabled.read(shopId)) ?? [];
    return enabled.filter(({ events }) => events.includes(event));
  }

  /** Changes what is given. Enabled anew, or at another address, it is not failing any more. */
  async update(shopId: string, webhookId: string, dto: UpdateWebhookDto): Promise<WebhookEndpoint> {
    const known = await this.get(shopId, webhookId);
    const { events, description, enabled } = dto;
    const url =
      dto.url && dto.url !== known.url
        ? await requireWebhookUrl(dto.url, this.config.webhookAllowedHosts)
        : known.url;
    const isPaused = enabled === false && known.enabled;
    const isResumed = enabled === true && !known.enabled;
    const pause = { pausedAt: new Date(), pauseReason: 'Paused by the team.' };
    const changes = {
      url,
      ...(events ? { events } : {}),
      ...(typeof description === 'string' ? { description } : {}),
      ...(isPaused || isResumed ? { enabled } : {}),
      ...(isPaused ? pause : {}),
    };
    const $unset = isResumed ? HEALTHY : url === known.url ? {} : { failingSince: '' };
    const updated = await this.change(shopId, webhookId, { $set: changes, $unset }).catch(
      (error: unknown) => {
        throw isDuplicateKey(error, 'url') ? urlTaken(url) : error;
      },
    );
    if (!updated) throw AppError.notFound('webhook');
    return updated;
  }

  /** For a day deliveries are signed by the old secret as well, so that none is refused meanwhile. */
  async rotateSecret(shopId: string, webhookId: string): Promise<WithSecret> {
    const known = await this.get(shopId, webhookId);
    const secret = newWebhookSecret();
    const $set = {
      ...this.secrets.seal(shopId, secret),
      previousSecret: known.secret,
      previousUntil: new Date(Date.now() + OLD_SECRET_HOURS * HOUR_MS),
    };
    const endpoint = await this.endpoints
      .findOneAndUpdate(
        { shopId, _id: webhookId, secret: known.secret },
        { $set },
        { returnDocument: 'after' },
      )
      .lean();
    if (endpoint) return { endpoint, secret };
    await this.get(shopId, webhookId);
    throw AppError.conflict('conflict', 'Somebody else has just changed the secret: try again.');
  }

  async remove(shopId: string, webhookId: string): Promise<WebhookEndpoint> {
    const removed = await this.endpoints.findOneAndDelete({ shopId, _id: webhookId }).lean();
    if (!removed) throw AppError.notFound('webhook');
    await this.deliveries.removeOf(removed);
    return removed;
  }

  async test(shopId: string, webhookId: string): Promise<WebhookDelivery> {
    return this.deliveries.sendTest(await this.get(shopId, webhookId), new Date());
  }

  async listDeliveries(
    shopId: string,
    webhookId: string,
    query: ListDeliveriesQuery,
  ): Promise<Page<WebhookDelivery>> {
    return this.deliveries.list(await this.get(shopId, webhookId), query);
  }

  async redeliver(shopId: string, webhookId: string, deliveryId: string): Promise<WebhookDelivery> {
    return this.deliveries.redeliver(await this.get(shopId, webhookId), deliveryId);
  }

  async noteSuccess({ shopId, _id, failingSince }: WebhookEndpoint): Promise<void> {
    if (!failingSince) return;
    await this.endpoints.updateOne({ shopId, _id }, { $unset: { failingSince: '' } });
  }

  async noteFailure({ shopId, _id, failingSince }: WebhookEndpoint, at: Date): Promise<void> {
    if (failingSince) return;
    const healthy = { shopId, _id, failingSince: { $exists: false } };
    await this.endpoints.updateOne(healthy, { $set: { failingSince: at } });
  }

  /** Once a delivery is given up: nothing has succeeded for days, and nothing more is sent. */
  async pauseIfFailing({ shopId, _id }: WebhookEndpoint, now: Date): Promise<void> {
    const failingSince = { $lte: new Date(now.getTime() - PAUSE_AFTER_DAYS * DAY_MS) };
    const pauseReason =
      `Paused as every delivery has failed for ${PAUSE_AFTER_DAYS} days: mend the endpoint, test ` +
      'it, and set enabled to true.';
    const paused = await this.endpoints
      .findOneAndUpdate(
        { shopId, _id, enabled: true, failingSince },
        { $set: { enabled: false, pausedAt: now, pauseReason } },
        { returnDocument: 'after' },
      )
      .lean();
    if (!paused) return;
    const about = { shopId: shopId.toHexString(), webhook: WebhookResponse.from(paused) };
    this.logger.warn({ msg: 'webhook paused', shopId: about.shopId, webhookId: about.webhook.id });
    this.events.emit('webhook.paused', about);
  }

  private async readEnabled(shopIds: string[]): Promise<Map<string, WebhookEndpoint[]>> {
    const rows = await this.endpoints
      .find({ shopId: { $in: shopIds.map((id) => new Types.ObjectId(id)) }, enabled: true })
      .setOptions({ acrossShops: true })
      .limit(shopIds.length * MAX_WEBHOOKS)
      .lean();
    const byShop = new Map<string, WebhookEndpoint[]>();
    for (const row of rows) {
      const shopId = row.shopId.toHexString();
      byShop.set(shopId, [...(byShop.get(shopId) ?? []), row]);
    }
    return byShop;
  }

  private async change(
    shopId: string,
    webhookId: string,
    update: object,
  ): Promise<WebhookEndpoint | null> {
    return this.endpoints
      .findOneAndUpdate({ shopId, _id: webhookId }, update, { returnDocument: 'after' })
      .lean();
  }

  private async freeSlot(shopId: string): Promise<number> {
    const taken = new Set((await this.list(shopId)).map(({ slot }) => slot));
    const slots = Array.from({ length: MAX_WEBHOOKS }, (_, index) => index + 1);
    const free = slots.find((slot) => !taken.has(slot));
    if (free !== undefined) return free;
    throw AppError.conflict(
      'conflict',
      `A shop has at most ${MAX_WEBHOOKS} webhooks: remove one that is not needed.`,
    );
  }
}

function urlTaken(url: string): AppError {
  const sentence = `This shop has a webhook at ${url} already: change that one.`;
  return AppError.conflict('conflict', sentence);
}
