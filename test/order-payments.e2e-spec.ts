import { Types } from 'mongoose';
import { Collection } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { DomainEvents } from '../src/events/domain-events.js';
import type { OrderResponse } from '../src/orders/dto/order.response.js';
import { HeldStockService } from '../src/orders/held-stock.service.js';
import type { PaymentSummary } from '../src/orders/order-payment-status.js';
import { OrderPaymentsService } from '../src/orders/order-payments.service.js';
import { StockService } from '../src/products/stock.service.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aProduct } from './support/bodies.js';
import { eventually } from './support/eventually.js';

const LATER_MS = 31_000;

let app: TestApp;
let shop: ShopWorld;
let payments: OrderPaymentsService;
let heldStock: HeldStockService;
const updates: OrderResponse[] = [];

beforeAll(async () => {
  app = await createTestApp();
  app.nest.get(DomainEvents).on('order.updated', ({ order }) => void updates.push(order));
  payments = app.nest.get(OrderPaymentsService, { strict: false });
  heldStock = app.nest.get(HeldStockService, { strict: false });
  shop = await aShop(app);
});

afterEach(() => vi.restoreAllMocks());

afterAll(() => app.close());

async function addProduct(stock: number | null = 10): Promise<string> {
  const product = aProduct({ stock, retailPrice: 10 });
  const { body } = await shop.owner.post(`${shop.path}/products`, product).expect(201);
  return body.data.id;
}

async function place(quantity: number, ...productIds: string[]): Promise<OrderResponse> {
  const items = productIds.map((productId) => ({ productId, quantity }));
  const sent = { customer: { name: 'Aung Aung' }, items };
  const { body } = await shop.owner.post(`${shop.path}/orders`, sent).expect(201);
  return body.data;
}

async function read({ id }: { id: string }): Promise<OrderResponse> {
  return (await shop.agent.get(`${shop.path}/orders/${id}`).expect(200)).body.data;
}

const move = ({ id }: { id: string }, status: string) =>
  shop.agent.put(`${shop.path}/orders/${id}/status`, { status });

const expire = ({ id }: { id: string }) => payments.expire(shop.id, id, 'Not paid within a day.');
const revive = ({ id }: { id: string }) => payments.revive(shop.id, id);
const record = ({ id }: { id: string }, news: Partial<PaymentSummary>) =>
  payments.record(shop.id, id, aPayment(news));
const told = ({ id }: { id: string }) => updates.filter((order) => order.id === id);

const recoverLater = () => heldStock.recover(new Date(Date.now() + LATER_MS));

function aPayment(overrides: Partial<PaymentSummary> = {}): PaymentSummary {
  return {
    paymentId: '6741c0c0a5f2d13b8c9e00aa',
    version: 1,
    provider: 'stripe',
    providerId: 'pi_1',
    state: 'open',
    captured: 0,
    refunded: 0,
    ...overrides,
  };
}

/** The stock of a product and why it changed, oldest first; the movements must sum to the stock. */
async function ledgerOf(productId: string): Promise<{ stock: number; reasons: string[] }> {
  const path = `${shop.path}/products/${productId}`;
  const product = await shop.agent.get(path).expect(200);
  const { body } = await shop.agent.get(`${path}/stock-movements?limit=500`).expect(200);
  const oldestFirst = body.data.toReversed() as {
    change: number;
    newStock: number;
    reason: string;
  }[];
  let stock = 0;
  for (const { change, newStock } of oldestFirst) {
    stock += change;
    expect(newStock).toBe(stock);
  }
  expect(product.body.data.stock).toBe(stock);
  return { stock, reasons: oldestFirst.map(({ reason }) => reason) };
}

async function stocksOf(...productIds: string[]): Promise<number[]> {
  const ledgers = await Promise.all(productIds.map(ledgerOf));
  return ledgers.map(({ stock }) => stock);
}

const METHODS = [
  'aggregate',
  'find',
  'findOne',
  'findOneAndUpdate',
  'insertMany',
  'insertOne',
  'updateMany',
  'updateOne',
] as const;

/** What is done in the background is done. */
const settled = () => heldStock.beforeApplicationShutdown();

