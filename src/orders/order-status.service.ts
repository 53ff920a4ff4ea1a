import { Injectable } from '@nestjs/common';
import { AppError } from '../platform/http/app-error.js';
import { OrderMovesService, type StatusChange } from './order-moves.service.js';
import { mayMove, NEXT_STATUSES, type OrderStatus } from './order-status.js';
import type { Order } from './order.schema.js';
import { OrdersService } from './orders.service.js';

const ATTEMPTS = 5;

/** Moves orders from status to status; each move is noted in the same step. */
@Injectable()
export class OrderStatusService {
  constructor(
    private readonly orders: OrdersService,
    private readonly moves: OrderMovesService,
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
      const changed = await this.moves.tryMove(order, change);
      if (changed) return changed;
    }
    throw AppError.conflict('conflict', 'Others change this order at this moment: try again.');
  }
}

function requireLegal(from: OrderStatus, to: OrderStatus): void {
  if (mayMove(from, to)) return;
  const next = NEXT_STATUSES[from];
  const remedy = next.length > 0 ? `it can become ${next.join(' or ')}` : 'it stays so';
  throw new AppError('illegal_status', `This order is ${from}: ${remedy}, not ${to}.`);
}
