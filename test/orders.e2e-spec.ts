import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Types } from 'mongoose';
import { DomainEvents } from '../src/events/domain-events.js';
import type { OrderResponse } from '../src/orders/dto/order.response.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aForm, aProduct } from './support/bodies.js';

let app: TestApp;
let shop: ShopWorld;
let orders: string;
const placed: OrderResponse[] = [];

beforeAll(async () => {
  app = await createTestApp();
  app.nest.get(DomainEvents).on('order.created', ({ order }) => {
    placed.push(order);
  });
});

async function openShop(): Promise<void> {
  shop = await aShop(app);
  orders = `${shop.path}/orders`;
}

afterAll(() => app.close());

async function addProduct(overrides: Record<string, unknown> = {}): Promise<string> {
  const { body } = await shop.owner.post(`${shop.path}/products`, aProduct(overrides)).expect(201);
  return body.data.id;
}

async function stockOf(productId: string): Promise<number> {
  const { body } = await shop.agent.get(`${shop.path}/products/${productId}`).expect(200);
  return body.data.stock;
}

const anOrder = (productId: string, quantity = 1) => ({
  customer: { name: 'Aung Aung' },
  items: [{ productId, quantity }],
});

describe('what an order is made of', () => {
  beforeAll(openShop);

  it.each([
    ['customer', { customer: undefined }],
    ['customer.name', { customer: { name: ' ' } }],
    ['customer.email', { customer: { name: 'A', email: 'nobody' } }],
    ['customer.phone', { customer: { name: 'A', phone: { $ne: 1 } } }],
    ['items', { items: [] }],
    ['items.0.quantity', { items: [{ productId: '6741c0c0a5f2d13b8c9e0aaa', quantity: 0 }] }],
    ['items.0.quantity', { items: [{ productId: '6741c0c0a5f2d13b8c9e0aaa', quantity: 1.5 }] }],
    ['items.0.quantity', { items: [{ productId: '6741c0c0a5f2d13b8c9e0aaa', quantity: 1001 }] }],
    ['items.0.productId', { items: [{ productId: { $ne: '' }, quantity: 1 }] }],
    ['items.0.productId', { items: [{ productId: '6741c0c0a5f2d13b8c9e0aaa', quantity: 1 }] }],
    ['formId', { formId: 'form' }],
    ['answers', { answers: { a: { b: 1 } } }],
    ['answers', { answers: ['a'] }],
    ['notes', { notes: 'x'.repeat(2001) }],
  ])('refuses a wrong %s (400)', async (field, overrides) => {
    const sent = { ...anOrder(await addProduct()), ...overrides };
    const { body } = await shop.owner.post(orders, sent).expect(400);
    expect(new Set(body.details.map((detail: { field: string }) => detail.field))).toEqual(
      new Set([field]),
    );
  });
});

