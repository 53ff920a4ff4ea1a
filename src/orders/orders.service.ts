import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, QueryFilter } from 'mongoose';
import { FormsService } from '../forms/forms.service.js';
import { type ChangeRange, changedIn } from '../platform/database/change-range.js';
import { searchFilter } from '../platform/database/search-words.js';
import { AppError } from '../platform/http/app-error.js';
import { decodeCursor } from '../platform/http/cursor.js';
import { isObjectIdHex } from '../platform/http/object-id.pipe.js';
import { Page } from '../platform/http/page.js';
import { ShopsService } from '../shops/shops.service.js';
import type { CreateOrderDto } from './dto/create-order.dto.js';
import type { ListOrdersQuery } from './dto/list-orders.query.js';
import { ORDER_NUMBER_PATTERN } from './order-number.js';
import { OrderPlacementService } from './order-placement.service.js';
import { OPEN_STATUSES } from './order-status.js';
import { Order } from './order.schema.js';

/** How far a Date reaches, either way; a cursor may hold more. */
const LAST_DATE_MS = 8.64e15;

@Injectable()
export class OrdersService implements OnModuleInit {
  constructor(
    @InjectModel(Order.name) private readonly orders: Model<Order>,
    private readonly shops: ShopsService,
    private readonly forms: FormsService,
    private readonly placement: OrderPlacementService,
  ) {}

  onModuleInit(): void {
    this.forms.registerUse((shopId, formId) => this.hasOpenOf(shopId, formId));
  }

  /** An order that a member enters for a customer; without a form there are no answers. */
  async create(
    shopId: string,
    memberId: string,
    dto: CreateOrderDto,
    operationId: string | undefined,
  ): Promise<Order> {
    const { customer, items, formId, answers, notes, channel, paymentMethod } = dto;
    return this.placement.place(await this.shops.get(shopId), {
      customer,
      lines: items,
      form: formId ? await this.forms.get(shopId, formId) : null,
      answers: answers ?? {},
      channel: channel ?? 'counter',
      paymentMethod: paymentMethod?.trim() ?? '',
      notes: notes ?? '',
      by: memberId,
      operationId,
    });
  }

  /** Newest first. */
  async list(shopId: string, query: ListOrdersQuery): Promise<Page<Order>> {
    const { limit, cursor, q } = query;
    const found = q ? searchFilter(q) : {};
    if (!found) return new Page<Order>([], null);
    const rows = await this.orders
      .find(
        { shopId, ...found, ...filterOf(query), $and: [cursor ? olderThan(cursor) : {}] },
        { searchWords: 0 },
      )
      .sort({ submittedAt: -1, _id: -1 })
      .limit(limit + 1)
      .lean<Order[]>();
    return Page.of(rows, limit, ({ submittedAt, _id }) => ({
      at: submittedAt.getTime(),
      id: _id.toHexString(),
    }));
  }

  /** Those that have changed since a number, in its order; the newest where there are too many. */
  async listChanged(shopId: string, range: ChangeRange): Promise<Order[]> {
    const newest = await this.orders
      .find({ shopId, ...changedIn(range, 'updatedAt') })
      .sort({ seq: -1 })
      .limit(range.limit)
      .lean();
    return newest.reverse();
  }

  /** @param idOrNumber its id, or its readable number in any case */
  async get(shopId: string, idOrNumber: string): Promise<Order> {
    const number = idOrNumber.toUpperCase();
    const filter = isObjectIdHex(idOrNumber)
      ? { _id: idOrNumber }
      : ORDER_NUMBER_PATTERN.test(number) && { orderId: number };
    const order = filter && (await this.orders.findOne({ shopId, ...filter }).lean());
    if (!order) throw AppError.notFound('order');
    return order;
  }

  /**
   * The shop of an order, for routes that do not name it.
   * @param idOrNumber a number says it only among the shops of the user
   */
  async findShopOf(idOrNumber: string, userId: string): Promise<string | null> {
    const number = idOrNumber.toUpperCase();
    const isId = isObjectIdHex(idOrNumber);
    if (!isId && !ORDER_NUMBER_PATTERN.test(number)) return null;
    const shops = isId ? [] : await this.shops.listOf(userId);
    const filter = isId
      ? { _id: idOrNumber }
      : { shopId: { $in: shops.map(({ _id }) => _id) }, orderId: number };
    const [order, another] = await this.orders
      .find(filter, { shopId: 1 })
      .setOptions({ acrossShops: true })
      .limit(2)
      .lean<Pick<Order, 'shopId'>[]>();
    return order && !another ? order.shopId.toHexString() : null;
  }

  /** Whether somebody still has to work on an order that came by the form. */
  private async hasOpenOf(shopId: string, formId: string): Promise<boolean> {
    const open = { $in: [...OPEN_STATUSES] };
    return (await this.orders.exists({ shopId, formId, status: open })) !== null;
  }
}

function filterOf({ status, channel, customerId, from, to }: ListOrdersQuery): QueryFilter<Order> {
  const since = from ? { $gte: new Date(from) } : {};
  const before = to ? { $lt: new Date(to) } : {};
  return {
    ...(status ? { status } : {}),
    ...(channel ? { channel } : {}),
    ...(customerId ? { customerId } : {}),
    ...(from || to ? { submittedAt: { ...since, ...before } } : {}),
  };
}

function olderThan(cursor: string): QueryFilter<Order> {
  const { at, id } = decodeCursor(cursor);
  const submittedAt = new Date(Math.max(-LAST_DATE_MS, Math.min(at, LAST_DATE_MS)));
  return {
    // The first bound says what the second implies, so that the index is read from there.
    submittedAt: { $lte: submittedAt },
    $or: [{ submittedAt: { $lt: submittedAt } }, { submittedAt, _id: { $lt: id } }],
  };
}
