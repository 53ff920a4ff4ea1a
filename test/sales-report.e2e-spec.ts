import { getModelToken } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Order } from '../src/orders/order.schema.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aProduct } from './support/bodies.js';

type Json = Record<string, any>;

const BEANS = new Types.ObjectId();
const CUP = new Types.ObjectId();

let app: TestApp;

beforeAll(async () => {
  app = await createTestApp();
});

afterAll(() => app.close());

const aShopIn = (timeZone: string): Promise<ShopWorld> => aShop(app, { timeZone });

let number = 0;

/** An order of the past, which nobody could place now; amounts in minor units. */
async function sold(shop: ShopWorld, submittedAt: string, more: Json = {}): Promise<void> {
  const orders = app.nest.get<Model<Order>>(getModelToken(Order.name));
  const items = more.items ?? [
    { productId: BEANS, productName: 'Beans', quantity: 1, price: 1000 },
  ];
  const totalAmount = items.reduce((sum: number, one: Json) => sum + one.price * one.quantity, 0);
  const order = {
    shopId: new Types.ObjectId(shop.id),
    orderId: `MCXX-${String(++number).padStart(4, '0')}`,
    customer: { name: 'Aung' },
    channel: 'web',
    currency: 'USD',
    seq: 0,
    submittedAt: new Date(submittedAt),
    ...more,
    items,
    totalAmount,
  };
  await orders.insertMany([order], { timestamps: false } as never);
}

async function report(shop: ShopWorld, from: string, to: string, interval?: string): Promise<Json> {
  const query = `from=${from}&to=${to}${interval ? `&interval=${interval}` : ''}`;
  const { body } = await shop.manager.get(`${shop.path}/reports/sales?${query}`).expect(200);
  return body.data;
}

/** `start: orders` of the spans with sales. */
const filled = (series: Json[]) =>
  series.filter(({ orders }) => orders > 0).map(({ start, orders }) => `${start}: ${orders}`);

