import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { areDuplicateKeys } from '../platform/database/database-errors.js';
import { decodeCursor } from '../platform/http/cursor.js';
import { Page } from '../platform/http/page.js';
import type { ListPaymentEventsQuery } from './dto/list-payment-events.query.js';
import { newEvent, type NewEvent } from './new-event.js';
import { PaymentEvent } from './payment-event.schema.js';
import { Payment } from './payment.schema.js';

/** The append-only log of payments. */
@Injectable()
export class PaymentLogService {
  constructor(
    @InjectModel(PaymentEvent.name) private readonly events: Model<PaymentEvent>,
    @InjectModel(Payment.name) private readonly payments: Model<Payment>,
  ) {}

  async append(payment: Payment, event: NewEvent): Promise<void> {
    await this.events.create(newEvent(payment, event, new Date()));
  }

  /** Moves the lines that were written with the payment; safe to repeat, each has its id. */
  async move(payment: Payment): Promise<void> {
    const { pendingEvents, shopId, _id } = payment;
    if (pendingEvents.length === 0) return;
    try {
      await this.events.insertMany(pendingEvents, { ordered: false });
    } catch (error) {
      if (!areDuplicateKeys(error)) throw error;
    }
    const moved = pendingEvents.map((event) => event._id);
    await this.payments.updateOne(
      { shopId, _id },
      { $pull: { pendingEvents: { _id: { $in: moved } } } },
      { timestamps: false },
    );
  }

  /** Oldest first. */
  async list(payment: Payment, query: ListPaymentEventsQuery): Promise<Page<PaymentEvent>> {
    await this.move(payment);
    const { limit, cursor } = query;
    const rows = await this.events
      .find({
        shopId: payment.shopId,
        paymentId: payment._id,
        ...(cursor ? after(cursor) : {}),
      })
      .sort({ at: 1, _id: 1 })
      .limit(limit + 1)
      .lean<PaymentEvent[]>();
    return Page.of(rows, limit, ({ at, _id }) => ({ at: at.getTime(), id: _id.toHexString() }));
  }
}

function after(cursor: string): object {
  const { at, id } = decodeCursor(cursor);
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return { at: { $lt: new Date(0) } };
  return {
    at: { $gte: time },
    $or: [{ at: { $gt: time } }, { at: time, _id: { $gt: new Types.ObjectId(id) } }],
  };
}
