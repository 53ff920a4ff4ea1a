import { Injectable, Logger } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { DomainEvents } from '../events/domain-events.js';
import { areDuplicateKeys } from '../platform/database/database-errors.js';
import { AppError } from '../platform/http/app-error.js';
import { decodeCursor } from '../platform/http/cursor.js';
import { Page } from '../platform/http/page.js';
import type { ListStockMovementsQuery } from './dto/list-stock-movements.query.js';
import { lowStocks } from './low-stock.js';
import { Product } from './product.schema.js';
import {
  aChange,
  asMovement,
  isOfRound,
  type OrderRound,
  orderMovementId,
  stockUpdate,
  undoUpdate,
} from './stock-change.js';
import { StockMovement } from './stock-movement.schema.js';
import type { StockReason } from './stock-reason.js';

/** Who changes a stock, and why. */
export interface StockCause {
  by: string | null;
  reason: StockReason;
  note?: string;
}

/** What came of taking pieces: too few are left, they were taken, or this product is not counted. */
export type Taking = 'short' | 'taken' | 'uncounted';

interface Line {
  productId: string;
  quantity: number;
}

type WithChanges = Pick<Product, '_id' | 'shopId' | 'name' | 'pendingStockChanges'>;

/** The opening of a new product's stock. */
type OpeningStock = Pick<
  Product,
  'stock' | 'stockVersion' | 'stockChangedAt' | 'pendingStockChanges'
>;

const MAX_STOCK = 1_000_000_000;
/** How often a stock that others change at the same moment is tried again. */
const ATTEMPTS = 50;
const CHANGES_ONLY = { shopId: 1, name: 1, pendingStockChanges: 1 };
const RETURNED = { returnDocument: 'after', updatePipeline: true, timestamps: false } as const;

/**
 * Changes stocks, and writes down each change in the same step: in the product itself, from where it
 * then moves to the collection of movements. So the movements always sum to the stock, and a process
 * that dies between two steps leaves nothing that is not finished later.
 */
@Injectable()
export class StockService {
  private readonly logger = new Logger(StockService.name);

  constructor(
    @InjectModel(Product.name) private readonly products: Model<Product>,
    @InjectModel(StockMovement.name) private readonly movements: Model<StockMovement>,
    private readonly events: DomainEvents,
  ) {}

  /** How the stock of a new product begins. */
  opening(stock: number | null, { by, reason }: StockCause, now: Date): OpeningStock {
    if (stock === null || stock === 0) {
      return { stock, stockVersion: 0, stockChangedAt: null, pendingStockChanges: [] };
    }
    const change = {
      _id: new Types.ObjectId(),
      version: 1,
      change: stock,
      newStock: stock,
      reason,
      orderId: null,
      by: by ? new Types.ObjectId(by) : null,
      note: '',
      at: now,
      held: false,
    };
    return { stock, stockVersion: 1, stockChangedAt: now, pendingStockChanges: [change] };
  }

  /** Sets what a count has shown, null for what is counted no more; nothing when it is so already. */
  async setStock(
    shopId: string,
    productId: string,
    target: number | null,
    cause: StockCause,
  ): Promise<void> {
    const changed = await this.products
      .findOneAndUpdate(
        { shopId, _id: productId, stock: { $ne: target } },
        stockUpdate(target, aChange(cause)),
        RETURNED,
      )
      .lean();
    if (changed) await this.moveChanges(changed);
  }

  /**
   * Adds to a stock, or takes from it.
   * @throws AppError `out_of_stock` when less would be left than nothing, `conflict` where it is not counted
   */
  async adjust(
    shopId: string,
    productId: string,
    change: number,
    cause: StockCause,
  ): Promise<StockMovement> {
    const noted = aChange(cause);
    const changed = await this.products
      .findOneAndUpdate(
        { shopId, _id: productId, stock: { $gte: Math.max(0, -change), $lte: MAX_STOCK - change } },
        stockUpdate({ $add: ['$stock', change] }, noted),
        RETURNED,
      )
      .lean();
    if (!changed) throw await this.whyRefused(shopId, productId, change);
    await this.moveChanges(changed);
    const made = changed.pendingStockChanges.find(({ _id }) => _id.equals(noted._id));
    if (!made) throw new Error('a change of stock was not noted');
    return { ...made, shopId: changed.shopId, productId: changed._id };
  }

  /**
   * Takes the pieces of an order that is not written yet, in one step: whole or not at all. They are
   * held for that round of it until `settle` or `undo`. To be called once a round.
   */
  async take(
    shopId: string,
    order: OrderRound,
    { productId, quantity }: Line,
    by: string | null,
  ): Promise<Taking> {
    const _id = orderMovementId(order, productId, 'taken');
    const { orderId, round } = order;
    const change = { ...aChange({ by, reason: 'order' }), _id, orderId, round, held: true };
    const taken = await this.products
      .findOneAndUpdate(
        { shopId, _id: productId, stock: { $gte: quantity } },
        stockUpdate({ $subtract: ['$stock', quantity] }, change),
        { ...RETURNED, projection: { _id: 1 } },
      )
      .lean();
    if (taken) return 'taken';
    const filter = { shopId, _id: productId, stock: null };
    return (await this.products.exists(filter)) ? 'uncounted' : 'short';
  }

  /** The orders are written: what was held for them is sold. @param rounds keys of `roundKey` */
  async settle(shopId: string, productId: string, rounds: Set<string>): Promise<void> {
    const product = await this.products.findOne({ shopId, _id: productId }, CHANGES_ONLY).lean();
    if (product) await this.moveAll([product], rounds);
  }

