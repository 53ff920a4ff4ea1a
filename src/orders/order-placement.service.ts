import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { CustomersService } from '../customers/customers.service.js';
import { DomainEvents } from '../events/domain-events.js';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import { searchWordsOf } from '../platform/database/search-words.js';
import { AppError } from '../platform/http/app-error.js';
import type { Product } from '../products/product.schema.js';
import { ProductsService } from '../products/products.service.js';
import type { Shop } from '../shops/shop.schema.js';
import { ShopsService } from '../shops/shops.service.js';
import { OrderResponse } from './dto/order.response.js';
import { HeldStockService } from './held-stock.service.js';
import { type NewOrder, newOrder, requireAnswers, type UnwrittenOrder } from './new-order.js';
import { type OrderLine, mergeLines } from './order-lines.js';
import { orderNumber } from './order-number.js';
import { Order } from './order.schema.js';

/** An order that is being placed. */
interface Placement {
  shopId: string;
  /** Id of the order to be. */
  orderId: string;
  round: 0;
  by: string | null;
  lines: OrderLine[];
  products: Map<string, Product>;
}

/**
 * Turns what is asked for into an order: answers checked, priced here, stock taken, numbered.
 *
 * The pieces are held for the order's id first, then the order is written under that id, then they
 * are sold. A process may die at any step: `HeldStockService` finds what is held, and the order is
 * there, or never will be.
 */
@Injectable()
export class OrderPlacementService {
  constructor(
    @InjectModel(Order.name) private readonly orders: Model<Order>,
    private readonly products: ProductsService,
    private readonly heldStock: HeldStockService,
    private readonly customers: CustomersService,
    private readonly shops: ShopsService,
    private readonly events: DomainEvents,
  ) {}

  /** @throws AppError `validation_failed` naming each wrong field, or `out_of_stock`: then nothing is taken */
  async place(shop: Shop, wanted: NewOrder): Promise<Order> {
    const shopId = shop._id.toHexString();
    const placed = wanted.operationId && (await this.findPlaced(shopId, wanted.operationId));
    if (placed) return placed;
    const fields = requireAnswers(wanted);
    const lines = mergeLines(wanted.lines);
    const products = await this.requireProducts(shopId, lines, wanted.products);
    const customer = await this.customers.findOrCreate(shopId, wanted.customer);
    const customerId = customer?._id ?? null;
    const at = new Date();
    const order = newOrder({ wanted, shop, fields, lines, products, customerId, at });
    const orderId = new Types.ObjectId().toHexString();
    const placement: Placement = { shopId, orderId, round: 0, by: wanted.by, lines, products };
    const taken = await this.takeAll(placement);
    for (const item of order.items) item.taken = taken.has(item.productId.toHexString());
    return this.writeOrGiveUp(placement, order, wanted.operationId);
  }

  private async findPlaced(shopId: string, operationId: string): Promise<Order | null> {
    return this.orders.findOne({ shopId, operationId }).lean();
  }

  /** Has the products of an order read ahead of it; what comes of that, `place` tells. */
  readAhead(shopId: string, lines: NewOrder['lines']): Promise<Product[]> {
    const products = this.readProducts(shopId, mergeLines(lines));
    products.catch(() => undefined);
    return products;
  }

  private async readProducts(shopId: string, lines: OrderLine[]): Promise<Product[]> {
    return this.products.listOrdered(
      shopId,
      lines.map(({ productId }) => productId),
    );
  }

  private async requireProducts(
    shopId: string,
    lines: OrderLine[],
    read = this.readProducts(shopId, lines),
  ): Promise<Map<string, Product>> {
    const found = await read;
    const products = new Map(found.map((product) => [product._id.toHexString(), product]));
    const missing = lines.filter(({ productId }) => !products.has(productId));
    if (missing.length > 0) {
      const message = 'the shop has no such product';
      throw AppError.validation(
        missing.map(({ index }) => ({ field: `items.${index}.productId`, message })),
      );
    }
    return products;
  }

  /** Takes the pieces of every line, or of none; the products whose stock is counted. */
  private async takeAll(placement: Placement): Promise<Set<string>> {
    const { taken, short } = await this.heldStock.takeAll(placement, placement.by);
    const line = placement.lines.find(({ productId }) => productId === short);
    if (line) throw await this.outOfStock(placement, line);
    return taken;
  }

  private async outOfStock(
    { shopId, products }: Placement,
    { productId, index }: OrderLine,
  ): Promise<AppError> {
    const [current] = await this.products.listByIds(shopId, [productId]);
    const left = current?.stock ?? 0;
    const name = products.get(productId)?.name ?? '';
    const sentence =
      left === 0
        ? `${name}: none is left.`
        : `${name}: only ${left} ${left === 1 ? 'is' : 'are'} left.`;
    return new AppError('out_of_stock', sentence, {
      details: [{ field: `items.${index}`, message: sentence }],
    });
  }

  /** After a failed write nobody knows whether the order is there: that is found out then. */
  private async writeOrGiveUp(
    placement: Placement,
    unwritten: UnwrittenOrder,
    operationId: string | undefined,
  ): Promise<Order> {
    const { shopId } = placement;
    try {
      const order = await this.write(placement, unwritten, operationId);
      this.heldStock.settle(placement);
      this.events.emit('order.created', { shopId, order: OrderResponse.from(order) });
      return order;
    } catch (error) {
      this.heldStock.finish(placement);
      const isRepeated = operationId !== undefined && isDuplicateKey(error, 'operationId');
      const first = isRepeated ? await this.findPlaced(shopId, operationId) : null;
      if (first) return first;
      throw isDuplicateKey(error, '_id') ? tooSlow() : error;
    }
  }

  private async write(
    { shopId, orderId }: Placement,
    unwritten: UnwrittenOrder,
    operationId: string | undefined,
  ): Promise<Order> {
    const { name, number, seq } = await this.shops.nextOrderNumber(shopId);
    const readable = orderNumber(name, number);
    const order = {
      ...unwritten,
      _id: new Types.ObjectId(orderId),
      orderId: readable,
      searchWords: [...searchWordsOf([readable]), ...unwritten.searchWords],
      seq,
      ...(operationId ? { operationId: new Types.ObjectId(operationId) } : {}),
    };
    // Made here, of checked parts: another check would find nothing and costs more than the rest.
    const [written] = await this.orders.create([order], { validateBeforeSave: false });
    return written!.toObject();
  }
}

/** The recovery has taken it for dead. */
function tooSlow(): AppError {
  return AppError.conflict(
    'conflict',
    'Placing the order took too long, so it was not: try again.',
  );
}
