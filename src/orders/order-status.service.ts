import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { DomainEvents } from '../events/domain-events.js';
import { AppError } from '../platform/http/app-error.js';
import { ShopsService } from '../shops/shops.service.js';
import { OrderResponse } from './dto/order.response.js';
import { HeldStockService } from './held-stock.service.js';
import { givesStockBack, mayMove, NEXT_STATUSES, type OrderStatus } from './order-status.js';
import { Order } from './order.schema.js';
import { OrdersService } from './orders.service.js';

/** Who moves an order where, and what they say to it. */
export interface StatusChange {
  to: OrderStatus;
  by: string;
  note: string;
}

const ATTEMPTS = 5;
const MAX_CHANGES = 200;

/** Moves orders from status to status; each move is noted in the same step. */
@Injectable()
export class OrderStatusService {
  constructor(
    @InjectModel(Order.name) private readonly model: Model<Order>,
    private readonly orders: OrdersService,
    private readonly shops: ShopsService,
    private readonly heldStock: HeldStockService,
    private readonly events: DomainEvents,
  ) {}

  /**
   * A second click changes nothing more. Cancelling and returning put the pieces back.
   * @throws AppError `illegal_status` naming the moves that are legal
   */
  async change(shopId: string, idOrNumber: string, change: StatusChange): Promise<Order> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const order = await this.orders.get(shopId, idOrNumber);
      if (order.status === change.to) return order;
      requireLegal(order.status, change.to);
      const changed = await this.tryChange(order, change);
      if (!changed) continue;
      this.events.emit('order.updated', { shopId, order: OrderResponse.from(changed) });
      await this.heldStock.putBackOrLeave(changed);
      return changed;
    }
    throw AppError.conflict('conflict', 'Others change this order at this moment: try again.');
  }

  /** Null when somebody else was faster. */
  private async tryChange(order: Order, { to, by, note }: StatusChange): Promise<Order | null> {
    const { _id, shopId, status: from, items } = order;
    const at = new Date();
    const memberId = new Types.ObjectId(by);
    const isRestocked = givesStockBack(to) && items.some(({ taken }) => taken);
    const seq = await this.shops.nextSeq(shopId.toHexString());
    return this.model
      .findOneAndUpdate(
        // Under a number above all it had: no two states of an order have one number.
        { shopId, _id, status: from, seq: { $lt: seq } },
        {
          $set: {
            status: to,
            seq,
            ...(isRestocked ? { restock: { since: at, by: memberId } } : {}),
          },
          $push: {
            history: { $each: [{ at, by: memberId, from, to, note }], $slice: -MAX_CHANGES },
          },
        },
        { returnDocument: 'after' },
      )
      .lean();
  }
}

function requireLegal(from: OrderStatus, to: OrderStatus): void {
  if (mayMove(from, to)) return;
  const next = NEXT_STATUSES[from];
  const remedy = next.length > 0 ? `it can become ${next.join(' or ')}` : 'it stays so';
  throw new AppError('illegal_status', `This order is ${from}: ${remedy}, not ${to}.`);
}