/**
 * From the given call of the driver on nothing reaches the database, as in a process that was killed
 * there (`orders.updateOne:after:1`); `work` is what it was doing.
 */
async function dieAt(crash: string, work: () => Promise<unknown>): Promise<void> {
  const [, name, method, moment, count] = /^(\w+)\.(\w+):(\w+):(\d+)$/.exec(crash) ?? [];
  let calls = 0;
  let isDead = false;
  const die = () => {
    isDead = true;
    throw new Error('dead');
  };
  type Call = (this: Collection, ...args: unknown[]) => unknown;
  const prototype = Collection.prototype as unknown as Record<string, Call>;
  for (const each of METHODS) {
    const original = prototype[each]!;
    vi.spyOn(prototype, each).mockImplementation(function (this: Collection, ...args) {
      if (isDead) throw new Error('dead');
      const isIt = this.collectionName === name && each === method && ++calls === Number(count);
      if (isIt && moment === 'before') die();
      const result = original.apply(this, args);
      return isIt ? Promise.resolve(result).then(die) : result;
    });
  }
  await work().catch(() => undefined);
  // What it would have done after its answer, it does not do either.
  await settled();
  vi.restoreAllMocks();
  expect(isDead, `${crash} is reached`).toBe(true);
}

/** As if the process that claimed the right had died half a minute ago. */
const ageClaim = (order: { id: string }) =>
  app.connection
    .collection('orders')
    .updateOne(
      { _id: new Types.ObjectId(order.id), revival: { $exists: true } },
      { $set: { 'revival.since': new Date(Date.now() - LATER_MS) } },
    );

