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
import { StockService, type Taking } from '../products/stock.service.js';
import { abandonedOrder, NO_SHOP } from './abandoned-order.js';
import { Order } from './order.schema.js';

/** The pieces that an order to be has taken. */
export interface HeldStock {
  shopId: string;
  orderId: string;
  lines: { productId: string; quantity: number }[];
}

const SWEEP_MS = 10_000;
/** Longer than placing an order takes. */
const STALE_MS = 30_000;
const BATCH = 100;
const SETTLE_MS = 100;

/**
 * Finishes what was begun with stocks: what is held for an order is sold when that is written, and
 * goes back when it never will be; what has ended gives its pieces back. Every step may run twice,
 * in several processes, and after a crash.
 */
@Injectable()
export class HeldStockService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(HeldStockService.name);
  private readonly running = new Set<Promise<void>>();
  /** Orders that were written a moment ago, by their product. */
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

  /** Takes pieces for an order to be. */
  take(
    shopId: string,
    orderId: string,
    line: HeldStock['lines'][number],
    by: string | null,
  ): Promise<Taking> {
    return this.stock.take(shopId, orderId, line, by);
  }

  /** Gives back what was taken for an order that will not be. */
  undo({ shopId, orderId, lines }: HeldStock): Promise<void> {
    return this.stock.undo(shopId, orderId, lines);
  }

  /**
   * The order is written. Not waited for, and together with the other orders of a moment: a product
   * that everybody buys is not written once more for each.
   */
  settle({ shopId, orderId, lines }: HeldStock): void {
    for (const { productId } of lines) {
      const key = `${shopId} ${productId}`;
      const orderIds = this.written.get(key) ?? new Set();
      this.written.set(key, orderIds.add(orderId));
    }
    this.settling ??= setTimeout(() => void this.inBackground(this.settleAll()), SETTLE_MS);
  }

  /** The order is not written, as far as is known: sells or gives back, whichever is right. */
  finish(held: HeldStock): void {
    void this.inBackground(this.decide(held));
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
  private async putBack({ _id, shopId, status, items, restock }: Order): Promise<void> {
    if (!restock) return;
    const reason = status === 'returned' ? 'order_returned' : 'order_cancelled';
    const cause = { by: restock.by?.toHexString() ?? null, reason } as const;
    for (const { productId, quantity, taken } of items) {
      if (!taken) continue;
      const line = { productId: productId.toHexString(), quantity };
      await this.stock.putBack(shopId.toHexString(), _id.toHexString(), line, cause);
    }
    await this.orders.updateOne(
      { _id, shopId },
      { $unset: { restock: '' } },
      { timestamps: false },
    );
  }

  private async settleAll(): Promise<void> {
    const written = [...this.written];
    this.written.clear();
    this.settling = undefined;
    for (const [key, orderIds] of written) {
      const [shopId = '', productId = ''] = key.split(' ');
      await this.stock.settle(shopId, productId, orderIds);
    }
  }

  private async decide({ shopId, orderId, lines }: HeldStock): Promise<void> {
    if (!(await this.isWritten(orderId))) return this.stock.undo(shopId, orderId, lines);
    const orderIds = new Set([orderId]);
    for (const { productId } of lines) await this.stock.settle(shopId, productId, orderIds);
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

/** What `product` holds for orders, longer than a placement takes. */
function heldBy({ _id, shopId, pendingStockChanges }: Product, before: Date): HeldStock[] {
  return pendingStockChanges.flatMap(({ held, orderId, change, at }) =>
    held && orderId && at < before
      ? [
          {
            shopId: shopId.toHexString(),
            orderId: orderId.toHexString(),
            lines: [{ productId: _id.toHexString(), quantity: -change }],
          },
        ]
      : [],
  );
}
