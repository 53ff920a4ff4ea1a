import { setTimeout as wait } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { AppError } from '../platform/http/app-error.js';
import { type HeldStock, HeldStockService, STALE_MS } from './held-stock.service.js';
import { OrderMovesService } from './order-moves.service.js';
import { givesStockBack, REVIVAL } from './order-status.js';
import { Order } from './order.schema.js';
import { OrdersService } from './orders.service.js';

/** `revived` also of an order that came back earlier and has not ended since. */
export type RevivalOutcome = 'revived' | 'out_of_stock' | 'not_expired';

/** Longer than others take, if they do not die over it. */
const PATIENCE_MS = 10_000;
const POLL_MS = 50;
const ATTEMPTS = 20;
const NOTE = 'A payment came after the order had expired.';

/**
 * Brings expired orders back.
 *
 * First the right to is claimed in the order, under a number that no other attempt gets; then the
 * pieces are held under that number; then the order comes back, if it still has that right; then they
 * are sold. A process may die at any step: `HeldStockService` takes the right away before it gives
 * the pieces back, so that who was merely slow comes too late.
 */
@Injectable()
export class OrderRevivalService {
  constructor(
    @InjectModel(Order.name) private readonly model: Model<Order>,
    private readonly orders: OrdersService,
    private readonly moves: OrderMovesService,
    private readonly heldStock: HeldStockService,
  ) {}

  /** @throws AppError `conflict` while somebody else's attempt does not end: to be repeated */
  async revive(shopId: string, orderId: string): Promise<RevivalOutcome> {
    const deadline = Date.now() + PATIENCE_MS;
    do {
      const order = await this.orders.get(shopId, orderId);
      if (!isExpired(order)) return isBack(order) ? 'revived' : 'not_expired';
      // What it gave up must be there before it can be taken again.
      await this.heldStock.putBackOrLeave(order);
      const round = await this.claim(order);
      const outcome = round === null ? null : await this.takeAgain(order, round);
      if (outcome) return outcome;
      await wait(POLL_MS);
    } while (Date.now() < deadline);
    throw AppError.conflict('conflict', 'This order is being brought back: try again in a minute.');
  }

  /** The number under which this call alone may take the pieces; null while another call may. */
  private async claim({ shopId, _id, lastRound }: Order): Promise<number | null> {
    const since = new Date();
    const stale = new Date(since.getTime() - STALE_MS);
    const round = (lastRound ?? 0) + 1;
    const claimed = await this.model.updateOne(
      {
        shopId,
        _id,
        status: REVIVAL.from,
        expiredAt: { $exists: true },
        restock: { $exists: false },
        lastRound: lastRound ?? { $exists: false },
        $or: [{ revival: { $exists: false } }, { 'revival.since': { $lt: stale } }],
      },
      { $set: { lastRound: round, revival: { round, since } } },
      { timestamps: false },
    );
    return claimed.modifiedCount === 1 ? round : null;
  }

  /** Null when the right was lost over it: then nothing is taken. */
  private async takeAgain(order: Order, round: number): Promise<RevivalOutcome | null> {
    const held = heldFor(order, round);
    // An attempt that died may hold what this one needs.
    await this.heldStock.finishRounds(order, round);
    const { taken, short } = await this.heldStock.takeAll(held, null);
    if (short !== undefined) {
      await this.giveUp(order, round);
      return 'out_of_stock';
    }
    try {
      const isWritten = await this.write(order, round, taken);
      if (isWritten) this.heldStock.settle(held);
      else await this.heldStock.undo(held);
      return isWritten ? 'revived' : null;
    } catch (error) {
      this.heldStock.finish(held);
      throw error;
    }
  }

  private async write(claimed: Order, round: number, taken: Set<string>): Promise<boolean> {
    const { shopId, _id } = claimed;
    const when = { expiredAt: { $exists: true }, 'revival.round': round };
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const order = await this.model.findOne({ ...when, shopId, _id }).lean();
      if (!order) return false;
      const items = order.items.map((item) => {
        return { ...item, taken: taken.has(item.productId.toHexString()) };
      });
      const change = { to: REVIVAL.to, by: null, note: NOTE };
      const unset = { expiredAt: '', revival: '' } as const;
      const terms = { when, set: { items }, unset, revivedBy: round };
      if (await this.moves.tryMove(order, change, terms)) return true;
    }
    throw AppError.conflict('conflict', 'Others change this order at this moment: try again.');
  }

  private async giveUp({ shopId, _id }: Order, round: number): Promise<void> {
    await this.model.updateOne(
      { shopId, _id, 'revival.round': round },
      { $unset: { revival: '' } },
      { timestamps: false },
    );
  }
}

function isExpired({ status, expiredAt }: Order): boolean {
  return status === REVIVAL.from && expiredAt !== undefined;
}

function isBack({ status, revivedRounds = [] }: Order): boolean {
  return revivedRounds.length > 0 && !givesStockBack(status);
}

function heldFor({ _id, shopId, items }: Order, round: number): HeldStock {
  const lines = items.map(({ productId, quantity }) => {
    return { productId: productId.toHexString(), quantity };
  });
  return { shopId: shopId.toHexString(), orderId: _id.toHexString(), round, lines };
}