describe('the payments of an order', () => {
  it('make it paid, and tell of it once', async () => {
    const order = await place(2, await addProduct());
    expect(order).toMatchObject({ paymentStatus: 'unpaid', paymentIntentId: null });
    await record(order, { version: 1 });
    await record(order, { version: 2, state: 'processing' });
    await record(order, { version: 3, state: 'ended', captured: 2_000 });
    await record(order, { version: 3, state: 'ended', captured: 2_000 });
    await record(order, { version: 2, state: 'processing' });
    const paid = await read(order);
    expect(paid).toMatchObject({ paymentStatus: 'paid', paymentIntentId: 'pi_1' });
    expect(told(order).map(({ paymentStatus }) => paymentStatus)).toEqual([
      'unpaid',
      'pending',
      'paid',
    ]);
    expect(told(order).at(-1)).toEqual(paid);
  });

  it('change nothing that is seen, and tell nothing, while its own status stays', async () => {
    const order = await place(2, await addProduct());
    await record(order, { version: 1, state: 'processing' });
    const before = await read(order);
    const kept = await record(order, { version: 7, state: 'processing', provider: 'paypal' });
    expect(kept.payments).toMatchObject([{ version: 7, provider: 'paypal' }]);
    expect(await read(order)).toEqual(before);
    expect(told(order)).toHaveLength(1);
  });

  it('end in one state, in whatever order and however often their news come at once', async () => {
    const order = await place(2, await addProduct());
    const [first, second] = ['6741c0c0a5f2d13b8c9e0001', '6741c0c0a5f2d13b8c9e0002'];
    const news: Partial<PaymentSummary>[] = [
      { paymentId: first, version: 1 },
      { paymentId: first, version: 2, state: 'processing' },
      { paymentId: first, version: 3, state: 'ended', captured: 2_000 },
      { paymentId: first, version: 4, state: 'ended', captured: 2_000, refunded: 500 },
      { paymentId: second, version: 1, providerId: 'pi_2' },
      { paymentId: second, version: 2, providerId: 'pi_2', state: 'processing' },
      { paymentId: second, version: 5, providerId: 'pi_2', state: 'ended' },
    ];
    // Every turn another beginning, and every one of the news twice.
    const mixed = news.flatMap((_, turn) => [...news.slice(turn), ...news.slice(0, turn)]);
    await Promise.all(
      mixed
        .toReversed()
        .slice(0, 28)
        .map((one) => record(order, one)),
    );
    expect(await read(order)).toMatchObject({
      paymentStatus: 'partially_refunded',
      paymentIntentId: 'pi_1',
    });
    const { payments: kept } = await record(order, news[0]!);
    expect(kept.map(({ paymentId, version }) => [paymentId, version])).toEqual([
      [first, 4],
      [second, 5],
    ]);
    const seqs = told(order).map(({ seq }) => seq);
    expect(new Set(seqs).size).toBe(seqs.length);
    const shown = told(order).map((one) => `${one.paymentStatus} ${one.paymentIntentId}`);
    expect(shown).toEqual(shown.filter((one, index) => one !== shown[index - 1]));
  });

  it('are noted beside what the team does to the order at the same moment', async () => {
    const order = await place(1, await addProduct());
    await Promise.all([
      move(order, 'processing').expect(200),
      record(order, { captured: 1_000, state: 'ended' }),
    ]);
    expect(await read(order)).toMatchObject({ status: 'processing', paymentStatus: 'paid' });
  });

  it('are of an order of this shop (404)', async () => {
    const order = await place(1, await addProduct());
    const foreign = await aShop(app);
    await expect(payments.record(foreign.id, order.id, aPayment())).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('an order that nobody has paid', () => {
  it('expires once, by twenty calls: cancelled by the system, its pieces back', async () => {
    const productId = await addProduct();
    const order = await place(3, productId);
    await record(order, { state: 'open' });
    await Promise.all(Array.from({ length: 20 }, () => expire(order)));
    const expired = await read(order);
    expect(expired).toMatchObject({ status: 'cancelled', paymentStatus: 'unpaid' });
    expect(expired.history).toHaveLength(2);
    expect(expired.history[1]).toMatchObject({
      by: null,
      from: 'pending',
      to: 'cancelled',
      note: 'Not paid within a day.',
    });
    expect(await ledgerOf(productId)).toEqual({
      stock: 10,
      reasons: ['opening', 'order', 'order_cancelled'],
    });
    expect(told(order).filter(({ status }) => status === 'cancelled')).toHaveLength(1);
  });

  it.each<[string, Partial<PaymentSummary>]>([
    ['is paid', { state: 'ended', captured: 2_000 }],
    ['is paid in part', { state: 'ended', captured: 5 }],
    ['was paid', { state: 'ended', captured: 2_000, refunded: 2_000 }],
    ['has a payment on its way', { state: 'processing' }],
  ])('does not expire when it %s', async (_, news) => {
    const order = await place(2, await addProduct());
    await record(order, news);
    const before = await read(order);
    expect(await expire(order)).toMatchObject({ status: 'pending' });
    expect(await read(order)).toEqual(before);
  });

  it('does not expire when somebody works on it, or it costs nothing', async () => {
    const order = await place(2, await addProduct());
    await move(order, 'processing').expect(200);
    expect(await expire(order)).toMatchObject({ status: 'processing' });
    const { body } = await shop.owner
      .post(`${shop.path}/products`, aProduct({ retailPrice: 0 }))
      .expect(201);
    const free = await place(2, body.data.id);
    expect(await expire(free)).toMatchObject({ status: 'pending', paymentStatus: 'unpaid' });
  });

  it('either expires or is paid, when both come at once', async () => {
    const productId = await addProduct(100);
    const orders = await Promise.all(Array.from({ length: 10 }, () => place(1, productId)));
    await Promise.all(
      orders.flatMap((order, turn) => {
        const calls = [expire, (one: OrderResponse) => record(one, { captured: 1_000 })];
        return (turn % 2 === 0 ? calls : calls.toReversed()).map((call) => call(order));
      }),
    );
    const after = await Promise.all(orders.map(read));
    expect(after.map(({ paymentStatus }) => paymentStatus)).toEqual(Array(10).fill('paid'));
    const live = after.filter(({ status }) => status === 'pending').length;
    expect(await stocksOf(productId)).toEqual([100 - live]);
  });

  const CRASHES = [
    'orders.findOneAndUpdate:before:1',
    'orders.findOneAndUpdate:after:1',
    'products.findOneAndUpdate:after:1',
    'stock_movements.insertMany:after:1',
    'products.updateMany:after:1',
    'products.findOneAndUpdate:after:2',
    'orders.updateOne:before:1',
    'orders.updateOne:after:1',
  ];

  it.each(CRASHES)('gives its pieces back once after a crash at %s', async (crash) => {
    const productIds = [await addProduct(5), await addProduct(5)];
    const order = await place(2, ...productIds);
    await dieAt(crash, () => expire(order));
    await recoverLater();
    expect(await expire(order)).toMatchObject({ status: 'cancelled' });
    await recoverLater();
    for (const productId of productIds) {
      const reasons = ['opening', 'order', 'order_cancelled'];
      expect(await ledgerOf(productId)).toEqual({ stock: 5, reasons });
    }
    expect(await revive(order)).toBe('revived');
    expect(await stocksOf(...productIds)).toEqual([3, 3]);
  });
});

describe('an order whose payment comes after it has expired', () => {
  async function anExpired(quantity: number, ...productIds: string[]): Promise<OrderResponse> {
    const order = await place(quantity, ...productIds);
    await expire(order);
    return order;
  }

  it('comes back once, by twenty calls at once, with its pieces', async () => {
    const productIds = [await addProduct(5), await addProduct(null)];
    const order = await anExpired(2, ...productIds);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => revive(order)));
    expect(new Set(outcomes)).toEqual(new Set(['revived']));
    const revived = await read(order);
    expect(revived.history.map(({ from, to, by }) => [from, to, by])).toEqual([
      [null, 'pending', shop.owner.userId],
      ['pending', 'cancelled', null],
      ['cancelled', 'pending', null],
    ]);
    expect(revived.history[2]!.note).toBe('A payment came after the order had expired.');
    expect(Object.keys(revived).sort()).toEqual(Object.keys(order).sort());
    const reasons = ['opening', 'order', 'order_cancelled', 'order'];
    expect(await ledgerOf(productIds[0]!)).toEqual({ stock: 3, reasons });
    await recoverLater();
    expect(await stocksOf(productIds[0]!)).toEqual([3]);
    expect(told(order).map(({ status }) => status)).toEqual(['cancelled', 'pending']);
    expect(await revive(order)).toBe('revived');
  });

  it('takes nothing when only a part is left, and may be tried again', async () => {
    const [plenty, scarce] = [await addProduct(5), await addProduct(2)];
    const order = await anExpired(2, plenty, scarce);
    await place(1, scarce);
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => revive(order)));
    expect(outcomes).toEqual(Array(5).fill('out_of_stock'));
    expect(await stocksOf(plenty, scarce)).toEqual([5, 1]);
    expect(await read(order)).toMatchObject({ status: 'cancelled' });
    const delivery = `${shop.path}/products/${scarce}/stock-movements`;
    await shop.manager.post(delivery, { change: 1 }).expect(201);
    expect(await revive(order)).toBe('revived');
    expect(await stocksOf(plenty, scarce)).toEqual([3, 0]);
  });

  it('is not one that never expired, or was cancelled by the team', async () => {
    const productId = await addProduct();
    const order = await place(1, productId);
    expect(await revive(order)).toBe('not_expired');
    await move(order, 'cancelled').expect(200);
    expect(await expire(order)).toMatchObject({ status: 'cancelled' });
    expect(await revive(order)).toBe('not_expired');
    expect(await stocksOf(productId)).toEqual([10]);
  });

  it.each(['cancelled', 'returned'])('gives its pieces back once more when %s', async (end) => {
    const productId = await addProduct(5);
    const order = await anExpired(2, productId);
    await revive(order);
    if (end === 'returned') await move(order, 'processing').expect(200);
    const clicks = await Promise.all(Array.from({ length: 5 }, () => move(order, end)));
    expect(clicks.map(({ status }) => status)).toEqual(Array(5).fill(200));
    await recoverLater();
    const reasons = ['opening', 'order', 'order_cancelled', 'order', `order_${end}`];
    expect(await ledgerOf(productId)).toEqual({ stock: 5, reasons });
    expect(await revive(order)).toBe('not_expired');
  });

  it('takes and gives back what is counted at that moment', async () => {
    const [first, second] = [await addProduct(5), await addProduct(null)];
    const order = await anExpired(2, first, second);
    await shop.owner.put(`${shop.path}/products/${first}`, { stock: null }).expect(200);
    await shop.owner.put(`${shop.path}/products/${second}`, { stock: 7 }).expect(200);
    expect(await revive(order)).toBe('revived');
    expect(await stocksOf(second)).toEqual([5]);
    await shop.owner.put(`${shop.path}/products/${first}`, { stock: 4 }).expect(200);
    await move(order, 'cancelled').expect(200);
    expect(await stocksOf(second)).toEqual([7]);
    const { body } = await shop.agent.get(`${shop.path}/products/${first}`).expect(200);
    expect(body.data.stock).toBe(4);
  });

  /** Each step of coming back, of two lines; whether it has after a crash there. */
  const CRASHES: [crash: string, isBack: boolean][] = [
    ['orders.updateOne:before:1', false],
    ['orders.updateOne:after:1', false],
    ['products.findOneAndUpdate:before:1', false],
    ['products.findOneAndUpdate:after:1', false],
    ['products.findOneAndUpdate:after:2', false],
    ['shops.findOneAndUpdate:after:1', false],
    ['orders.findOneAndUpdate:before:1', false],
    ['orders.findOneAndUpdate:after:1', true],
    ['stock_movements.insertMany:before:1', true],
    ['stock_movements.insertMany:after:1', true],
    ['products.updateMany:after:1', true],
    ['stock_movements.insertMany:after:2', true],
  ];

  it.each(CRASHES)('after a crash at %s has all of its pieces, or none', async (crash, isBack) => {
    const productIds = [await addProduct(5), await addProduct(5)];
    const order = await anExpired(2, ...productIds);
    await settled();
    await dieAt(crash, () => revive(order));
    await recoverLater();
    const left = isBack ? 3 : 5;
    expect(await stocksOf(...productIds)).toEqual([left, left]);
    expect((await read(order)).status).toBe(isBack ? 'pending' : 'cancelled');
    await ageClaim(order);
    expect(await revive(order)).toBe('revived');
    await recoverLater();
    expect(await stocksOf(...productIds)).toEqual([3, 3]);
    await move(order, 'cancelled').expect(200);
    await recoverLater();
    expect(await stocksOf(...productIds)).toEqual([5, 5]);
  });

  it.each(CRASHES)('after a crash at %s comes and goes on without recovery', async (crash) => {
    // As many as one order takes: what a dead attempt holds must be there for the next one.
    const productIds = [await addProduct(2), await addProduct(2)];
    const order = await anExpired(2, ...productIds);
    // What went before is not what dies.
    await settled();
    await dieAt(crash, () => revive(order));
    await ageClaim(order);
    expect(await revive(order)).toBe('revived');
    await expire(order);
    expect(await revive(order)).toBe('revived');
    expect(await stocksOf(...productIds)).toEqual([0, 0]);
    await recoverLater();
    expect(await stocksOf(...productIds)).toEqual([0, 0]);
    await expire(order);
    await recoverLater();
    expect(await stocksOf(...productIds)).toEqual([2, 2]);
  });

  it.each(['the recovery', 'another call'])('%s is faster than a slow call', async (who) => {
    const productId = await addProduct(2);
    const order = await anExpired(2, productId);
    const takeAll = heldStock.takeAll.bind(heldStock);
    vi.spyOn(heldStock, 'takeAll').mockImplementationOnce(async (...held) => {
      const takings = await takeAll(...held);
      // What was sold at its placement is not what is held now.
      heldStock.settle({ ...held[0], round: 0 });
      await settled();
      await ageClaim(order);
      await (who === 'the recovery' ? recoverLater() : revive(order));
      return takings;
    });
    expect(await revive(order)).toBe('revived');
    await recoverLater();
    const first = ['opening', 'order', 'order_cancelled', 'order', 'order_not_placed', 'order'];
    expect(await ledgerOf(productId)).toEqual({ stock: 0, reasons: first });
    expect((await read(order)).history).toHaveLength(3);
  });

  it('waits for a slow call that still has the right to bring it back', async () => {
    const productId = await addProduct(5);
    const order = await anExpired(2, productId);
    const takeAll = heldStock.takeAll.bind(heldStock);
    const tries = vi.spyOn(heldStock, 'putBackOrLeave');
    const others: Promise<string>[] = [];
    vi.spyOn(heldStock, 'takeAll').mockImplementationOnce(async (...held) => {
      const takings = await takeAll(...held);
      others.push(revive(order), revive(order));
      await eventually(() => expect(tries.mock.calls.length).toBeGreaterThan(6));
      return takings;
    });
    expect(await revive(order)).toBe('revived');
    expect(await Promise.all(others)).toEqual(['revived', 'revived']);
    const reasons = ['opening', 'order', 'order_cancelled', 'order'];
    expect(await ledgerOf(productId)).toEqual({ stock: 3, reasons });
  });

  it('first gets back what its expiry had not put back yet', async () => {
    const productId = await addProduct(2);
    const order = await place(2, productId);
    await dieAt('orders.findOneAndUpdate:after:1', () => expire(order));
    const stock = app.nest.get(StockService, { strict: false });
    vi.spyOn(stock, 'putBack').mockRejectedValueOnce(new Error('the database is away'));
    expect(await revive(order)).toBe('revived');
    await recoverLater();
    const reasons = ['opening', 'order', 'order_cancelled', 'order'];
    expect(await ledgerOf(productId)).toEqual({ stock: 0, reasons });
  });

  it('ends again while a slow recovery still looks at how it ended first', async () => {
    const productId = await addProduct(5);
    const order = await place(2, productId);
    await dieAt('orders.findOneAndUpdate:after:1', () => expire(order));
    const stock = app.nest.get(StockService, { strict: false });
    const putBack = stock.putBack.bind(stock);
    const spy = vi.spyOn(stock, 'putBack').mockImplementationOnce(async (...line) => {
      await putBack(...line);
      await recoverLater();
      expect(await revive(order)).toBe('revived');
      spy.mockRejectedValueOnce(new Error('the database is away'));
      await expire(order);
    });
    await recoverLater();
    await recoverLater();
    const reasons = ['opening', 'order', 'order_cancelled', 'order', 'order_cancelled'];
    expect(await ledgerOf(productId)).toEqual({ stock: 5, reasons });
  });

  it('keeps its books through any mixture of all this at once', async () => {
    const productIds = [await addProduct(12), await addProduct(9)];
    const orders = await Promise.all(Array.from({ length: 4 }, () => place(2, ...productIds)));
    const calls = [
      expire,
      revive,
      () => recoverLater(),
      expire,
      revive,
      (order: OrderResponse) => record(order, { version: order.seq }),
    ];
    for (let turn = 0; turn < 6; turn++) {
      const mixed = orders.flatMap((order, index) =>
        calls.map((call, step) => ({ call, order, rank: (step * 5 + index * 3 + turn * 7) % 11 })),
      );
      mixed.sort((a, b) => a.rank - b.rank);
      await Promise.all(mixed.map(({ call, order }) => call(order)));
    }
    await recoverLater();
    const live = (await Promise.all(orders.map(read))).filter(({ status }) => status === 'pending');
    expect(await stocksOf(...productIds)).toEqual([12 - 2 * live.length, 9 - 2 * live.length]);
  });
});

describe('the pieces of a refunded order', () => {
  it.each([
    [['processing'], 'returned'],
    [['processing', 'completed'], 'returned'],
    [[], 'cancelled'],
  ])('after %j are put back once, by the move to %s', async (moves, end) => {
    const productId = await addProduct(5);
    const order = await place(2, productId);
    for (const to of moves) await move(order, to).expect(200);
    const by = shop.manager.userId;
    const did = await Promise.all(
      Array.from({ length: 5 }, () => payments.restock(shop.id, order.id, by)),
    );
    expect(did.filter((one) => one)).toHaveLength(1);
    const after = await read(order);
    expect(after).toMatchObject({ status: end });
    expect(after.history.at(-1)).toMatchObject({ by, to: end, note: 'Refunded.' });
    expect(await ledgerOf(productId)).toEqual({
      stock: 5,
      reasons: ['opening', 'order', `order_${end}`],
    });
    expect(await payments.restock(shop.id, order.id, by)).toBe(false);
  });
});
