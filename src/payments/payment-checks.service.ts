import { Injectable, Logger } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { OrderPaymentsService } from '../orders/order-payments.service.js';
import { AppConfig } from '../platform/config/app-config.js';
import { isUndecided } from './payment-change.js';
import { SYSTEM } from './payment-events.js';
import { Payment } from './payment.schema.js';
import { PaymentsService } from './payments.service.js';
import { RefundsService } from './refunds.service.js';

const BATCH = 100;
const IN_PARALLEL = 8;
const MINUTE_MS = 60_000;
/** Between one look and the next, while nothing changes. */
const PAUSES_MS = [1, 2, 5, 10, 30, 60].map((minutes) => minutes * MINUTE_MS);
/** No look begins later: with the last one's time-outs it all ends within the lock of the job. */
const BUDGET_MS = 15_000;
const NOT_PAID_IN_TIME = 'Not paid in time.';

/**
 * Looks after what nobody tells: payments whose webhook never came, refunds of which nobody knows, and
 * orders that wait too long for their money. What it finds goes through the same transitions.
 */
@Injectable()
export class PaymentChecksService {
  private readonly logger = new Logger(PaymentChecksService.name);

  constructor(
    @InjectModel(Payment.name) private readonly payments: Model<Payment>,
    private readonly service: PaymentsService,
    private readonly refunds: RefundsService,
    private readonly orders: OrderPaymentsService,
    private readonly config: AppConfig,
  ) {}

  /** Checks the payments that are due at `now`. */
  async run(now: Date): Promise<void> {
    const due = await this.payments
      .find({ nextCheckAt: { $lt: now } })
      .setOptions({ acrossShops: true })
      .sort({ nextCheckAt: 1 })
      .limit(BATCH)
      .lean<Payment[]>();
    const rest = [...due];
    const deadline = performance.now() + BUDGET_MS;
    const work = async (): Promise<void> => {
      for (let next = rest.shift(); next; next = rest.shift()) {
        if (performance.now() > deadline) return;
        await this.tryCheck(next, now);
      }
    };
    await Promise.all(Array.from({ length: IN_PARALLEL }, work));
  }

  /** A provider that does not answer is asked again later, and holds up nobody else. */
  private async tryCheck(payment: Payment, now: Date): Promise<void> {
    const { shopId, _id, checks } = payment;
    const pause = PAUSES_MS[Math.min(checks, PAUSES_MS.length - 1)] ?? MINUTE_MS;
    const later = now.getTime() + pause;
    const end = this.endOf(payment);
    const nextCheckAt = new Date(end > now.getTime() ? Math.min(end, later) : later);
    await this.payments.updateOne(
      { shopId, _id, nextCheckAt: { $exists: true } },
      { $set: { nextCheckAt }, $inc: { checks: 1 } },
      { timestamps: false },
    );
    try {
      await this.check(payment, now);
    } catch (error) {
      const paymentId = _id.toHexString();
      this.logger.warn({ msg: 'payment not checked', paymentId, error: String(error) });
    }
  }

  private async check(payment: Payment, now: Date): Promise<void> {
    if (payment.refunds.some(isUndecided)) await this.refunds.decide(payment);
    const isLate = now.getTime() > this.endOf(payment);
    // Of one that the provider never answered to, the payer has nothing to pay with.
    const isUnheard = isLate && payment.providerId === undefined;
    const isAsked = payment.isOpen && !isUnheard;
    const seen = isAsked ? (await this.service.refresh(payment, SYSTEM)).payment : payment;
    if (isLate) await this.expire(seen);
  }

  /**
   * Cancelled at the provider first: the order ends only when nobody can pay for it any more. Watched
   * until it has, as a process may die in between.
   */
  private async expire(payment: Payment): Promise<void> {
    if (payment.status === 'processing') return;
    const { payment: ended } = await this.service.cancelAtProvider(payment, SYSTEM);
    if (ended.status !== 'canceled') return;
    const { shopId, orderId, _id } = ended;
    if (!(await this.payments.exists({ shopId, orderId, isOpen: true }))) {
      await this.orders.expire(shopId.toHexString(), orderId.toHexString(), NOT_PAID_IN_TIME);
    }
    await this.payments.updateOne(
      { shopId, _id, status: 'canceled' },
      { $unset: { nextCheckAt: '' } },
      { timestamps: false },
    );
  }

  /** When an order has waited long enough for it, in ms since 1970. */
  private endOf({ createdAt }: Payment): number {
    return createdAt.getTime() + this.config.paymentExpiryMinutes * MINUTE_MS;
  }
}
