import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { FormsService } from '../forms/forms.service.js';
import { boundedScan, rarestFirst } from '../platform/database/bounded-scan.js';
import { type ChangeRange, changedIn } from '../platform/database/change-range.js';
import { Flights } from '../platform/database/flights.js';
import { searchFilter } from '../platform/database/search-words.js';
import { AppError } from '../platform/http/app-error.js';
import { type Cursor, encodeCursor } from '../platform/http/cursor.js';
import { isObjectIdHex } from '../platform/http/object-id.pipe.js';
import { Page } from '../platform/http/page.js';
import { ShopsService } from '../shops/shops.service.js';
import type { CreateOrderDto } from './dto/create-order.dto.js';
import type { ListOrdersQuery } from './dto/list-orders.query.js';
import { ORDER_NUMBER_PATTERN } from './order-number.js';
import { OrderPlacementService } from './order-placement.service.js';
import { orderRange } from './order-range.js';
import { OPEN_STATUSES } from './order-status.js';
import { Order } from './order.schema.js';

const NEWEST_FIRST = { submittedAt: -1, _id: -1 } as const;
const BY_WORD = { shopId: 1, searchWords: 1, submittedAt: -1, _id: -1 } as const;

@Injectable()
export class OrdersService implements OnModuleInit {
  private readonly lists = new Flights<Page<Order>>();

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
      form: formId ? await this.forms.getInUse(shopId, formId) : null,
      answers: answers ?? {},
      channel: channel ?? 'counter',
      paymentMethod: paymentMethod?.trim() ?? '',
      notes: notes ?? '',
      by: memberId,
      operationId,
    });
  }

  /**
   * Newest first. Looks at a bounded number of orders: where few of these are asked for, a page may be
   * short, or empty, and the next one goes on from there.
   */
  async list(shopId: string, query: ListOrdersQuery): Promise<Page<Order>> {
    // All tabs of a team ask for the same list when they hear of a change: one read answers them.
    return this.lists.share(JSON.stringify([shopId, query]), () => this.readList(shopId, query));
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

  /** Of every order of a customer, newest first. */
  async *idsOf(shopId: string, customerId: string): AsyncIterable<Order['_id']> {
    const orders = this.orders
      .find({ shopId, customerId }, { _id: 1 })
      .sort(NEWEST_FIRST)
      .lean<Pick<Order, '_id'>[]>()
      .cursor();
    for await (const { _id } of orders) yield _id;
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

  private async readList(shopId: string, query: ListOrdersQuery): Promise<Page<Order>> {
    const { limit } = query;
    const words = await this.wordsOf(shopId, query);
    if (!words) return new Page<Order>([], null);
    const { rows, stoppedAt } = await boundedScan(this.orders, {
      ...orderRange(shopId, query, words),
      order: NEWEST_FIRST,
      limit,
      fields: { searchWords: 0 },
    });
    if (rows.length > limit) return Page.of(rows, limit, positionOf);
    return new Page(rows, stoppedAt ? encodeCursor(positionOf(stoppedAt)) : null);
  }

  /** The rarest first; undefined when nothing can match. */
  private async wordsOf(
    shopId: string,
    { q, customerId }: ListOrdersQuery,
  ): Promise<string[] | undefined> {
    const words = q ? searchFilter(q)?.searchWords.$all : [];
    if (!words || customerId) return words;
    return rarestFirst(this.orders, new Types.ObjectId(shopId), words, BY_WORD);
  }

  /** Whether somebody still has to work on an order that came by the form. */
  private async hasOpenOf(shopId: string, formId: string): Promise<boolean> {
    const open = { $in: [...OPEN_STATUSES] };
    return (await this.orders.exists({ shopId, formId, status: open })) !== null;
  }
}

function positionOf({ submittedAt, _id }: Pick<Order, 'submittedAt' | '_id'>): Cursor {
  return { at: submittedAt.getTime(), id: _id.toHexString() };
}