describe('the report of sales', () => {
  it('counts orders and money, by product, channel and status; what came back is no sale', async () => {
    const shop = await aShopIn('UTC');
    const beans = { productId: BEANS, productName: 'Beans', quantity: 2, price: 1999 };
    const cup = { productId: CUP, productName: 'Cup', quantity: 1, price: 1 };
    await sold(shop, '2026-05-01T08:00:00Z', { items: [{ ...beans, productName: 'Old' }, cup] });
    await sold(shop, '2026-05-03T08:00:00Z', { items: [beans], channel: 'counter' });
    await sold(shop, '2026-05-03T09:00:00Z', { items: [cup], status: 'completed' });
    await sold(shop, '2026-05-03T10:00:00Z', { items: [beans], status: 'cancelled' });
    await sold(shop, '2026-05-03T11:00:00Z', { items: [cup], status: 'returned' });
    await sold(shop, '2026-05-03T12:00:00Z', { items: [beans], currency: 'JPY' });
    await sold(shop, '2026-05-04T00:00:00Z');
    await sold(shop, '2026-04-30T23:59:59.999Z');
    const other = await aShopIn('UTC');
    await sold(other, '2026-05-03T08:00:00Z');
    expect(await report(shop, '2026-05-01', '2026-05-03')).toEqual({
      from: '2026-05-01',
      to: '2026-05-03',
      interval: 'day',
      timeZone: 'UTC',
      currency: 'USD',
      orders: 3,
      revenue: 79.98,
      byProduct: [
        { productId: BEANS.toHexString(), productName: 'Beans', quantity: 4, revenue: 79.96 },
        { productId: CUP.toHexString(), productName: 'Cup', quantity: 2, revenue: 0.02 },
      ],
      byChannel: [
        { channel: 'web', orders: 2, revenue: 40 },
        { channel: 'counter', orders: 1, revenue: 39.98 },
      ],
      byStatus: [
        { status: 'pending', orders: 2, amount: 79.97 },
        { status: 'processing', orders: 0, amount: 0 },
        { status: 'completed', orders: 1, amount: 0.01 },
        { status: 'cancelled', orders: 1, amount: 39.98 },
        { status: 'returned', orders: 1, amount: 0.01 },
      ],
      series: [
        { start: '2026-05-01T00:00:00+00:00', orders: 1, revenue: 39.99 },
        { start: '2026-05-02T00:00:00+00:00', orders: 0, revenue: 0 },
        { start: '2026-05-03T00:00:00+00:00', orders: 2, revenue: 39.99 },
      ],
      otherCurrencies: [{ currency: 'JPY', orders: 1, revenue: 3998 }],
    });
  });

  it('counts an order that was placed a moment ago', async () => {
    const shop = await aShopIn('Asia/Yangon');
    const product = await shop.owner.post(`${shop.path}/products`, aProduct()).expect(201);
    const items = [{ productId: product.body.data.id, quantity: 2 }];
    const sent = { customer: { name: 'Aung' }, items };
    await shop.owner.post(`${shop.path}/orders`, sent).expect(201);
    const today = new Date(Date.now() + 6.5 * 3_600_000).toISOString().slice(0, 10);
    const { orders, revenue, byProduct } = await report(shop, today, today);
    expect({ orders, revenue, pieces: byProduct[0].quantity }).toEqual({
      orders: 1,
      revenue: 39.98,
      pieces: 2,
    });
  });

  it('begins its days by the clocks of the shop, half hours too', async () => {
    const shop = await aShopIn('Asia/Yangon');
    await sold(shop, '2026-05-01T17:29:59Z');
    await sold(shop, '2026-05-01T17:30:00Z');
    await sold(shop, '2026-05-02T17:30:00Z');
    const days = await report(shop, '2026-05-01', '2026-05-02');
    expect(days.orders).toBe(2);
    expect(filled(days.series)).toEqual([
      '2026-05-01T00:00:00+06:30: 1',
      '2026-05-02T00:00:00+06:30: 1',
    ]);
    const hours = await report(shop, '2026-05-01', '2026-05-02', 'hour');
    expect(hours.series).toHaveLength(48);
    expect(filled(hours.series)).toEqual([
      '2026-05-01T23:00:00+06:30: 1',
      '2026-05-02T00:00:00+06:30: 1',
    ]);
  });

  it.each([
    ['Europe/Berlin', 'europe/berlin', '+02:00'],
    ['UTC', 'utc', '+00:00'],
    // Newer than the time zones that a database may know.
    ['America/Coyhaique', 'America/Coyhaique', '-03:00'],
    ['America/Asuncion', 'AMERICA/ASUNCION', '-03:00'],
  ])('knows the clocks of %s, written %s', async (timeZone, written, offset) => {
    const shop = await aShopIn(written);
    const first = new Date(`2026-06-02T00:00:00${offset}`);
    await sold(shop, new Date(first.getTime() - 1).toISOString());
    await sold(shop, first.toISOString());
    await sold(shop, new Date(first.getTime() + 3_599_999).toISOString());
    // As shops were kept before names were spelt alike.
    const shops = app.connection.collection('shops');
    for (const kept of [timeZone, written]) {
      await shops.updateOne({ _id: new Types.ObjectId(shop.id) }, { $set: { timeZone: kept } });
      const days = await report(shop, '2026-06-01', '2026-06-02');
      expect(filled(days.series)).toEqual([
        `2026-06-01T00:00:00${offset}: 1`,
        `2026-06-02T00:00:00${offset}: 2`,
      ]);
      const hours = await report(shop, '2026-06-01', '2026-06-02', 'hour');
      expect(filled(hours.series)).toEqual([
        `2026-06-01T23:00:00${offset}: 1`,
        `2026-06-02T00:00:00${offset}: 2`,
      ]);
    }
  });

  it('counts each hour of 31 days, and each day of a year', async () => {
    const shop = await aShopIn('Asia/Yangon');
    for (let hour = 0; hour < 31 * 24; hour += 31) {
      await sold(shop, new Date(Date.UTC(2026, 4, 1, hour - 7, 30)).toISOString());
    }
    const hours = await report(shop, '2026-05-01', '2026-05-31', 'hour');
    expect(hours.series).toHaveLength(31 * 24);
    expect(hours.series.map(({ orders }: Json) => orders)).toEqual(
      Array.from({ length: 31 * 24 }, (_, hour) => (hour % 31 === 0 ? 1 : 0)),
    );
    const days = await report(shop, '2026-01-01', '2026-12-31');
    expect(days.series).toHaveLength(365);
    expect(days.series.reduce((sum: number, { orders }: Json) => sum + orders, 0)).toBe(24);
  });

  it('has 23 and 25 hours on the days when the clocks of Berlin change', async () => {
    const shop = await aShopIn('Europe/Berlin');
    await sold(shop, '2026-03-29T00:59:59Z');
    await sold(shop, '2026-03-29T01:00:00Z');
    await sold(shop, '2026-10-25T00:30:00Z');
    await sold(shop, '2026-10-25T01:30:00Z');
    await sold(shop, '2026-10-25T22:59:59Z');
    await sold(shop, '2026-10-25T23:00:00Z');
    const spring = await report(shop, '2026-03-29', '2026-03-29', 'hour');
    expect(spring.series).toHaveLength(23);
    expect(filled(spring.series)).toEqual([
      '2026-03-29T01:00:00+01:00: 1',
      '2026-03-29T03:00:00+02:00: 1',
    ]);
    const autumn = await report(shop, '2026-10-25', '2026-10-25', 'hour');
    expect(autumn.series).toHaveLength(25);
    expect(filled(autumn.series)).toEqual([
      '2026-10-25T02:00:00+02:00: 1',
      '2026-10-25T02:00:00+01:00: 1',
      '2026-10-25T23:00:00+01:00: 1',
    ]);
    const days = await report(shop, '2026-10-24', '2026-10-26');
    expect(days.series.map(({ start, orders }: Json) => `${start}: ${orders}`)).toEqual([
      '2026-10-24T00:00:00+02:00: 0',
      '2026-10-25T00:00:00+02:00: 3',
      '2026-10-26T00:00:00+01:00: 1',
    ]);
  });

  it('counts days, weeks and months over the changes in New York', async () => {
    const shop = await aShopIn('America/New_York');
    await sold(shop, '2026-03-08T04:59:59Z');
    await sold(shop, '2026-03-08T05:00:00Z');
    await sold(shop, '2026-03-09T03:59:59Z');
    await sold(shop, '2026-03-09T04:00:00Z');
    await sold(shop, '2026-11-01T03:59:59Z');
    await sold(shop, '2026-11-02T04:59:59Z');
    await sold(shop, '2026-11-02T05:00:00Z');
    const days = await report(shop, '2026-03-07', '2026-03-09');
    expect(days.series.map(({ orders }: Json) => orders)).toEqual([1, 2, 1]);
    const weeks = await report(shop, '2026-03-05', '2026-03-20', 'week');
    expect(weeks.series.map(({ start, orders }: Json) => `${start}: ${orders}`)).toEqual([
      '2026-03-05T00:00:00-05:00: 3',
      '2026-03-09T00:00:00-04:00: 1',
      '2026-03-16T00:00:00-04:00: 0',
    ]);
    const months = await report(shop, '2026-03-01', '2026-12-31', 'month');
    expect(months.series).toHaveLength(10);
    expect(filled(months.series)).toEqual([
      '2026-03-01T00:00:00-05:00: 4',
      '2026-10-01T00:00:00-04:00: 1',
      '2026-11-01T00:00:00-04:00: 2',
    ]);
    const [first] = months.series;
    expect(first.revenue).toBe(40);
  });

  it('lists the 50 products that brought most', async () => {
    const shop = await aShopIn('UTC');
    const items = Array.from({ length: 60 }, (_, index) => ({
      productId: new Types.ObjectId(),
      productName: `No. ${index}`,
      quantity: 1,
      price: index,
    }));
    await sold(shop, '2026-05-01T08:00:00Z', { items });
    const { byProduct } = await report(shop, '2026-05-01', '2026-05-01');
    expect(byProduct).toHaveLength(50);
    expect(byProduct[0]).toMatchObject({ productName: 'No. 59', revenue: 0.59 });
    expect(byProduct[49].productName).toBe('No. 10');
  });

  it.each([
    ['from=2026-05-02&to=2026-05-01', 'to', 'to must not be before from'],
    ['from=2026-01-01&to=2026-02-01&interval=hour', 'to', 'at most 31 days'],
    ['from=2025-01-01&to=2026-01-02', 'to', 'at most 366 days'],
    ['from=2026-02-29&to=2026-03-01', 'from', 'calendar'],
    ['from=yesterday&to=2026-03-01', 'from', 'YYYY-MM-DD'],
    ['from=1026-01-01&to=2026-03-01', 'from', 'not before 2000'],
    ['to=2026-03-01', 'from', 'YYYY-MM-DD'],
    ['from=2026-03-01&to=2026-03-01&interval=year', 'interval', 'one of'],
  ])('refuses %s (400)', async (query, field, message) => {
    const shop = await aShop(app);
    const { body } = await shop.manager.get(`${shop.path}/reports/sales?${query}`).expect(400);
    expect(body.details).toHaveLength(1);
    expect(body.details[0].field).toBe(field);
    expect(body.details[0].message).toContain(message);
  });

  it('is not for agents (403)', async () => {
    const shop = await aShop(app);
    const query = 'from=2026-05-01&to=2026-05-01';
    await shop.agent.get(`${shop.path}/reports/sales?${query}`).expect(403);
  });

  it('reads the orders of its days and no others, however many there are', async () => {
    const shop = await aShopIn('UTC');
    for (let day = 1; day <= 20; day++) {
      await sold(shop, `2026-05-${String(day).padStart(2, '0')}T08:00:00Z`);
    }
    const orders = app.nest.get<Model<Order>>(getModelToken(Order.name));
    const aggregate = vi.spyOn(orders, 'aggregate');
    await report(shop, '2026-05-03', '2026-05-04');
    const passes = aggregate.mock.calls.map(([pipeline]) => pipeline!);
    aggregate.mockRestore();
    expect(passes).toHaveLength(1);
    const explained = await orders.collection.aggregate(passes[0]!).explain('executionStats');
    const [{ $cursor }] = explained['stages'];
    expect($cursor.executionStats).toMatchObject({ totalDocsExamined: 2, totalKeysExamined: 2 });
    expect(JSON.stringify($cursor.queryPlanner.winningPlan)).toContain('shopId_1_submittedAt_-1');
  });
});
