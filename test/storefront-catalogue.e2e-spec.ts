import { getModelToken } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Product } from '../src/products/product.schema.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, databaseUri, type TestApp } from './support/app.js';
import { aForm, aProduct } from './support/bodies.js';

const MONGODB_URI = databaseUri(`test_catalogue_${Date.now()}`);

let app: TestApp;
/** Another process of the same installation: it shares the database and nothing else. */
let other: TestApp;
let shop: ShopWorld;
let catalogue: string;

beforeAll(async () => {
  app = await createTestApp({ MONGODB_URI });
  other = await createTestApp({ MONGODB_URI });
});

afterAll(async () => {
  await other.close();
  await app.close();
});

beforeEach(async () => {
  shop = await aShop(app);
  catalogue = `/api/public/shops/${shop.slug}/products`;
});

afterEach(() => vi.useRealTimers());

async function addProduct(overrides: Record<string, unknown> = {}): Promise<string> {
  const { body } = await shop.owner.post(`${shop.path}/products`, aProduct(overrides)).expect(201);
  return body.data.id;
}

const read = (from: TestApp, query = '') => from.request.get(`${catalogue}${query}`).expect(200);

/** Fills what both processes remember, with the ETag that they share. */
async function warm(): Promise<string> {
  const [first, second] = [await read(app), await read(other)];
  expect(second.headers['etag']).toBe(first.headers['etag']);
  return first.headers['etag'] as string;
}

