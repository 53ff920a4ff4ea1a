import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, type QueryFilter, Types, type UpdateQuery } from 'mongoose';
import { DomainEvents } from '../events/domain-events.js';
import { ShopsService } from '../shops/shops.service.js';
import { OrderResponse } from './dto/order.response.js';
import { HeldStockService } from './held-stock.service.js';
import { givesStockBack, type OrderStatus } from './order-status.js';
import { Order } from './order.schema.js';

/** Who moves an order where, and what they say to it. */
export interface StatusChange {
  to: OrderStatus;
  /** Null: the system. */
  by: string | null;
  note: string;
}

/** What else must be so for a move, and what else is written with it. */
export interface MoveTerms {
  when?: QueryFilter<Order>;
  set?: Partial<Order>;
  unset?: UpdateQuery<Order>['$unset'];
  /** The round of stock by which the order comes back. */
  revivedBy?: number;
}

const MAX_CHANGES = 200;

/** The one place where an order's status is written. Whether a move is legal its callers ask. */
@Injectable()
export class OrderMovesService {
  constructor(
    @InjectModel(Order.name) private readonly model: Model<Order>,
    private readonly shops: ShopsService,
    private readonly heldStock: HeldStockService,
    private readonly events: DomainEvents,
  ) {}

  /**
   * Moves an order as it was read, notes and tells of it, and puts the pieces back where it ends.
   * Null when somebody else was faster, or `terms.when` is not so: then nothing has changed.
   */
  async tryMove(order: Order, change: StatusChange, terms: MoveTerms = {}): Promise<Order | null> {
    const changed = await this.write(order, change, terms);
    if (!changed) return null;
    const shopId = changed.shopId.toHexString();
    this.events.emit('order.updated', { shopId, order: OrderResponse.from(changed) });
    await this.heldStock.putBackOrLeave(changed);
    return changed;
  }

  private async write(
    { _id, shopId, status: from, items }: Order,
    { to, by, note }: StatusChange,
    { when, set, unset, revivedBy }: MoveTerms,
  ): Promise<Order | null> {
    const at = new Date();
    const memberId = by === null ? null : new Types.ObjectId(by);
    const isRestocked = givesStockBack(to) && items.some(({ taken }) => taken);
    const seq = await this.shops.nextSeq(shopId.toHexString());
    const entry = { at, by: memberId, from, to, note };
    return this.model
      .findOneAndUpdate(
        // Under a number above all it had: no two states of an order have one number.
        { ...when, shopId, _id, status: from, seq: { $lt: seq } },
        {
          $set: {
            ...set,
            status: to,
            seq,
            ...(isRestocked ? { restock: { since: at, by: memberId } } : {}),
          },
          ...(unset ? { $unset: unset } : {}),
          $push: {
            history: { $each: [entry], $slice: -MAX_CHANGES },
            ...(revivedBy === undefined ? {} : { revivedRounds: revivedBy }),
          },
        },
        { returnDocument: 'after' },
      )
      .lean();
  }
}
