import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import type { Product } from '../products/product.schema.js';
import { roundKey, roundOf } from '../products/stock-change.js';
import { StockService } from '../products/stock.service.js';
import { abandonedOrder, NO_SHOP } from './abandoned-order.js';
import { Order } from './order.schema.js';

/** The pieces that were taken for an order to be, or for one that shall come back. */
export interface HeldStock {
  shopId: string;
  orderId: string;
  /** 0 at its placement; of its own each time that it shall come back. */
  round: number;
  lines: { productId: string; quantity: number }[];
}

/** The products of which pieces are held now, or the one of which too few are left: then none are. */
export interface Takings {
  taken: Set<string>;
  short?: string;
}

const SWEEP_MS = 10_000;
/** Longer than placing an order takes, or bringing one back. */
export const STALE_MS = 30_000;
const BATCH = 100;
const SETTLE_MS = 250;

/**
 * Finishes what was begun with stocks: what is held for an order is sold when that is written, and
 * goes back when it never will be; what has ended gives its pieces back. Every step may run twice,
 * in several processes, and after a crash.
 */
@Injectable()
export class HeldStockService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(HeldStockService.name);
  private readonly running = new Set<Promise<void>>();
  /** Rounds of orders that were written a moment ago, by their product. */
  private readonly written = new Map<string, Set<string>>();
  private settling?: NodeJS.Timeout;
  private timer: NodeJS.Timeout;

  constructor(
    @InjectModel(Order.name) private readonly orders: Model<Order>,
    private readonly stock: StockService,
  ) {}

  onApplicationBootstrap(): void {
    const recover = () => void this.inBackground(this.recover(new Date()));
    recover();
    this.timer = setInterval(recover, SWEEP_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    clearTimeout(this.settling);
    void this.inBackground(this.settleAll());
    await Promise.allSettled(this.running);
  }

  /** Takes the pieces of every line, or of none. To be called once for each round. */
  async takeAll(held: HeldStock, by: string | null): Promise<Takings> {
    const taken = new Set<string>();
    for (const line of held.lines) {
      const taking = await this.stock.take(held.shopId, held, line, by).catch((error: unknown) => {
        this.finish(held);
        throw error;
      });
      if (taking === 'taken') taken.add(line.productId);
      if (taking === 'short') {
        await this.undo(held);
        return { taken: new Set(), short: line.productId };
      }
    }
    return { taken };
  }

  /** Gives back what was taken for an order that will not be, or not come back. */
  undo(held: HeldStock): Promise<void> {
    return this.stock.undo(held.shopId, held, held.lines);
  }

  /**
   * The order is written. Not waited for, and together with the other orders of a moment: a product
   * that everybody buys is not written once more for each.
   */
  settle(held: HeldStock): void {
    for (const { productId } of held.lines) {
      const key = `${held.shopId} ${productId}`;
      const rounds = this.written.get(key) ?? new Set();
      this.written.set(key, rounds.add(roundKey(held)));
    }
    this.settling ??= setTimeout(() => void this.inBackground(this.settleAll()), SETTLE_MS);
  }

  /** The order is not written, as far as is known: sells or gives back, whichever is right. */
  finish(held: HeldStock): void {
    void this.inBackground(this.decide(held));
  }

  /** Decides what earlier rounds still hold of an order's pieces; none of them may be under way. */
  async finishRounds({ _id, shopId, items }: Order, before: number): Promise<void> {
    const productIds = items.map(({ productId }) => productId);
    const products = await this.stock.listUnmoved(shopId.toHexString(), productIds);
    const orderId = _id.toHexString();
    const held = products.flatMap((product) => heldBy(product));
    for (const one of held) {
      if (one.orderId === orderId && one.round < before) await this.decide(one);
    }
  }

  /** What processes that died have left. */
  async recover(now: Date): Promise<void> {
    const before = new Date(now.getTime() - STALE_MS);
    for (const product of await this.stock.listStale(before, BATCH)) {
      for (const held of heldBy(product, before)) await this.decide(held);
      await this.stock.moveChanges(product);
    }
    const ended = await this.orders
      .find({ 'restock.since': { $lt: before } })
      .setOptions({ acrossShops: true })
      .limit(BATCH)
      .lean();
    for (const order of ended) await this.putBack(order);
  }

  /** The status stands, whatever comes of the stock: what cannot be done now, the recovery does. */
  async putBackOrLeave(order: Order): Promise<void> {
    await this.inBackground(this.putBack(order));
  }

  /** Puts the pieces of an ended order back, then notes that it is done. */
  private async putBack(order: Order): Promise<void> {
    const { _id, shopId, status, items, restock, revivedRounds } = order;
    if (!restock) return;
    const round = { orderId: _id.toHexString(), round: revivedRounds?.at(-1) ?? 0 };
    const reason = status === 'returned' ? 'order_returned' : 'order_cancelled';
    const cause = { by: restock.by?.toHexString() ?? null, reason } as const;
    for (const { productId, quantity, taken } of items) {
      if (!taken) continue;
      const line = { productId: productId.toHexString(), quantity };
      await this.stock.putBack(shopId.toHexString(), round, line, cause);
    }
    await this.orders.updateOne(
      // Not what another end of the order, after it came back, has to put back.
      { _id, shopId, 'restock.since': restock.since },
      { $unset: { restock: '' } },
      { timestamps: false },
    );
  }

  private async settleAll(): Promise<void> {
    const written = [...this.written];
    this.written.clear();
    this.settling = undefined;
    for (const [key, rounds] of written) {
      const [shopId = '', productId = ''] = key.split(' ');
      await this.stock.settle(shopId, productId, rounds);
    }
  }

  private async decide(held: HeldStock): Promise<void> {
    const isSold = held.round === 0 ? this.isWritten(held.orderId) : this.isRevived(held);
    if (!(await isSold)) return this.undo(held);
    const rounds = new Set([roundKey(held)]);
    for (const { productId } of held.lines) {
      await this.stock.settle(held.shopId, productId, rounds);
    }
  }

  /** Whether the order came back by that round. When not, its right is taken: it no longer can. */
  private async isRevived({ shopId, orderId, round }: HeldStock): Promise<boolean> {
    await this.orders.updateOne(
      { shopId, _id: orderId, 'revival.round': round },
      { $unset: { revival: '' } },
      { timestamps: false },
    );
    return (await this.orders.exists({ shopId, _id: orderId, revivedRounds: round })) !== null;
  }

  /** Whether the order is there. When not, its id is taken: it can no longer be written. */
  private async isWritten(orderId: string): Promise<boolean> {
    const _id = new Types.ObjectId(orderId);
    try {
      await this.orders.collection.insertOne(abandonedOrder(_id) as never);
      return false;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
    return (await this.orders.exists({ _id, shopId: { $ne: NO_SHOP } })) !== null;
  }

  private inBackground(work: Promise<void>): Promise<void> {
    const noted = work
      .catch((error: unknown) => {
        this.logger.warn({ msg: 'stock left to the next recovery', error: String(error) });
      })
      .finally(() => this.running.delete(noted));
    this.running.add(noted);
    return noted;
  }
}

/** What `product` holds for orders; with `before`, since an earlier time. */
function heldBy({ _id, shopId, pendingStockChanges }: Product, before?: Date): HeldStock[] {
  return pendingStockChanges.flatMap((pending) => {
    const round = roundOf(pending);
    const isRecent = before !== undefined && pending.at >= before;
    if (!round || !pending.held || isRecent) return [];
    const line = { productId: _id.toHexString(), quantity: -pending.change };
    return [{ ...round, shopId: shopId.toHexString(), lines: [line] }];
  });
}