describe('orders', () => {
  beforeEach(openShop);

  it('are noted in the stock movements, with who has entered them', async () => {
    const productId = await addProduct({ stock: 5 });
    const { body } = await shop.manager.post(orders, anOrder(productId, 2)).expect(201);
    const path = `${shop.path}/products/${productId}/stock-movements`;
    const [newest] = (await shop.agent.get(path).expect(200)).body.data;
    const by = shop.manager.userId;
    expect(newest).toMatchObject({ change: -2, reason: 'order', by, orderId: body.data.id });
  });

  it('computes prices and total itself, numbers the order and takes the stock', async () => {
    const beans = await addProduct({ name: 'Beans', retailPrice: 0.1 });
    const mug = await addProduct({ name: 'Mug', retailPrice: 8.2, stock: null });
    const { body } = await shop.manager
      .post(orders, {
        customer: { name: ' Aung ', phone: '+95 9 123 456', email: '', address: 'Yangon' },
        items: [
          { productId: beans, quantity: 2, price: 0 },
          { productId: mug, quantity: 1 },
          { productId: beans.toUpperCase(), quantity: 1 },
        ],
        totalAmount: 0,
        status: 'completed',
        notes: 'Calls on Friday.',
      })
      .expect(201);
    expect(body.data).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      orderId: 'MCXX-0001',
      shopId: shop.id,
      customer: { name: 'Aung', phone: '+95 9 123 456', email: '', address: 'Yangon' },
      customerId: expect.stringMatching(/^[0-9a-f]{24}$/),
      channel: 'counter',
      formId: null,
      formVersion: null,
      formName: '',
      fields: [],
      items: [
        { productId: beans, productName: 'Beans', quantity: 3, price: 0.1 },
        { productId: mug, productName: 'Mug', quantity: 1, price: 8.2 },
      ],
      totalAmount: 8.5,
      currency: 'USD',
      status: 'pending',
      paymentStatus: 'unpaid',
      paymentIntentId: null,
      paymentMethod: '',
      notes: 'Calls on Friday.',
      history: [
        { at: expect.any(String), by: shop.manager.userId, from: null, to: 'pending', note: '' },
      ],
      seq: 1,
      submittedAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    expect(await stockOf(beans)).toBe(7);
  });

  it('tells of each order once, in the shape of the answer, under growing numbers', async () => {
    const beans = await addProduct();
    const first = await shop.owner.post(orders, anOrder(beans)).expect(201);
    const second = await shop.owner.post(orders, anOrder(beans)).expect(201);
    expect(placed.filter(({ shopId }) => shopId === shop.id)).toEqual([
      first.body.data,
      second.body.data,
    ]);
    expect(second.body.data.orderId).toBe('MCXX-0002');
    expect(second.body.data.seq).toBeGreaterThan(first.body.data.seq);
  });

  it('keeps the answers to a form beside their questions', async () => {
    const beans = await addProduct();
    const fields = [
      { id: 'grind', type: 'Dropdown', label: 'Grind', options: ['Whole', 'Ground'] },
      { id: 'gift', type: 'Checkbox', label: 'A gift?' },
    ];
    const form = await shop.owner
      .post(`${shop.path}/forms`, aForm({ fields, published: false }))
      .expect(201);
    const { body } = await shop.manager
      .post(orders, {
        ...anOrder(beans),
        formId: form.body.data.id,
        answers: { gift: true, grind: 'Whole', other: 'dropped' },
      })
      .expect(201);
    expect(body.data).toMatchObject({
      formId: form.body.data.id,
      formName: 'Order',
      fields: [
        { id: 'grind', label: 'Grind', value: 'Whole' },
        { id: 'gift', label: 'A gift?', value: true },
      ],
    });
  });

  it('finds an order by its id and by its number in any case', async () => {
    const created = await shop.owner.post(orders, anOrder(await addProduct())).expect(201);
    const { id, orderId } = created.body.data;
    for (const path of [id, id.toUpperCase(), orderId, orderId.toLowerCase()]) {
      const { body } = await shop.agent.get(`${orders}/${path}`).expect(200);
      expect(body.data).toEqual(created.body.data);
    }
    for (const path of ['MCXX-9999', 'nonsense', '6741c0c0a5f2d13b8c9e0aaa', '%00']) {
      const { body } = await shop.agent.get(`${orders}/${path}`).expect(404);
      expect(body.error).toBe('There is no such order: check its id.');
    }
  });

  it('takes all lines or none, and says what is missing and how much is left (409)', async () => {
    const beans = await addProduct();
    const mug = await addProduct({ name: 'Mug', stock: 1 });
    const { body } = await shop.manager
      .post(orders, {
        customer: { name: 'Aung' },
        items: [
          { productId: beans, quantity: 2 },
          { productId: mug, quantity: 2 },
        ],
      })
      .expect(409);
    expect(body).toMatchObject({
      code: 'out_of_stock',
      error: 'Mug: only 1 is left.',
      details: [{ field: 'items.1', message: 'Mug: only 1 is left.' }],
    });
    expect([await stockOf(beans), await stockOf(mug)]).toEqual([10, 1]);
    expect((await shop.agent.get(orders)).body.data).toEqual([]);
  });

  it('adds the lines of one product before it looks at the stock', async () => {
    const beans = await addProduct({ stock: 3 });
    const line = { productId: beans, quantity: 2 };
    const { body } = await shop.manager
      .post(orders, { customer: { name: 'Aung' }, items: [line, line] })
      .expect(409);
    expect(body.details[0].field).toBe('items.0');
    expect(await stockOf(beans)).toBe(3);
  });

  it('puts the stock back when the order cannot be stored', async () => {
    const beans = await addProduct();
    await shop.owner.post(orders, anOrder(beans)).expect(201);
    // The number of the first order comes again, and the unique index refuses the second.
    const shops = app.connection.collection('shops');
    await shops.updateOne({ _id: new Types.ObjectId(shop.id) }, { $set: { orderCounter: 0 } });
    await shop.owner.post(orders, anOrder(beans, 5)).expect(500);
    expect(await stockOf(beans)).toBe(9);
    expect(placed.filter(({ shopId }) => shopId === shop.id)).toHaveLength(1);
  });

  it('keeps the price at which it was ordered in the currency of that time', async () => {
    const yen = await aShop(app, { currency: 'JPY', name: 'Kaze' });
    const product = await yen.owner
      .post(`${yen.path}/products`, aProduct({ retailPrice: 1500 }))
      .expect(201);
    const { body } = await yen.owner
      .post(`${yen.path}/orders`, anOrder(product.body.data.id, 2))
      .expect(201);
    expect(body.data).toMatchObject({ orderId: 'KXXX-0001', totalAmount: 3000, currency: 'JPY' });
  });

  it('sells nothing that is priced in another currency than the shop sells in (409)', async () => {
    const yen = await aShop(app);
    const product = await yen.owner.post(`${yen.path}/products`, aProduct()).expect(201);
    // As when it is added while the shop changes its currency.
    const shops = app.connection.collection('shops');
    await shops.updateOne({ _id: new Types.ObjectId(yen.id) }, { $set: { currency: 'JPY' } });
    const { id } = product.body.data;
    const { body } = await yen.owner.post(`${yen.path}/orders`, anOrder(id, 2)).expect(409);
    expect(body.error).toBe(
      'Coffee beans is priced in USD, the shop sells in JPY: save its price again.',
    );
    await yen.owner.put(`${yen.path}/products/${id}`, { retailPrice: 3000 }).expect(200);
    const sold = await yen.owner.post(`${yen.path}/orders`, anOrder(id, 2)).expect(201);
    expect(sold.body.data).toMatchObject({ totalAmount: 6000, currency: 'JPY' });
  });

  it("sells nothing of another shop's catalogue and uses none of its forms", async () => {
    const other = await aShop(app);
    const foreign = await other.owner.post(`${other.path}/products`, aProduct()).expect(201);
    const form = await other.owner.post(`${other.path}/forms`, aForm()).expect(201);
    const { body } = await shop.owner.post(orders, anOrder(foreign.body.data.id)).expect(400);
    expect(body.details[0].field).toBe('items.0.productId');
    const sent = { ...anOrder(await addProduct()), formId: form.body.data.id };
    await shop.owner.post(orders, sent).expect(404);
  });

  it('answers a repeated Idempotency-Key with the first order and takes the stock once', async () => {
    const beans = await addProduct();
    const send = () =>
      shop.owner.post(orders, anOrder(beans)).set('Idempotency-Key', `key-${shop.id}`);
    const [first, second] = await Promise.all([send(), send()]);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body.data).toEqual(first.body.data);
    expect(await stockOf(beans)).toBe(9);
  });

  it('pages newest first, each order once, while orders of one moment arrive', async () => {
    const beans = await addProduct({ stock: 100 });
    await Promise.all(
      Array.from({ length: 12 }, () => shop.owner.post(orders, anOrder(beans)).expect(201)),
    );
    const listed: OrderResponse[] = [];
    let next = '';
    do {
      const { body } = await shop.agent.get(`${orders}?limit=5${next}`).expect(200);
      listed.push(...body.data);
      next = body.meta.nextCursor ? `&cursor=${body.meta.nextCursor}` : '';
    } while (next);
    expect(new Set(listed.map(({ id }) => id)).size).toBe(12);
    expect(new Set(listed.map(({ orderId }) => orderId)).size).toBe(12);
    const moments = listed.map(({ submittedAt }) => submittedAt);
    expect(moments).toEqual([...moments].sort().reverse());
  });

  it('answers a cursor beyond all time with a page or a refusal, never a failure', async () => {
    const cursor = (at: string) =>
      Buffer.from(`${at}.6741c0c0a5f2d13b8c9e0aaa`).toString('base64url');
    await shop.agent.get(`${orders}?cursor=${cursor('9007199254740991')}`).expect(200);
    await shop.agent.get(`${orders}?cursor=${cursor('-9007199254740991')}`).expect(200);
    await shop.agent.get(`${orders}?cursor=nonsense`).expect(400);
  });

  it('refuses an agent who enters an order (403), a stranger finds none (404)', async () => {
    const beans = await addProduct();
    const { body } = await shop.manager.post(orders, anOrder(beans)).expect(201);
    await shop.agent.post(orders, anOrder(beans)).expect(403);
    await shop.outsider.post(orders, anOrder(beans)).expect(404);
    await shop.outsider.get(orders).expect(404);
    await shop.outsider.get(`${orders}/${body.data.orderId}`).expect(404);
    const other = await aShop(app);
    await other.owner.get(`${other.path}/orders/${body.data.id}`).expect(404);
    await other.owner.get(`${other.path}/orders/${body.data.orderId}`).expect(404);
  });
});
