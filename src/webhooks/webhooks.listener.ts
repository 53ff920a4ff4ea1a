import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DomainEvents } from '../events/domain-events.js';
import type { DomainEventMap } from '../events/event-catalogue.js';
import { WebhookDeliveriesService } from './webhook-deliveries.service.js';
import { WEBHOOK_EVENTS, webhookEventOf, type WebhookEventName } from './webhook-events.js';
import { WebhooksService } from './webhooks.service.js';

/** Has the endpoints of a shop told of what they have chosen. */
@Injectable()
export class WebhooksListener implements OnModuleInit {
  constructor(
    private readonly events: DomainEvents,
    private readonly webhooks: WebhooksService,
    private readonly deliveries: WebhookDeliveriesService,
  ) {}

  onModuleInit(): void {
    for (const name of WEBHOOK_EVENTS) {
      this.events.onDurably(name, (payload) => this.tell(name, payload));
    }
    this.events.onDurably('customer.erased', ({ shopId, orderIds, conversationIds, erasedAt }) =>
      this.deliveries.removeAbout(shopId, [...orderIds, ...conversationIds], erasedAt),
    );
  }

  private async tell<N extends WebhookEventName>(
    name: N,
    payload: DomainEventMap[N],
  ): Promise<void> {
    const now = new Date();
    const listening = await this.webhooks.listFor(payload.shopId, name);
    // The look may be a moment later: who was added meanwhile is not told of what was before.
    const endpoints = listening.filter(({ createdAt }) => createdAt <= now);
    if (endpoints.length === 0) return;
    const event = webhookEventOf(name, payload, now);
    if (event) await this.deliveries.send(endpoints, event, new Date());
  }
}
