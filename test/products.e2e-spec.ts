import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Actor, aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aProduct } from './support/bodies.js';
import { DomainEvents } from '../src/events/domain-events.js';

let app: TestApp;
let shop: ShopWorld;

beforeAll(async () => {
  app = await createTestApp();
  shop = await aShop(app);
});

afterAll(() => app.close());

const productsOf = ({ path }: ShopWorld): string => `${path}/products`;

async function everyPage(actor: Actor, path: string, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const next: string = cursor ? `&cursor=${cursor}` : '';
    const { body } = await actor.get(`${path}?limit=${limit}${next}`).expect(200);
    expect(body.data.length).toBeLessThanOrEqual(limit);
    ids.push(...body.data.map(({ id }: { id: string }) => id));
    cursor = body.meta.nextCursor;
  } while (cursor);
  return ids;
}

describe('products', () => {
  it('keeps what the app sends and answers amounts as decimals', async () => {
    const sent = aProduct({
      retailPrice: 19.99,
      originalPrice: 0.1,
      promoPrice: 17.5,
      promoStartDate: '2028-02-29',
      promoEndDate: '',
      sku: 'BEANS-1KG',
      imageUrl: '',
      category: 'Coffee',
      facebookSubtitle: 'Free delivery',
      warranty: '1 year',
      duration: '45 minutes',
      location: '12 Strand Road',
      buttons: [{ title: 'Order', action: 'open_form', index: 1, primary: true, icon: null }],
      formId: '6741c0c0a5f2d13b8c9e0004',
    });
    const { body } = await shop.manager.post(productsOf(shop), sent).expect(201);
    expect(body.data).toEqual({
      ...sent,
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      thumbnailUrl: '',
      promoEndDate: null,
      currentPrice: 19.99,
      currency: 'USD',
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    const again = await shop.agent.get(`${productsOf(shop)}/${body.data.id}`).expect(200);
    expect(again.body.data).toEqual(body.data);
  });

  it('drops unknown and read-only fields', async () => {
    const other = await aShop(app);
    const sent = { ...aProduct(), id: 'mine', shopId: other.id, currency: 'EUR', extra: { a: 1 } };
    const { body } = await shop.owner.post(productsOf(shop), sent).expect(201);
    expect(body.data).toMatchObject({ currency: 'USD' });
    expect(body.data).not.toHaveProperty('extra');
    expect((await other.owner.get(productsOf(other))).body.data).toEqual([]);
  });

  it('does not count the stock of a service, or where none is given', async () => {
    const service = aProduct({ itemType: 'service', stock: 5 });
    const uncounted = aProduct({ stock: undefined });
    for (const sent of [service, uncounted]) {
      const { body } = await shop.owner.post(productsOf(shop), sent).expect(201);
      expect(body.data.stock).toBeNull();
    }
  });

  it.each([
    ['name', { name: '' }],
    ['name', { name: { $gt: '' } }],
    ['retailPrice', { retailPrice: 1.005 }],
    ['retailPrice', { retailPrice: -1 }],
    ['retailPrice', { retailPrice: '19.99' }],
    ['retailPrice', { retailPrice: undefined }],
    ['retailPrice', { retailPrice: 1e15 }],
    ['originalPrice', { originalPrice: 0.001 }],
    ['promoPrice', { promoPrice: 0.001 }],
    ['promoStartDate', { promoStartDate: '2026-02-29' }],
    ['promoStartDate', { promoStartDate: '2026-11-23T10:00:00Z' }],
    ['promoEndDate', { promoStartDate: '2026-11-23', promoEndDate: '2026-11-22' }],
    ['stock', { stock: -1 }],
    ['stock', { stock: 1.5 }],
    ['itemType', { itemType: 'gift' }],
    ['imageUrl', { imageUrl: 'javascript:alert(1)' }],
    ['imageUrl', { imageUrl: `https://example.com/${'x'.repeat(2000)}` }],
    ['imageUrl', { imageUrl: 'data:image/png;base64,iVBORw0KGgo=' }],
    ['name', { name: '   ' }],
    ['description', { description: 'x'.repeat(5001) }],
    ['facebookSubtitle', { facebookSubtitle: 'x'.repeat(201) }],
    ['warranty', { warranty: 'x'.repeat(501) }],
    ['duration', { duration: 45 }],
    ['location', { location: 'x'.repeat(501) }],
    ['formId', { formId: 'order-form' }],
    ['buttons', { buttons: 'Order' }],
    ['buttons', { buttons: Array.from({ length: 11 }, () => ({})) }],
    ['buttons', { buttons: [{ $where: 'sleep(1000)' }] }],
    ['buttons', { buttons: [{ title: { $gt: '' } }] }],
    ['buttons', { buttons: [{ image: 'data:image/png;base64,iVBORw0KGgo=' }] }],
    ['buttons', { buttons: [{ title: 'x'.repeat(1001) }] }],
  ])('refuses a wrong %s (400)', async (field, overrides) => {
    const { body } = await shop.owner.post(productsOf(shop), aProduct(overrides)).expect(400);
    expect(body.code).toBe('validation_failed');
    expect(new Set(body.details.map((detail: { field: string }) => detail.field))).toEqual(
      new Set([field]),
    );
  });

  it("keeps to the digits of the shop's own currency", async () => {
    const yen = await aShop(app, { currency: 'JPY' });
    await yen.owner.post(productsOf(yen), aProduct({ retailPrice: 0.5 })).expect(400);
    const { body } = await yen.owner.post(productsOf(yen), aProduct({ retailPrice: 500 }));
    expect(body.data).toMatchObject({ retailPrice: 500, currency: 'JPY' });
  });

  it('pages through the whole catalogue, each product once', async () => {
    const own = await aShop(app);
    const created: string[] = [];
    for (let index = 0; index < 7; index++) {
      const sent = aProduct({ name: `Product ${index}` });
      const { body } = await own.owner.post(productsOf(own), sent).expect(201);
      created.push(body.data.id);
    }
    expect(await everyPage(own.agent, productsOf(own), 3)).toEqual(created);
    expect(await everyPage(own.agent, productsOf(own), 7)).toEqual(created);
    const whole = await own.agent.get(productsOf(own)).expect(200);
    expect(whole.body.meta).toEqual({ nextCursor: null });
    expect(whole.body.data).toHaveLength(7);
  });

  it.each(['limit=0', 'limit=501', 'limit=x', 'cursor=%24gt', 'cursor=a&cursor=b'])(
    'refuses the list query %s (400)',
    async (query) => {
      await shop.agent.get(`${productsOf(shop)}?${query}`).expect(400);
    },
  );

  it('takes no operator from the query (400)', async () => {
    const { body } = await shop.agent
      .get(`${productsOf(shop)}?limit[$gt]=1&cursor[$ne]=`)
      .expect(400);
    expect(body.error).toContain('limit[$gt], cursor[$ne]');
  });

  it('hides the catalogue from a stranger (404) and from nobody signed in (401)', async () => {
    const { body } = await shop.owner.post(productsOf(shop), aProduct()).expect(201);
    const path = `${productsOf(shop)}/${body.data.id}`;
    await shop.outsider.get(productsOf(shop)).expect(404);
    await shop.outsider.get(path).expect(404);
    await shop.outsider.post(productsOf(shop), aProduct()).expect(404);
    await app.request.get(path).expect(401);
  });

  it("does not find another shop's product, a malformed id or an unknown one (404)", async () => {
    const other = await aShop(app);
    const { body } = await other.owner.post(productsOf(other), aProduct()).expect(201);
    for (const id of [body.data.id, 'nonsense', '6741c0c0a5f2d13b8c9e0aaa']) {
      const answer = await shop.owner.get(`${productsOf(shop)}/${id}`).expect(404);
      expect(answer.body.error).toBe('There is no such product: check its id.');
    }
  });

  it('lets a manager add a product, and refuses an agent (403)', async () => {
    await shop.manager.post(productsOf(shop), aProduct()).expect(201);
    const { body } = await shop.agent.post(productsOf(shop), aProduct()).expect(403);
    expect(body.code).toBe('forbidden');
  });
});

/** A product of `shop`, and what its owner does with it. */
async function aKnownProduct(overrides: Record<string, unknown> = {}, of: ShopWorld = shop) {
  const { body } = await of.owner.post(productsOf(of), aProduct(overrides)).expect(201);
  const path = `${productsOf(of)}/${body.data.id as string}`;
  return {
    ...(body.data as { id: string; updatedAt: string; currentPrice: number }),
    path,
    put: (sent: object) => of.manager.put(path, sent),
    patch: (sent: object) =>
      app.request.patch(path).set('Authorization', `Bearer ${of.manager.token}`).send(sent),
    read: async () => (await of.agent.get(path).expect(200)).body.data,
    movements: async () => (await of.agent.get(`${path}/stock-movements`).expect(200)).body.data,
  };
}

describe('changing a product', () => {
  it.each(['put', 'patch'] as const)('keeps what %s does not send', async (method) => {
    const {
      id,
      path: _,
      put,
      patch,
      read,
      movements,
      ...before
    } = await aKnownProduct({
      originalPrice: 5,
      category: 'Coffee',
      buttons: [{ title: 'Order' }],
    });
    const { body } = await { put, patch }
      [method]({ name: 'Tea', unknown: { $set: 1 } })
      .expect(200);
    const after = { ...before, id, name: 'Tea', updatedAt: expect.any(String) };
    expect(body.data).toEqual(after);
    expect(body.data.updatedAt > before.updatedAt).toBe(true);
    expect(await read()).toEqual(body.data);
    expect(await movements()).toHaveLength(1);
  });

  it('takes the whole item of the app, read-only fields and all', async () => {
    const product = await aKnownProduct({ sku: 'WHOLE-1', category: 'Coffee' });
    const whole = { ...(await product.read()), stockHistory: [{ change: 10 }], _id: 'x' };
    const { body } = await product.put({ ...whole, retailPrice: 18 }).expect(200);
    const { stockHistory: _, _id: __, ...known } = whole;
    expect(body.data).toEqual({
      ...known,
      retailPrice: 18,
      currentPrice: 18,
      updatedAt: expect.any(String),
    });
  });

  it('writes nothing when all is so already', async () => {
    const product = await aKnownProduct({ sku: 'SAME-1' });
    const { body } = await product.put(await product.read()).expect(200);
    expect(body.data.updatedAt).toBe(product.updatedAt);
  });

  it('takes away by null or an empty text what a product need not have', async () => {
    const product = await aKnownProduct({
      originalPrice: 5,
      promoPrice: 4,
      promoStartDate: '2026-01-01',
      promoEndDate: '2026-01-31',
      category: 'Coffee',
      description: 'x',
      formId: '6741c0c0a5f2d13b8c9e0004',
    });
    const { body } = await product
      .patch({
        originalPrice: null,
        promoPrice: null,
        promoStartDate: '',
        promoEndDate: null,
        category: null,
        description: '',
        formId: '',
        name: null,
        retailPrice: null,
      })
      .expect(200);
    expect(body.data).toMatchObject({
      name: 'Coffee beans',
      retailPrice: 19.99,
      originalPrice: null,
      promoPrice: null,
      promoStartDate: null,
      promoEndDate: null,
      category: '',
      description: '',
      formId: null,
    });
  });

  it('checks what fits together with what is there already', async () => {
    const product = await aKnownProduct({ promoPrice: 15, promoStartDate: '2026-11-23' });
    const { body } = await product.patch({ promoEndDate: '2026-11-22' }).expect(400);
    expect(body.details).toEqual([expect.objectContaining({ field: 'promoEndDate' })]);
    await product.patch({ promoEndDate: '2026-11-22', promoStartDate: '2026-11-21' }).expect(200);
  });

  it('loses no change of two people who change other fields at the same time', async () => {
    const product = await aKnownProduct({ sku: 'PARALLEL-0' });
    const fields = ['description', 'category', 'warranty', 'location', 'duration', 'sku'];
    await Promise.all(
      fields.map((field) => product.patch({ [field]: `new ${field}` }).expect(200)),
    );
    const after = await product.read();
    for (const field of fields) expect(after[field]).toBe(`new ${field}`);
    const found = await shop.agent.get(`${productsOf(shop)}?q=new%20sku%20category`).expect(200);
    expect(found.body.data.map(({ id }: { id: string }) => id)).toEqual([product.id]);
  });

  it('stores a text that begins with $ as it is', async () => {
    const product = await aKnownProduct();
    const sent = { name: '$name', description: '$$ROOT', buttons: [{ title: '$stock' }] };
    expect((await product.patch(sent).expect(200)).body.data).toMatchObject(sent);
  });

  it('refuses an agent (403), and finds neither a strange nor a deleted product (404)', async () => {
    const product = await aKnownProduct();
    await shop.agent.put(product.path, { name: 'Tea' }).expect(403);
    await shop.agent.delete(product.path).expect(403);
    const other = await aShop(app);
    const foreign = `${productsOf(other)}/${product.id}`;
    await other.owner.put(foreign, { name: 'Tea' }).expect(404);
    await other.owner.delete(foreign).expect(404);
    expect((await product.read()).name).toBe('Coffee beans');
    await shop.manager.delete(product.path).expect(200);
    await product.put({ name: 'Tea' }).expect(404);
  });
});

describe('a stock that is set with its product', () => {
  it('is recorded as a correction of the member, and once', async () => {
    const product = await aKnownProduct();
    await product.put({ stock: 7 }).expect(200);
    await product.put({ stock: 7 }).expect(200);
    const [newest, opening, ...rest] = await product.movements();
    expect(newest).toMatchObject({
      change: -3,
      newStock: 7,
      reason: 'correction',
      by: shop.manager.userId,
    });
    expect(opening).toMatchObject({ change: 10, reason: 'opening' });
    expect(rest).toEqual([]);
  });

  it('is counted no more by null, or when the product becomes a service', async () => {
    const product = await aKnownProduct();
    expect((await product.put({ stock: null }).expect(200)).body.data.stock).toBeNull();
    expect((await product.put({ stock: 4 }).expect(200)).body.data.stock).toBe(4);
    const service = await product.put({ itemType: 'service', stock: 9 }).expect(200);
    expect(service.body.data.stock).toBeNull();
    const changes = (await product.movements()).map(({ change }: { change: number }) => change);
    expect(changes).toEqual([-4, 4, -10, 10]);
  });

  it('is refused over an order that came after it was read (409), and taken without a word', async () => {
    const product = await aKnownProduct();
    const items = [{ productId: product.id, quantity: 4 }];
    const order = { customer: { name: 'Aung' }, items };
    await shop.manager.post(`${shop.path}/orders`, order).expect(201);
    for (const updatedAt of ['2026-W01-1', '2026-335', '2026-02-30', 5]) {
      await product.put({ stock: 10, updatedAt }).expect(400);
    }
    const stale = { stock: 10, name: 'Tea', updatedAt: product.updatedAt };
    const { body } = await product.put(stale).expect(409);
    expect(body.code).toBe('conflict');
    expect(body.error).toContain('6 are left now');
    expect(await product.read()).toMatchObject({ stock: 6, name: 'Coffee beans' });
    await product.put({ ...stale, stock: 6 }).expect(200);
    await product.put({ stock: 12, updatedAt: (await product.read()).updatedAt }).expect(200);
    expect((await product.put({ stock: 10 }).expect(200)).body.data.stock).toBe(10);
  });

  it('never overwrites an order it has not seen, also when both come at the same time', async () => {
    for (let round = 0; round < 15; round++) {
      const product = await aKnownProduct();
      const items = [{ productId: product.id, quantity: 4 }];
      const [, ...puts] = await Promise.all([
        shop.manager.post(`${shop.path}/orders`, { customer: { name: 'Aung' }, items }).expect(201),
        ...[12, 13, 14].map((stock) => product.put({ stock, updatedAt: product.updatedAt })),
      ]);
      // Whoever comes first is the only one who had seen what is there.
      expect(puts.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
      const reasons = (await product.movements()).map(({ reason }: { reason: string }) => reason);
      expect(['order,opening', 'order,correction,opening']).toContain(reasons.join());
    }
  });

  it('sums to its movements however many set it and order at the same time', async () => {
    const product = await aKnownProduct({ stock: 50 });
    const order = {
      customer: { name: 'Aung' },
      items: [{ productId: product.id, quantity: 1 }],
    };
    await Promise.all(
      Array.from({ length: 10 }, (_, index) => [
        product.put({ stock: 40 + index, description: `count ${index}` }).expect(200),
        shop.manager.post(`${shop.path}/orders`, order).expect(201),
      ]).flat(),
    );
    const movements: { change: number; newStock: number }[] = await product.movements();
    const sum = movements.reduce((total, { change }) => total + change, 0);
    expect((await product.read()).stock).toBe(sum);
    expect(movements[0]!.newStock).toBe(sum);
  });
});

describe('a SKU', () => {
  it('is once in a shop (409), among many at the same time too', async () => {
    const own = await aShop(app);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => own.owner.post(productsOf(own), aProduct({ sku: 'ONE ' }))),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(4);
    const refused = answers.find(({ status }) => status === 409)!;
    expect(refused.body).toMatchObject({ code: 'sku_taken' });
    expect(refused.body.error).toContain('"ONE"');
    const second = await aKnownProduct({ sku: 'TWO' }, own);
    expect((await second.put({ sku: ' ONE' }).expect(409)).body.code).toBe('sku_taken');
    await second.put({ sku: '' }).expect(200);
    await aKnownProduct({ sku: 'TWO' }, own);
  });

  it('may be missing in many products, and the same in another shop', async () => {
    const other = await aShop(app);
    await aKnownProduct({ sku: '' });
    await aKnownProduct({ sku: '' });
    await aKnownProduct({ sku: 'OF-EACH' });
    await aKnownProduct({ sku: 'OF-EACH' }, other);
  });
});

describe('deleting a product', () => {
  it('answers the envelope, and its orders still tell what was ordered', async () => {
    const product = await aKnownProduct();
    const order = await shop.manager
      .post(`${shop.path}/orders`, {
        customer: { name: 'Aung' },
        items: [{ productId: product.id, quantity: 2 }],
      })
      .expect(201);
    const { body } = await shop.manager.delete(product.path).expect(200);
    expect(body).toEqual({ success: true, data: { done: true } });
    await shop.agent.get(product.path).expect(404);
    await shop.manager.delete(product.path).expect(404);
    const read = await shop.agent.get(`${shop.path}/orders/${order.body.data.id}`).expect(200);
    expect(read.body.data.items).toEqual(order.body.data.items);
    expect(read.body.data.items[0]).toMatchObject({ productName: 'Coffee beans', price: 19.99 });
  });
});

describe('the current price', () => {
  const dayFromNow = (days: number): string =>
    new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

  it('is that of the promotion between its days, and else the price', async () => {
    const runs = { promoStartDate: dayFromNow(-1), promoEndDate: dayFromNow(1) };
    const product = await aKnownProduct({ promoPrice: 15, ...runs });
    expect(product.currentPrice).toBe(15);
    expect((await product.read()).currentPrice).toBe(15);
    const over = { promoStartDate: dayFromNow(-9), promoEndDate: dayFromNow(-2) };
    expect((await product.patch(over).expect(200)).body.data.currentPrice).toBe(19.99);
    const listed = await shop.agent.get(productsOf(shop)).expect(200);
    const row = listed.body.data.find(({ id }: { id: string }) => id === product.id);
    expect(row.currentPrice).toBe(19.99);
  });
});

describe('the day of a price', () => {
  it("is the shop's own: it ends where its clocks show midnight", async () => {
    const dayIn = (timeZone: string): string =>
      new Intl.DateTimeFormat('sv-SE', { timeZone }).format(new Date());
    // 25 hours apart: it is never the same day there.
    const [east, west] = ['Pacific/Kiritimati', 'Pacific/Niue'];
    for (const timeZone of [east, west]) {
      const own = await aShop(app, { timeZone });
      const today = { promoStartDate: dayIn(timeZone), promoEndDate: dayIn(timeZone) };
      const product = await aKnownProduct({ promoPrice: 15, ...today }, own);
      expect((await product.read()).currentPrice, timeZone).toBe(15);
      const elsewhere = dayIn(timeZone === east ? west : east);
      const there = { promoStartDate: elsewhere, promoEndDate: elsewhere };
      const { body } = await product.patch(there).expect(200);
      expect(body.data.currentPrice, timeZone).toBe(19.99);
    }
  });
});

describe('events of the catalogue', () => {
  it('tell of what was added, changed and deleted, and of nothing that did not happen', async () => {
    const heard: string[] = [];
    const events = app.nest.get(DomainEvents, { strict: false });
    const own = await aShop(app);
    const hear = (name: string, shopId: string, what: unknown): void => {
      if (shopId === own.id) heard.push(`${name} ${String(what)}`);
    };
    events.on('product.created', (e) => hear('created', e.shopId, e.product.name));
    events.on('product.updated', (e) => hear('updated', e.shopId, e.product.name));
    events.on('product.deleted', (e) => hear('deleted', e.shopId, e.productId));
    const product = await aKnownProduct({ sku: 'HEARD' }, own);
    await own.owner.post(productsOf(own), aProduct({ sku: 'HEARD' })).expect(409);
    await product.put({ name: 'Tea' }).expect(200);
    await product.put({ name: 'Tea' }).expect(200);
    await own.owner.delete(product.path).expect(200);
    expect(heard).toEqual(['created Coffee beans', 'updated Tea', `deleted ${product.id}`]);
  });
});