  /** The order will never be: what is still held for it goes back, once, however often this runs. */
  async undo(shopId: string, order: OrderRound, lines: Line[]): Promise<void> {
    for (const { productId, quantity } of lines) {
      const held = orderMovementId(order, productId, 'taken');
      const cause = aChange({ by: null, reason: 'order_not_placed' });
      const undo = { ...cause, ...order, _id: orderMovementId(order, productId, 'undone') };
      const pendingStockChanges = { $elemMatch: { _id: held, held: true } };
      const filter = { shopId, _id: productId, pendingStockChanges };
      const changed = await this.products
        .findOneAndUpdate(filter, undoUpdate(quantity, held, undo), RETURNED)
        .lean();
      if (changed) await this.moveChanges(changed);
    }
  }

  /**
   * Puts the pieces of a cancelled or returned order back, once, however often and by however many
   * this runs: it is written only if nothing has changed since the movements were searched for it.
   */
  async putBack(shopId: string, order: OrderRound, line: Line, cause: StockCause): Promise<void> {
    const _id = orderMovementId(order, line.productId, 'back');
    const change = { ...aChange(cause), ...order, _id };
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const product = await this.products.findOne({ shopId, _id: line.productId }).lean();
      // Deleted since, or counted no more: there is no stock to put it back to.
      if (!product || product.stock === null) return;
      if (product.pendingStockChanges.some((pending) => pending._id.equals(_id))) return;
      if (await this.movements.exists({ _id }).setOptions({ acrossShops: true })) return;
      const changed = await this.products
        .findOneAndUpdate(
          { shopId, _id: line.productId, stockVersion: product.stockVersion },
          stockUpdate({ $add: ['$stock', line.quantity] }, change),
          RETURNED,
        )
        .lean();
      if (changed) return this.moveChanges(changed);
    }
    throw new Error(`the stock of ${line.productId} changes too fast to put ${line.quantity} back`);
  }

  /** The changes of a stock, newest first: those still in the product, then those that have moved. */
  async listMovements(
    shopId: string,
    productId: string,
    { limit, cursor }: ListStockMovementsQuery,
  ): Promise<Page<StockMovement>> {
    // In this order: what moves in between is seen twice, never not at all.
    const product = await this.products.findOne({ shopId, _id: productId }).lean();
    if (!product) throw AppError.notFound('product');
    const before = cursor ? decodeCursor(cursor).at : Number.MAX_SAFE_INTEGER;
    const moved = await this.movements
      .find({ shopId, productId, version: { $lt: before } })
      .sort({ version: -1 })
      .limit(limit + 1)
      .lean();
    const rows = new Map<number, StockMovement>(
      moved.map((movement) => [movement.version, movement]),
    );
    for (const change of product.pendingStockChanges) {
      if (change.version < before) rows.set(change.version, asMovement(change, product));
    }
    const newestFirst = [...rows.values()].sort((a, b) => b.version - a.version);
    return Page.of(newestFirst.slice(0, limit + 1), limit, ({ version, _id }) => ({
      at: version,
      id: _id.toHexString(),
    }));
  }

  /** Products with changes that are older than `before`: a process may have died over them. */
  async listStale(before: Date, limit: number): Promise<Product[]> {
    return this.products
      .find({ 'pendingStockChanges.at': { $lt: before } })
      .setOptions({ acrossShops: true })
      .limit(limit)
      .lean();
  }

  /** Those of these products that have not moved all of their changes yet, with these. */
  async listUnmoved(shopId: string, productIds: Types.ObjectId[]): Promise<Product[]> {
    const unmoved = { 'pendingStockChanges.0': { $exists: true } };
    return this.products.find({ shopId, _id: { $in: productIds }, ...unmoved }).lean();
  }

  /** As `moveAll`, for one product. */
  moveChanges(product: WithChanges): Promise<void> {
    return this.moveAll([product]);
  }

  /**
   * Moves what products of one shop have noted to the movements; what is held for an order stays,
   * unless its round is one of the `written`. Safe to repeat: each movement has its id.
   */
  async moveAll(products: WithChanges[], written = new Set<string>()): Promise<void> {
    const ready = products.flatMap((product) =>
      product.pendingStockChanges
        .filter((change) => !change.held || isOfRound(change, written))
        .map((change) => asMovement(change, product)),
    );
    const [first] = ready;
    if (!first) return;
    const productIds = ready.map(({ productId }) => productId);
    try {
      await this.insertMovements(ready);
      // Before they leave the products: a process that dies here tells it again.
      for (const low of lowStocks(products, ready)) await this.events.deliver('stock.low', low);
      await this.products.updateMany(
        { shopId: first.shopId, _id: { $in: productIds } },
        { $pull: { pendingStockChanges: { _id: { $in: ready.map(({ _id }) => _id) } } } },
        { timestamps: false },
      );
    } catch (error) {
      // The change itself is made: what is left here is moved with the next one, or by the recovery.
      this.logger.warn({ msg: 'stock changes not moved yet', productIds, error: String(error) });
    }
  }

  private async insertMovements(movements: StockMovement[]): Promise<void> {
    try {
      await this.movements.insertMany(movements, { ordered: false });
    } catch (error) {
      if (!areDuplicateKeys(error)) throw error;
    }
  }

  private async whyRefused(shopId: string, productId: string, change: number): Promise<AppError> {
    const product = await this.products.findOne({ shopId, _id: productId }, { stock: 1 }).lean();
    if (!product) return AppError.notFound('product');
    if (product.stock === null) {
      return AppError.conflict('conflict', 'This product is not counted: set its stock first.');
    }
    if (change > 0) {
      const message = `change must leave at most ${MAX_STOCK} pieces`;
      return AppError.validation([{ field: 'change', message }]);
    }
    return new AppError('out_of_stock', `Only ${product.stock} are left: take at most those.`);
  }
}