describe('the public catalogue', () => {
  it('answers who has it already 304, without a body, in every process', async () => {
    await addProduct();
    const etag = await warm();
    expect(etag).toMatch(/^"[\w-]{43}"$/);
    for (const process of [app, other]) {
      for (const known of [etag, `"other", W/${etag}`, '*']) {
        const answer = await process.request.get(catalogue).set('If-None-Match', known).expect(304);
        expect(answer.text).toBe('');
        expect(answer.headers).toMatchObject({ etag, 'cache-control': 'no-cache' });
        expect(answer.headers['content-length']).toBeUndefined();
      }
    }
    await addProduct();
    const answer = await other.request.get(catalogue).set('If-None-Match', etag).expect(200);
    expect(answer.body.data).toHaveLength(2);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it('lets pages of other sites read its ETag and send it', async () => {
    const origin = 'https://elsewhere.example';
    const answer = await app.request.get(catalogue).set('Origin', origin).expect(200);
    expect(answer.headers['access-control-expose-headers']).toContain('ETag');
    const preflight = await app.request
      .options(catalogue)
      .set('Origin', origin)
      .set('Access-Control-Request-Method', 'GET')
      .expect(204);
    expect(preflight.headers['access-control-allow-headers']).toContain('If-None-Match');
  });

  const CHANGES: [string, (productId: string) => Promise<unknown>, object[]][] = [
    [
      'a changed product',
      (id) => shop.owner.put(`${shop.path}/products/${id}`, { name: 'Green beans' }).expect(200),
      [{ name: 'Green beans', stock: 10 }],
    ],
    [
      'a counted stock',
      (id) =>
        shop.owner.post(`${shop.path}/products/${id}/stock-movements`, { change: 5 }).expect(201),
      [{ name: 'Coffee beans', stock: 15 }],
    ],
    [
      'a new product',
      () => addProduct({ name: 'Mug' }),
      [{ name: 'Coffee beans' }, { name: 'Mug' }],
    ],
    ['a deleted product', (id) => shop.owner.delete(`${shop.path}/products/${id}`).expect(200), []],
    ['an order', (productId) => order(productId), [{ stock: 9 }]],
    [
      'a cancelled order',
      async (productId) => {
        const id = await order(productId);
        await read(app);
        const path = `${shop.path}/orders/${id}/status`;
        await shop.owner.put(path, { status: 'cancelled' }).expect(200);
      },
      [{ stock: 10 }],
    ],
  ];

  async function order(productId: string): Promise<string> {
    const form = await shop.owner.post(`${shop.path}/forms`, aForm()).expect(201);
    const { body } = await app.request
      .post(`/api/public/shops/${shop.slug}/forms/${form.body.data.id}/submissions`)
      .send({ items: [{ productId, quantity: 1 }], customer: { name: 'Aung' } })
      .expect(201);
    return body.data.id;
  }

  it.each(CHANGES)('shows %s on the very next read in every process', async (_, change, shown) => {
    const productId = await addProduct();
    await warm();
    await change(productId);
    for (const process of [other, app]) {
      const { body } = await read(process);
      expect(body.data).toMatchObject(shown);
      expect(body.data).toHaveLength(shown.length);
    }
  });

  it.each([
    ['an update', { $set: { name: 'Tea' } }],
    ['a plain update', { name: 'Tea' }],
    ['a counting update', { $set: { name: 'Tea' }, $inc: { stockVersion: 1 } }],
    ['a pipeline', [{ $set: { name: 'Tea' } }]],
  ])(
    'shows %s whose process died right after it, before it could tell anybody',
    async (_, update) => {
      const id = await addProduct();
      await warm();
      const products = app.nest.get<Model<Product>>(getModelToken(Product.name));
      const options = { updatePipeline: Array.isArray(update), timestamps: false };
      await products.updateOne({ shopId: shop.id, _id: id }, update, options);
      for (const process of [other, app]) {
        expect((await read(process)).body.data[0].name).toBe('Tea');
      }
    },
  );

  it('never answers what was before an acknowledged change, while many read', async () => {
    const id = await addProduct();
    const path = `${shop.path}/products/${id}/stock-movements`;
    const readers = new AbortController();
    const reading = [app, other, app, other].map(async (process) => {
      while (!readers.signal.aborted) await read(process);
    });
    const late: string[] = [];
    for (let stock = 11; stock <= 30; stock++) {
      await shop.owner.post(path, { change: 1 }).expect(201);
      const answers = await Promise.all([app, other, app, other].map((process) => read(process)));
      const seen = answers.map(({ body }) => body.data[0].stock);
      if (seen.some((one) => one !== stock)) late.push(`${stock}: ${seen.join()}`);
    }
    readers.abort();
    await Promise.all(reading);
    expect(late).toEqual([]);
  });

  it('takes a promotion up and down at midnight where the shop is', async () => {
    await shop.owner.put(shop.path, { timeZone: 'Asia/Yangon' }).expect(200);
    const days = [1, 2, 3].map((day) => {
      const date = new Date(Date.now() + day * 24 * 60 * 60 * 1000);
      return date.toISOString().slice(0, 10);
    });
    await addProduct({ promoPrice: 15, promoStartDate: days[1], promoEndDate: days[1] });
    const seen: [number, string][] = [];
    for (const [day, time] of [
      [days[0], '23:59:59'],
      [days[1], '00:00:00'],
      [days[1], '23:59:59'],
      [days[2], '00:00:00'],
    ]) {
      vi.useFakeTimers({ toFake: ['Date'], now: new Date(`${day}T${time}+06:30`) });
      const { body, headers } = await read(app);
      seen.push([body.data[0].currentPrice, headers['etag'] as string]);
    }
    expect(seen.map(([price]) => price)).toEqual([19.99, 15, 15, 19.99]);
    expect(new Set(seen.map(([, etag]) => etag)).size).toBe(2);
  });

  it('shows the price that an order is charged', async () => {
    const productId = await addProduct({ promoPrice: 15 });
    const { body } = await read(app);
    expect(body.data[0]).toMatchObject({ retailPrice: 19.99, currentPrice: 15 });
    const id = await order(productId);
    const placed = await shop.agent.get(`${shop.path}/orders/${id}`).expect(200);
    expect(placed.body.data.totalAmount).toBe(15);
  });

  it('is turned page by page, by category, and by words of the name', async () => {
    const ids: string[] = [];
    for (const [name, category] of [
      ['Coffee beans', 'Coffee'],
      ['Coffee mug', 'Mugs'],
      ['Green tea', 'Tea'],
      ['Cold coffee', 'Coffee'],
    ]) {
      ids.push(await addProduct({ name, category }));
    }
    const listed = async (query: string): Promise<string[]> => {
      const { body } = await read(other, `?${query}`);
      const found = body.data.map(({ id }: { id: string }) => id);
      const { nextCursor } = body.meta;
      return nextCursor ? [...found, ...(await listed(`${query}&cursor=${nextCursor}`))] : found;
    };
    for (let turn = 0; turn < 2; turn++) {
      expect(await listed('limit=3')).toEqual(ids);
      expect(await listed('category=Coffee&limit=1')).toEqual([ids[0], ids[3]]);
      expect(await listed('q=coff')).toEqual([ids[0], ids[1], ids[3]]);
      expect(await listed('q=mug%20cof')).toEqual([ids[1]]);
      expect(await listed('category=coffee')).toEqual([ids[0], ids[3]]);
      expect(await listed('q=...')).toEqual([]);
    }
    const both = await app.request.get(`${catalogue}?q=coffee&category=Mugs`).expect(400);
    expect(both.body.code).toBe('validation_failed');
  });

  it('shows one product, of this shop only (404)', async () => {
    const id = await addProduct({ originalPrice: 11.5, sku: 'SECRET' });
    const one = await app.request.get(`${catalogue}/${id}`).expect(200);
    const list = await read(app);
    expect(one.body.data).toEqual(list.body.data[0]);
    const stranger = await aShop(app);
    await app.request.get(`/api/public/shops/${stranger.slug}/products/${id}`).expect(404);
    await app.request.get(`${catalogue}/nonsense`).expect(404);
  });

  it('is not there for a shop that is not (404), however often it is asked for', async () => {
    for (let turn = 0; turn < 2; turn++) {
      await app.request.get('/api/public/shops/no-such-shop/products').expect(404);
    }
  });
});
