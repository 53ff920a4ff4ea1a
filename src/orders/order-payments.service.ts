import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, QueryFilter } from 'mongoose';
import { DomainEvents } from '../events/domain-events.js';
import { AppError } from '../platform/http/app-error.js';
import { ShopsService } from '../shops/shops.service.js';
import { OrderResponse } from './dto/order.response.js';
import { OrderMovesService } from './order-moves.service.js';
import {
  isIdle,
  type KeptPayment,
  type PaymentSummary,
  paymentStatusOf,
  shownPaymentId,
  withPayment,
} from './order-payment-status.js';
import { OrderRevivalService, type RevivalOutcome } from './order-revival.service.js';
import type { OrderStatus } from './order-status.js';
import { Order } from './order.schema.js';
import { OrdersService } from './orders.service.js';

/** At each of them somebody succeeds: so many may change one order at the same moment. */
const ATTEMPTS = 50;

/** Where an order goes when its pieces are to come back; those that have ended have given them back. */
const RESTOCKING_MOVE: Partial<Record<OrderStatus, OrderStatus>> = {
  pending: 'cancelled',
  processing: 'returned',
  completed: 'returned',
};

/** What payments make of their orders. Every call may be repeated, and come late. */
@Injectable()
export class OrderPaymentsService {
  constructor(
    @InjectModel(Order.name) private readonly model: Model<Order>,
    private readonly orders: OrdersService,
    private readonly shops: ShopsService,
    private readonly moves: OrderMovesService,
    private readonly revival: OrderRevivalService,
    private readonly events: DomainEvents,
  ) {}

  /** Notes how a payment stands, unless a later state of it is known; the order's own status follows. */
  async record(shopId: string, orderId: string, summary: PaymentSummary): Promise<Order> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const order = await this.orders.get(shopId, orderId);
      // Orders from before there were payments have no list of them.
      const known = order.payments ?? [];
      const payments = withPayment(known, summary);
      if (payments === known) return order;
      const changed = await this.tryRecord(order, payments);
      if (changed) return changed;
    }
    throw othersAreFaster();
  }

  /**
   * Cancels an order that nobody has paid and puts its pieces back; leaves any other as it is, also
   * one that costs nothing. Answers the order as it then is.
   */
  async expire(shopId: string, orderId: string, note: string): Promise<Order> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const order = await this.orders.get(shopId, orderId);
      if (!mayExpire(order)) return order;
      const terms = { when: samePayments(order), set: { expiredAt: new Date() } };
      const expired = await this.moves.tryMove(order, { to: 'cancelled', by: null, note }, terms);
      if (expired) return this.orders.get(shopId, orderId);
    }
    throw othersAreFaster();
  }

  /**
   * Brings an expired order back, because its payment has come: takes its pieces again, all or none.
   * Not to be called again once the money of an `out_of_stock` order is given back.
   * @throws AppError `conflict` while another call's attempt does not end: to be repeated
   */
  revive(shopId: string, orderId: string): Promise<RevivalOutcome> {
    return this.revival.revive(shopId, orderId);
  }

  /**
   * Puts the pieces of a refunded order back, by the move that does so: an order that nobody has begun
   * to work on is cancelled, any other one returned. Answers whether it did.
   */
  async restock(shopId: string, orderId: string, by: string | null): Promise<boolean> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const order = await this.orders.get(shopId, orderId);
      const to = RESTOCKING_MOVE[order.status];
      if (!to) return false;
      const change = { to, by, note: 'Refunded.' };
      if (await this.moves.tryMove(order, change)) return true;
    }
    throw othersAreFaster();
  }

  /** Null when somebody else was faster. Only what others see gets a number of the shop, and is told. */
  private async tryRecord(order: Order, payments: KeptPayment[]): Promise<Order | null> {
    const { _id, shopId, paymentsVersion = 0 } = order;
    const shown = {
      paymentStatus: paymentStatusOf(payments, order.totalAmount),
      paymentIntentId: shownPaymentId(payments),
    };
    const isSeen =
      shown.paymentStatus !== order.paymentStatus ||
      shown.paymentIntentId !== (order.paymentIntentId ?? null);
    const seq = isSeen ? await this.shops.nextSeq(shopId.toHexString()) : null;
    const changed = await this.model
      .findOneAndUpdate(
        {
          shopId,
          _id,
          ...samePayments(order),
          ...(seq === null ? {} : { seq: { $lt: seq } }),
        },
        {
          $set: {
            payments,
            paymentsVersion: paymentsVersion + 1,
            ...(seq === null ? {} : { ...shown, seq }),
          },
        },
        // The time of its last change is seen too.
        { returnDocument: 'after', timestamps: isSeen },
      )
      .lean();
    if (changed && isSeen) {
      const response = OrderResponse.from(changed);
      this.events.emit('order.updated', { shopId: shopId.toHexString(), order: response });
    }
    return changed;
  }
}

function mayExpire({ status, totalAmount, payments }: Order): boolean {
  return status === 'pending' && totalAmount > 0 && (payments ?? []).every(isIdle);
}

/** Finds the order only if no news of its payments has come since it was read. */
function samePayments({ paymentsVersion }: Order): QueryFilter<Order> {
  return { paymentsVersion: paymentsVersion ?? { $exists: false } };
}

function othersAreFaster(): AppError {
  return AppError.conflict('conflict', 'Others change this order at this moment: try again.');
}
