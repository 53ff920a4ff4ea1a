import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AppConfig } from '../platform/config/app-config.js';
import { JobsService } from '../platform/jobs/jobs.service.js';
import { guardedPost } from '../platform/outbound/guarded-post.js';
import { listsHost } from '../platform/outbound/host-list.js';
import { ShopsService } from '../shops/shops.service.js';
import { nextTryAt } from './delivery-schedule.js';
import {
  DELIVER,
  DELIVER_TO_FAILING,
  type DeliveryTry,
  WebhookDeliveriesService,
} from './webhook-deliveries.service.js';
import type { DeliveryAttempt, WebhookDelivery } from './webhook-delivery.schema.js';
import type { WebhookEndpoint } from './webhook-endpoint.schema.js';
import { TEST_EVENT } from './webhook-events.js';
import { signatureHeader } from './webhook-signature.js';
import { WebhookSecretsService } from './webhook-secrets.service.js';
import { WebhooksService } from './webhooks.service.js';

const TIMEOUT_MS = 10_000;
const CONCURRENCY = 16;
const CONCURRENCY_TO_FAILING = 4;
const MAX_ERROR_CHARACTERS = 200;

/**
 * Makes one try of a delivery. Run twice it changes nothing but that, after a crash in the middle of
 * it, the endpoint may hear the same event again: it knows it by its id.
 */
@Injectable()
export class WebhookDeliveryJob implements OnModuleInit {
  constructor(
    private readonly deliveries: WebhookDeliveriesService,
    private readonly webhooks: WebhooksService,
    private readonly secrets: WebhookSecretsService,
    private readonly shops: ShopsService,
    private readonly jobs: JobsService,
    private readonly config: AppConfig,
  ) {}

  onModuleInit(): void {
    const deliver = (isForFailing: boolean) => (one: DeliveryTry) => this.run(one, isForFailing);
    this.jobs.define(DELIVER, deliver(false), { concurrency: CONCURRENCY });
    const few = { concurrency: CONCURRENCY_TO_FAILING };
    this.jobs.define(DELIVER_TO_FAILING, deliver(true), few);
  }

  async run(one: DeliveryTry, isForFailing: boolean): Promise<void> {
    const delivery = await this.deliveries.findPending(one);
    if (!delivery) return;
    // That try was made, and its process died before it asked for the next.
    if (delivery.tries >= one.attempt) return this.deliveries.ask(delivery);
    const endpoint = await this.findEndpoint(delivery);
    if (!endpoint) return this.deliveries.remove(delivery);
    const isTest = delivery.event === TEST_EVENT;
    if (!endpoint.enabled && !isTest) return this.giveUp(delivery);
    if (endpoint.failingSince && !isTest && !isForFailing) {
      return this.deliveries.ask(delivery, DELIVER_TO_FAILING);
    }
    const attempt = await this.post(endpoint, delivery);
    const isOver = attempt.error === null;
    const next = isOver
      ? null
      : nextTryAt(delivery.event, delivery.tries + 1, new Date(), Math.random());
    const noted = await this.deliveries.note(delivery, attempt, next);
    // A test says nothing of what it would be told otherwise.
    if (!isTest) await this.noteHealth(endpoint, attempt, next);
    if (noted && next) await this.deliveries.ask(noted);
  }

  /** Null once it, or its whole shop, is gone. */
  private async findEndpoint(delivery: WebhookDelivery): Promise<WebhookEndpoint | null> {
    const shopId = delivery.shopId.toHexString();
    const endpoint = await this.webhooks.find(shopId, delivery.webhookId.toHexString());
    const team = endpoint ? await this.shops.listMembers(shopId) : [];
    return team.length > 0 ? endpoint : null;
  }

  private async giveUp(delivery: WebhookDelivery): Promise<void> {
    const error = 'not sent: the webhook is paused';
    await this.deliveries.note(delivery, { at: new Date(), status: null, ms: 0, error }, null);
  }

  private async noteHealth(
    endpoint: WebhookEndpoint,
    { error, at }: DeliveryAttempt,
    next: Date | null,
  ): Promise<void> {
    if (error === null) return this.webhooks.noteSuccess(endpoint);
    await this.webhooks.noteFailure(endpoint, at);
    if (!next) await this.webhooks.pauseIfFailing(endpoint, new Date());
  }

  private async post(
    endpoint: WebhookEndpoint,
    delivery: WebhookDelivery,
  ): Promise<DeliveryAttempt> {
    const at = new Date();
    const made = (status: number | null, error: string | null): DeliveryAttempt => ({
      at,
      status,
      ms: Date.now() - at.getTime(),
      error: error && error.slice(0, MAX_ERROR_CHARACTERS),
    });
    try {
      const status = await this.send(endpoint, delivery, at);
      return made(status, errorOf(status));
    } catch (error) {
      return made(null, error instanceof Error ? error.message : String(error));
    }
  }

  private async send(
    endpoint: WebhookEndpoint,
    { body, eventId, event }: WebhookDelivery,
    at: Date,
  ): Promise<number> {
    const url = new URL(endpoint.url);
    const isTrusted = listsHost(this.config.webhookAllowedHosts, url);
    // The list may have been changed since it was registered.
    if (!isTrusted && url.protocol !== 'https:') throw new Error(`${url.host} has no https`);
    const headers = {
      'Content-Type': 'application/json',
      'User-Agent': 'Cliick-Webhooks/1',
      'Cliick-Event-Id': eventId,
      'Cliick-Event': event,
      'Cliick-Signature': signatureHeader(this.secrets.openAll(endpoint, at), body, at),
    };
    const answer = await guardedPost({ url, headers, body, timeoutMs: TIMEOUT_MS, isTrusted });
    return answer.status;
  }
}

function errorOf(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  const isRedirect = status >= 300 && status < 400;
  return `answered ${status}${isRedirect ? ': redirects are not followed' : ''}`;
}
