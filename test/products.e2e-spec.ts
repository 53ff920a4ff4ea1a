import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Actor, aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aProduct } from './support/bodies.js';

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
    });
    const { body } = await shop.manager.post(productsOf(shop), sent).expect(201);
    expect(body.data).toEqual({
      ...sent,
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      promoEndDate: null,
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
    ['description', { description: 'x'.repeat(5001) }],
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

  it('takes no operator from the query', async () => {
    const { body } = await shop.agent.get(`${productsOf(shop)}?limit[$gt]=1&cursor[$ne]=`);
    expect(body).toMatchObject({ success: true, meta: { nextCursor: null } });
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
