import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { AppError } from '../platform/http/app-error.js';
import { changeOf, type News } from './payment-change.js';
import type { Actor, PaymentFlag } from './payment-events.js';
import { factOfRefund, factsOf } from './payment-facts.js';
import { PaymentSettlementService } from './payment-settlement.service.js';
import { Payment } from './payment.schema.js';
import type { ProviderPayment, ProviderRefund } from './providers/payment-provider.js';

const ATTEMPTS = 30;
const MISFITS: readonly PaymentFlag[] = ['amount_mismatch', 'mode_mismatch', 'other_payment'];

/** What makes us look at a payment again, and when that was so. */
export interface Cause {
  actor: Actor;
  name: string;
  at: Date;
}

/** A refund as an event tells it, and the payment that the event names. */
export interface ToldRefund extends ProviderRefund {
  providerId?: string;
  isLive: boolean;
}

/**
 * THE way in which payments change: the browser's confirm, webhooks, staff and the reconciliation all
 * come here with facts. What they make is written with its log in one step; then the order is told.
 */
@Injectable()
export class PaymentTransitionsService {
  constructor(
    @InjectModel(Payment.name) private readonly payments: Model<Payment>,
    private readonly settlement: PaymentSettlementService,
  ) {}

  /** Takes in how the provider sees a payment; what does not fit is flagged and changes nothing else. */
  async see(payment: Payment, view: ProviderPayment, { actor, name, at }: Cause): Promise<Payment> {
    const flags = misfits(payment, view);
    if (flags.length > 0) return this.apply(payment, { flags, actor, name });
    const { providerId } = view;
    return this.apply(payment, { facts: factsOf(view, at), providerId, actor, name });
  }

  /** Takes in a refund that the provider tells of by itself, as `see` does a payment. */
  async seeRefund(
    payment: Payment,
    told: ToldRefund,
    { actor, name, at }: Cause,
  ): Promise<Payment> {
    const { providerId, currency, isLive } = told;
    const flags = misfits(payment, { providerId, currency, isLive });
    if (flags.length > 0) return this.apply(payment, { flags, actor, name });
    // What was taken is not ours, so what goes back of it is not either.
    if (payment.captured === 0 && payment.flags.some(isMisfit)) return payment;
    return this.apply(payment, { facts: [factOfRefund(told, at)], actor, name });
  }

  /** The payment as it is after `news`; news that is known already changes nothing. */
  async apply(payment: Payment, news: News): Promise<Payment> {
    let current = payment;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const changed = await this.applyTo(current, news);
      if (changed) return changed;
      current = await this.reload(current);
    }
    throw AppError.conflict('conflict', 'Others change this payment at this moment: try again.');
  }

  /** As `apply`, but null when the payment is no more as it was read. */
  async applyTo(current: Payment, news: News): Promise<Payment | null> {
    const change = changeOf(current, news, new Date());
    if (!change) return current;
    const { shopId, _id, version } = current;
    const changed = await this.payments
      .findOneAndUpdate(
        { shopId, _id, version },
        {
          $set: change.set,
          $inc: { version: 1 },
          $push: { pendingEvents: { $each: change.events } },
          ...(change.isWatched ? {} : { $unset: { nextCheckAt: '' } }),
        },
        { returnDocument: 'after' },
      )
      .lean<Payment>();
    if (changed) await this.settlement.settle(changed, change.isVisible);
    return changed;
  }

  async reload({ shopId, _id }: Payment): Promise<Payment> {
    const payment = await this.payments.findOne({ shopId, _id }).lean<Payment>();
    if (!payment) throw AppError.notFound('payment');
    return payment;
  }
}

/** Where what the provider tells of is not what we asked for. */
function misfits(
  payment: Payment,
  told: { providerId?: string; amount?: number; currency?: string; isLive: boolean },
): PaymentFlag[] {
  const { isLive } = payment;
  const differs = (field: 'providerId' | 'amount' | 'currency'): boolean =>
    payment[field] !== undefined && told[field] !== undefined && payment[field] !== told[field];
  const isOther = differs('providerId');
  const isOtherMoney = differs('amount') || differs('currency');
  const isOtherMode = isLive !== null && isLive !== told.isLive;
  return [
    ...(isOther ? ['other_payment' as const] : []),
    ...(isOtherMode ? ['mode_mismatch' as const] : []),
    ...(isOtherMoney ? ['amount_mismatch' as const] : []),
  ];
}

function isMisfit(flag: PaymentFlag): boolean {
  return MISFITS.includes(flag);
}
