import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types, type UpdateQuery } from 'mongoose';
import { ERASED_NAME } from '../customers/customer-privacy.service.js';
import {
  type CustomerRecords,
  CustomerRecordsService,
  type ExportedList,
} from '../customers/customer-records.service.js';
import type { CustomerHistoryResponse } from '../customers/dto/customer-history.response.js';
import { DomainEvents } from '../events/domain-events.js';
import { searchWordsOf } from '../platform/database/search-words.js';
import { paymentMethodNames } from '../shops/payment-method-names.js';
import { ShopSettingsService } from '../shops/shop-settings.service.js';
import { ShopsService } from '../shops/shops.service.js';
import { OrderResponse } from './dto/order.response.js';
import { Order } from './order.schema.js';
import { OrdersService } from './orders.service.js';

const NEWEST = 20;
const MAX_COUNTED = 1_000;
const BATCH = 100;

/**
 * What a person has left in an order; without any of it the order is erased.
 * @param ownNames what the shop calls its ways to pay: other words are the person's
 */
const personal = (ownNames: string[]) => ({
  $or: [
    { 'customer.name': { $ne: ERASED_NAME } },
    { 'customer.phone': { $ne: '' } },
    { 'customer.email': { $ne: '' } },
    { 'customer.address': { $ne: '' } },
    { fields: { $elemMatch: { value: { $ne: '' } } } },
    { notes: { $ne: '' } },
    { paymentMethod: { $nin: ['', ...ownNames] } },
    { history: { $elemMatch: { note: { $ne: '' } } } },
  ],
});

/** The orders of customers: shown, moved, told of and made nobody's with them. */
@Injectable()
export class OrderCustomersService implements CustomerRecords, OnModuleInit {
  constructor(
    @InjectModel(Order.name) private readonly model: Model<Order>,
    private readonly orders: OrdersService,
    private readonly shops: ShopsService,
    private readonly records: CustomerRecordsService,
    private readonly events: DomainEvents,
    private readonly settings: ShopSettingsService,
  ) {}

  onModuleInit(): void {
    this.records.register(this);
  }

  async history(shopId: string, customerId: string): Promise<Partial<CustomerHistoryResponse>> {
    const [page, orderCount] = await Promise.all([
      this.orders.list(shopId, { limit: NEWEST, customerId }),
      this.model.countDocuments({ shopId, customerId }, { limit: MAX_COUNTED }),
    ]);
    const orders = page.items.map((order) => OrderResponse.from(order));
    return {
      orderCount,
      lastOrderAt: orders[0]?.submittedAt ?? null,
      orders: orders.map(({ id, orderId, status, totalAmount, currency, submittedAt }) => ({
        id,
        orderId,
        status,
        totalAmount,
        currency,
        submittedAt,
      })),
      nextOrdersCursor: page.nextCursor,
    };
  }

  async moveTo(shopId: string, fromId: string, intoId: string): Promise<void> {
    const isTheirs = { customerId: new Types.ObjectId(fromId) };
    await this.changeAll(shopId, isTheirs, () => ({
      $set: { customerId: new Types.ObjectId(intoId) },
    }));
  }

  async erase(shopId: string, customerId: string): Promise<void> {
    const names = paymentMethodNames(await this.settings.getGroup(shopId, 'paymentMethods'));
    const isPersonal = { customerId: new Types.ObjectId(customerId), ...personal(names) };
    await this.changeAll(shopId, isPersonal, ({ orderId, paymentMethod }) => ({
      $set: {
        customer: { name: ERASED_NAME, phone: '', email: '', address: '' },
        'fields.$[].value': '',
        notes: '',
        paymentMethod: names.includes(paymentMethod) ? paymentMethod : '',
        'history.$[].note': '',
        searchWords: searchWordsOf([orderId]),
      },
    }));
  }

  export(shopId: string, customerId: string): ExportedList[] {
    return [{ name: 'orders', rows: this.rowsOf(shopId, customerId) }];
  }

  private async *rowsOf(shopId: string, customerId: string): AsyncIterable<OrderResponse> {
    const rows = this.model
      .find({ shopId, customerId })
      .sort({ submittedAt: -1, _id: -1 })
      .lean()
      .cursor({ batchSize: BATCH });
    for await (const order of rows) yield OrderResponse.from(order);
  }

  /** Changes each order that `filter` finds until it finds none; each is told of. */
  private async changeAll(
    shopId: string,
    filter: { customerId: Types.ObjectId },
    changeOf: (order: Order) => UpdateQuery<Order>,
  ): Promise<void> {
    for (;;) {
      const found = await this.model
        .find({ shopId, ...filter })
        .limit(BATCH)
        .lean();
      for (const order of found) {
        const seq = await this.shops.nextSeq(shopId);
        const changed = await this.model
          .findOneAndUpdate(
            // One that was changed under a later number meanwhile is found again.
            { shopId, _id: order._id, customerId: filter.customerId, seq: { $lt: seq } },
            withSeq(changeOf(order), seq),
            { returnDocument: 'after' },
          )
          .lean();
        if (!changed) continue;
        this.events.emit('order.updated', { shopId, order: OrderResponse.from(changed) });
      }
      if (found.length === 0) return;
    }
  }
}

function withSeq(change: UpdateQuery<Order>, seq: number): UpdateQuery<Order> {
  return { ...change, $set: { ...change.$set, seq } };
}
