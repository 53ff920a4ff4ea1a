import { Injectable, Logger } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { DomainEvents } from '../events/domain-events.js';
import { type Answers, checkAnswers } from '../forms/form-answers.js';
import type { Form } from '../forms/form.schema.js';
import { AppError } from '../platform/http/app-error.js';
import type { Product } from '../products/product.schema.js';
import { ProductsService } from '../products/products.service.js';
import { ShopsService } from '../shops/shops.service.js';
import type { OrderCustomerDto } from './dto/order-customer.dto.js';
import type { OrderLineDto } from './dto/order-line.dto.js';
import { OrderResponse } from './dto/order.response.js';
import { type OrderLine, mergeLines } from './order-lines.js';
import { orderNumber } from './order-number.js';
import { orderTotal } from './order-totals.js';
import { Order, type OrderField } from './order.schema.js';

/** What somebody orders; `by` is the member who entered it, null for the customer. */
export interface NewOrder {
  customer: OrderCustomerDto;
  lines: OrderLineDto[];
  form: Form | null;
  answers: Answers;
  paymentMethod: string;
  notes: string;
  by: string | null;
}

type PlacedOrder = Omit<Order, '_id' | 'orderId' | 'seq' | 'submittedAt' | 'updatedAt'>;

/** Turns what is asked for into an order: answers checked, priced here, stock taken, numbered. */
@Injectable()
export class OrderPlacementService {
  private readonly logger = new Logger(OrderPlacementService.name);

  constructor(
    @InjectModel(Order.name) private readonly orders: Model<Order>,
    private readonly products: ProductsService,
    private readonly shops: ShopsService,
    private readonly events: DomainEvents,
  ) {}

  async place(shopId: string, wanted: NewOrder): Promise<Order> {
    const fields = requireAnswers(wanted);
    const lines = mergeLines(wanted.lines);
    const products = await this.requireProducts(shopId, lines);
    const { currency } = await this.shops.get(shopId);
    const order = assemble(shopId, { wanted, fields, lines, products, currency });
    await this.reserveAll(shopId, lines, products);
    const placed = await this.insertOrRelease(shopId, order, lines);
    this.events.emit('order.created', { shopId, order: OrderResponse.from(placed) });
    return placed;
  }

  private async requireProducts(shopId: string, lines: OrderLine[]): Promise<Map<string, Product>> {
    const ids = lines.map(({ productId }) => productId);
    const found = await this.products.listByIds(shopId, ids);
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

  /** Takes the stock of every line, or of none. */
  private async reserveAll(
    shopId: string,
    lines: OrderLine[],
    products: Map<string, Product>,
  ): Promise<void> {
    const reserved: OrderLine[] = [];
    for (const line of lines) {
      const enough = await this.reserveOrRelease(shopId, line, reserved);
      if (!enough) throw await this.outOfStock(shopId, line, products);
      reserved.push(line);
    }
  }

  private async reserveOrRelease(
    shopId: string,
    { productId, quantity }: OrderLine,
    reserved: OrderLine[],
  ): Promise<boolean> {
    try {
      const enough = await this.products.reserve(shopId, productId, quantity);
      if (!enough) await this.releaseAll(shopId, reserved);
      return enough;
    } catch (error) {
      await this.releaseAll(shopId, reserved);
      throw error;
    }
  }

  private async outOfStock(
    shopId: string,
    { productId, index }: OrderLine,
    products: Map<string, Product>,
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

  private async insertOrRelease(
    shopId: string,
    order: PlacedOrder,
    lines: OrderLine[],
  ): Promise<Order> {
    try {
      const { name, number } = await this.shops.nextOrderNumber(shopId);
      const seq = await this.shops.nextSeq(shopId);
      const placed = await this.orders.create({
        ...order,
        orderId: orderNumber(name, number),
        seq,
      });
      return placed.toObject();
    } catch (error) {
      await this.releaseAll(shopId, lines);
      throw error;
    }
  }

  /** Never throws: the caller is about to report why the stock goes back. */
  private async releaseAll(shopId: string, lines: OrderLine[]): Promise<void> {
    for (const { productId, quantity } of lines) {
      try {
        await this.products.release(shopId, productId, quantity);
      } catch (error) {
        this.logger.error({
          msg: 'stock not put back',
          shopId,
          productId,
          quantity,
          error: String(error),
        });
      }
    }
  }
}

function requireAnswers({ form, answers, lines, paymentMethod }: NewOrder): OrderField[] {
  if (!form) return [];
  const selection = { hasItems: lines.length > 0, paymentMethod };
  const { answered, errors } = checkAnswers(form.fields, answers, selection);
  if (errors.length > 0) throw AppError.validation(errors);
  return answered;
}

interface OrderParts {
  wanted: NewOrder;
  fields: OrderField[];
  lines: OrderLine[];
  products: Map<string, Product>;
  currency: string;
}

function assemble(
  shopId: string,
  { wanted, fields, lines, products, currency }: OrderParts,
): PlacedOrder {
  const { customer, form, by } = wanted;
  const items = lines.flatMap(({ productId, quantity }) => {
    const product = products.get(productId);
    if (!product) return [];
    return {
      productId: product._id,
      productName: product.name,
      quantity,
      price: product.retailPrice,
    };
  });
  return {
    shopId: new Types.ObjectId(shopId),
    customer: {
      name: customer.name.trim(),
      phone: customer.phone ?? '',
      email: customer.email ?? '',
      address: customer.address ?? '',
    },
    formId: form?._id ?? null,
    formName: form?.name ?? '',
    fields,
    items,
    totalAmount: requireTotal(items),
    currency,
    status: 'pending',
    paymentStatus: 'unpaid',
    paymentMethod: wanted.paymentMethod,
    notes: wanted.notes,
    history: [
      {
        at: new Date(),
        by: by ? new Types.ObjectId(by) : null,
        from: null,
        to: 'pending',
        note: '',
      },
    ],
  };
}

function requireTotal(items: PlacedOrder['items']): number {
  try {
    return orderTotal(items);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw AppError.validation([{ field: 'items', message: `items: ${error.message}` }]);
  }
}
