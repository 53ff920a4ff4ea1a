import { Injectable, Logger } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { DomainEvents } from '../events/domain-events.js';
import { isPaidByOthers } from '../orders/order-payment-status.js';
import { OrderPaymentsService } from '../orders/order-payments.service.js';
import type { Order } from '../orders/order.schema.js';
import { JobsService } from '../platform/jobs/jobs.service.js';
import { PaymentResponse } from './dto/payment.response.js';
import { newEvent } from './new-event.js';
import { type PaymentFlag, SYSTEM } from './payment-events.js';
import { PaymentLogService } from './payment-log.service.js';
import { isOpen } from './payment-status.js';
import { Payment } from './payment.schema.js';

/** Name and data of the job that gives money back which nobody can keep. */
export const REFUND_REST = 'payments.refund-rest';
export interface RefundRest {
  shopId: string;
  paymentId: string;
  reason: string;
}

const STALE_MS = 15_000;
const BATCH = 100;

/**
 * What follows from a payment's change: its log is moved, its order is told, and money that came for
 * an order which has ended, or is paid already, is given back. Every step may run twice; what a
 * process that died has left, `recover` finds.
 */
@Injectable()
export class PaymentSettlementService {
  private readonly logger = new Logger(PaymentSettlementService.name);

  constructor(
    @InjectModel(Payment.name) private readonly payments: Model<Payment>,
    private readonly orders: OrderPaymentsService,
    private readonly log: PaymentLogService,
    private readonly jobs: JobsService,
    private readonly events: DomainEvents,
  ) {}

  /** The change stands, whatever comes of this: what cannot be done now, the recovery does. */
  async settle(payment: Payment, isVisible: boolean): Promise<void> {
    const { shopId, _id, version } = payment;
    try {
      await this.tellAll(payment, isVisible);
      await this.payments.updateOne(
        { shopId, _id, version },
        { $unset: { unsettledSince: '' } },
        { timestamps: false },
      );
    } catch (error) {
      const paymentId = _id.toHexString();
      this.logger.warn({ msg: 'payment left to the recovery', paymentId, error: String(error) });
    }
  }

  /** What processes that died have left. */
  async recover(now: Date): Promise<void> {
    const stale = await this.payments
      .find({ unsettledSince: { $lt: new Date(now.getTime() - STALE_MS) } })
      .setOptions({ acrossShops: true })
      .limit(BATCH)
      .lean<Payment[]>();
    for (const payment of stale) await this.settle(payment, true);
  }

  /** Others hear of it even if the order cannot be told yet. */
  private async tellAll(payment: Payment, isVisible: boolean): Promise<void> {
    const [order] = await Promise.allSettled([this.tellOrder(payment)]);
    const shopId = payment.shopId.toHexString();
    const news = { shopId, payment: PaymentResponse.from(payment) };
    if (isVisible) await this.events.deliver('payment.updated', news);
    if (order.status === 'rejected') throw order.reason;
  }

  private async tellOrder(payment: Payment): Promise<void> {
    await this.log.move(payment);
    const order = await this.record(payment);
    await this.restock(payment);
    if (payment.captured > 0 && !payment.isCaptureHandled) await this.handleMoney(payment, order);
  }

  private record(payment: Payment): Promise<Order> {
    const { shopId, orderId, _id, version, provider, status, captured, refunded } = payment;
    return this.orders.record(shopId.toHexString(), orderId.toHexString(), {
      paymentId: _id.toHexString(),
      version,
      provider,
      providerId: payment.providerId ?? null,
      state: status === 'processing' ? 'processing' : isOpen(status) ? 'open' : 'ended',
      captured,
      refunded,
    });
  }

  /** Once the money is back, whoever told of it; an order that has ended gave its pieces back before. */
  private async restock({ shopId, orderId, refunds }: Payment): Promise<void> {
    const asked = refunds.find(({ restock, status }) => restock && status === 'succeeded');
    if (!asked) return;
    const by = asked.by?.toHexString() ?? null;
    await this.orders.restock(shopId.toHexString(), orderId.toHexString(), by);
  }

  /** The money has come: once for each payment it is looked at whether the shop may keep it. */
  private async handleMoney(payment: Payment, order: Order): Promise<void> {
    const { shopId, _id } = payment;
    const flag = await this.whyNotKept(payment, order);
    const remark =
      flag && newEvent(payment, { kind: 'remark', name: flag, actor: SYSTEM }, new Date());
    const changed = await this.payments
      .findOneAndUpdate(
        { shopId, _id, isCaptureHandled: false },
        {
          $set: { isCaptureHandled: true },
          ...(flag ? { $addToSet: { flags: flag }, $push: { pendingEvents: remark } } : {}),
        },
        { returnDocument: 'after', timestamps: false },
      )
      .lean<Payment>();
    if (!changed) return;
    await this.log.move(changed);
    if (!flag) return;
    this.events.emit('payment.updated', {
      shopId: shopId.toHexString(),
      payment: PaymentResponse.from(changed),
    });
  }

  /** Gives the money back where the order cannot take it; the job comes before the mark. */
  private async whyNotKept(payment: Payment, order: Order): Promise<PaymentFlag | null> {
    const shopId = payment.shopId.toHexString();
    const paymentId = payment._id.toHexString();
    const isDuplicate = isPaidByOthers(order.payments, paymentId, order.totalAmount);
    const flag = isDuplicate ? 'duplicate_payment' : await this.whyEnded(order);
    if (!flag) return null;
    // What came by the customer's bank nobody but the shop can send back: it is told, and says so later.
    if (payment.provider === 'transfer') return flag;
    const data: RefundRest = { shopId, paymentId, reason: flag };
    await this.jobs.enqueue(REFUND_REST, paymentId, data);
    return flag;
  }

  private async whyEnded(order: Order): Promise<PaymentFlag | null> {
    if (order.status !== 'cancelled' && order.status !== 'returned') return null;
    const revival = await this.orders.revive(order.shopId.toHexString(), order._id.toHexString());
    return revival === 'revived' ? null : 'paid_after_end';
  }
}
