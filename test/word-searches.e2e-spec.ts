import { Types } from 'mongoose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { searchWordsOf } from '../src/platform/database/search-words.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';

type Json = Record<string, any>;

/** One page looks at 2,000: two words that more have than that, and one of the last. */
const MANY = 3_600;
const BLUE = { from: 0, to: 2_050 };
const TIN = { from: 1_550, to: MANY };
const BOTH = BLUE.to - TIN.from;

let app: TestApp;
let shop: ShopWorld;

const nameOf = (index: number): string => {
  const isIn = ({ from, to }: typeof BLUE): boolean => index >= from && index < to;
  return [isIn(BLUE) && 'Blue', isIn(TIN) && 'Tin', index === MANY - 1 && 'Z']
    .filter(Boolean)
    .join(' ');
};

function aRow(index: number): Json {
  const at = new Date(Date.UTC(2026, 0, 1) - index * 60_000);
  return {
    _id: new Types.ObjectId(),
    shopId: new Types.ObjectId(shop.id),
    name: nameOf(index),
    searchWords: searchWordsOf([nameOf(index)]),
    createdAt: at,
    updatedAt: at,
  };
}

beforeAll(async () => {
  app = await createTestApp();
  shop = await aShop(app);
  const rows = Array.from({ length: MANY }, (_, index) => aRow(index));
  const product = { retailPrice: 1, currency: 'USD', itemType: 'product', stock: null };
  const texts = { description: '', sku: '', imageUrl: '', category: '', warranty: '' };
  const more = { duration: '', location: '', facebookSubtitle: '', buttons: [], revision: 0 };
  const none = { originalPrice: null, promoPrice: null, formId: null, pendingStockChanges: [] };
  const dates = { promoStartDate: null, promoEndDate: null };
  const person = { phones: [], emails: [], tags: [], address: '', notes: '', state: 'active' };
  await app.connection
    .collection('products')
    .insertMany(rows.map((row) => ({ ...row, ...product, ...texts, ...more, ...none, ...dates })));
  await app.connection.collection('customers').insertMany(
    // Each key is somebody's.
    rows.map((row, index) => ({ ...row, ...person, keys: [`tel:+${index}`] })),
  );
}, 120_000);

afterAll(() => app.close());

const LISTS: [string, string, () => string][] = [
  ['products', 'the catalogue', () => `${shop.path}/products`],
  ['products', 'the public catalogue', () => `/api/public/shops/${shop.slug}/products`],
  ['customers', 'the customers', () => `${shop.path}/customers`],
];

/** What reads of a collection by `work` have looked at, each. */
async function docsOf(collection: string, work: () => Promise<unknown>): Promise<number[]> {
  const sent: [string, any, any][] = [];
  app.connection.set('debug', (name: string, method: string, what: Json, options: Json) => {
    if (name === collection) sent.push([method, what, options]);
  });
  await work();
  app.connection.set('debug', false);
  const rows = app.connection.collection(collection);
  const explained = sent.map(([method, what, options]): Promise<Json> => {
    const { limit, hint } = options;
    const count = [{ $match: what }, { $limit: limit }, { $group: { _id: 1, n: { $sum: 1 } } }];
    const reads = {
      find: () => rows.find(what, options),
      aggregate: () => rows.aggregate(what, options),
      countDocuments: () => rows.aggregate(count, { hint }),
    };
    return reads[method as keyof typeof reads]().explain('executionStats');
  });
  return (await Promise.all(explained)).map((one) => {
    const { executionStats } = one['stages']?.[0]?.$cursor ?? one;
    return Math.max(executionStats.totalDocsExamined, executionStats.totalKeysExamined - 1);
  });
}

describe.each(LISTS)('%s: a search for several words in %s', (collection, _, path) => {
  const read = (query: string) => shop.owner.get(`${path()}?${query}`).expect(200);

  it('finds at once what few have, however many have the longer word', async () => {
    for (const q of ['tin z', 'z tin']) {
      const { body } = await read(`q=${encodeURIComponent(q)}`);
      expect(body.data.map(({ name }: Json) => name)).toEqual(['Tin Z']);
      expect(body.meta.nextCursor).toBeNull();
    }
  });

  it('looks at a bounded number of them, goes on from there, and finds each once', async () => {
    const found: string[] = [];
    let cursor = '';
    let pages = 0;
    do {
      const { body } = await read(`q=tin+blue&limit=500${cursor && `&cursor=${cursor}`}`);
      found.push(...body.data.map(({ id }: Json) => id));
      cursor = body.meta.nextCursor ?? '';
      pages++;
    } while (cursor);
    expect(pages).toBe(2);
    expect(found).toHaveLength(BOTH);
    expect(new Set(found).size).toBe(BOTH);
    const docs = await docsOf(collection, () => read('q=tin+blue&limit=500'));
    expect(docs.length).toBeGreaterThan(2);
    expect(Math.max(...docs)).toBeLessThanOrEqual(2_000);
  });
});
