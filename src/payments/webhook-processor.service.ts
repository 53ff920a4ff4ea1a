import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, QueryFilter, Types } from 'mongoose';
import { isObjectIdHex } from '../platform/http/object-id.pipe.js';
import { PROVIDER } from './payment-events.js';
import { PaymentLogService } from './payment-log.service.js';
import { PaymentTransitionsService } from './payment-transitions.service.js';
import { Payment } from './payment.schema.js';
import { PaymentsService } from './payments.service.js';
import type { OnlineProviderName, ProviderEvent } from './providers/payment-provider.js';
import { PaymentProvidersService } from './providers/payment-providers.service.js';
import { WebhookEvent } from './webhook-event.schema.js';

/** Reads stored webhooks and passes what they tell to the transitions; running twice changes nothing. */
@Injectable()
export class WebhookProcessorService {
  constructor(
    @InjectModel(WebhookEvent.name) private readonly events: Model<WebhookEvent>,
    @InjectModel(Payment.name) private readonly payments: Model<Payment>,
    private readonly providers: PaymentProvidersService,
    private readonly service: PaymentsService,
    private readonly transitions: PaymentTransitionsService,
    private readonly log: PaymentLogService,
  ) {}

  async process(id: Types.ObjectId): Promise<void> {
    const stored = await this.events.findOne({ _id: id }).lean<WebhookEvent>();
    if (stored?.state !== 'received') return;
    const { provider } = stored;
    const event = this.providers.get(provider).readEvent(stored.body);
    const payment = await this.findPayment(provider, event);
    if (!payment) {
      const note = 'It tells of no payment that is known here.';
      return this.close(stored, { state: 'ignored', note });
    }
    const { _id: paymentId, shopId } = payment;
    try {
      await this.take(payment, event);
    } catch (error) {
      await this.events.updateOne({ _id: id }, { $set: { paymentId, shopId } });
      throw error;
    }
    await this.close(stored, { paymentId, shopId, state: 'processed', note: '' });
  }

  private async take(payment: Payment, event: ProviderEvent): Promise<void> {
    const { type: name, id, occurredAt: at, refund, providerId } = event;
    const reference = providerId ?? payment.providerId;
    await this.log.append(payment, {
      kind: 'webhook',
      name,
      actor: PROVIDER,
      reference,
      detail: id,
    });
    const cause = { actor: PROVIDER, name, at };
    let current = payment;
    if (event.payment) {
      const view = { ...event.payment, isLive: event.isLive };
      current = await this.transitions.see(current, view, cause);
    }
    if (refund) {
      // Of money that we have not seen come, the provider is asked what it took.
      if (current.captured === 0) current = (await this.service.refresh(current, PROVIDER)).payment;
      const told = { ...refund, providerId, isLive: event.isLive };
      current = await this.transitions.seeRefund(current, told, cause);
    }
    // It says that something has changed, and not what: the provider is asked.
    if (!event.payment && !refund && current.isOpen) {
      current = (await this.service.refresh(current, PROVIDER)).payment;
    }
    // The payer has said yes at the provider's own page: the money is there to be taken.
    if (event.isApproval && current.flags.length === 0) {
      const paymentIntentId = current._id.toHexString();
      await this.service.confirm(current.shopId.toHexString(), { paymentIntentId }, PROVIDER);
    }
  }

  /** By the provider's id, by the capture, or by ours, when the event was faster than the answer. */
  private async findPayment(
    provider: OnlineProviderName,
    event: ProviderEvent,
  ): Promise<Payment | null> {
    const { providerId, captureId = event.payment?.captureId } = event;
    const { paymentId = event.payment?.paymentId } = event;
    const filters: QueryFilter<Payment>[] = [];
    if (providerId !== undefined) filters.push({ providerId });
    if (captureId !== undefined) filters.push({ captureId });
    if (isObjectIdHex(paymentId ?? '')) filters.push({ _id: paymentId });
    for (const filter of filters) {
      const found = await this.payments
        .findOne({ ...filter, provider })
        .setOptions({ acrossShops: true })
        .lean<Payment>();
      if (found) return found;
    }
    return null;
  }

  private async close({ _id }: WebhookEvent, news: Partial<WebhookEvent>): Promise<void> {
    await this.events.updateOne({ _id }, { $set: news, $unset: { nextTryAt: '' } });
  }
}
