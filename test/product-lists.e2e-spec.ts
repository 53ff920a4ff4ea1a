import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aProduct } from './support/bodies.js';

type Json = Record<string, any>;
type Row = Record<string, any> & { id: string; name: string };

let app: TestApp;
let shop: ShopWorld;
let products: Row[];

/** Many products with the same name, price, category or stock, so that ties are met on every page. */
const KINDS = [
  { name: 'Apple', category: 'Fruit', retailPrice: 3, stock: 0 },
  { name: 'apple', category: 'fruit', retailPrice: 3, stock: 4 },
  { name: 'Size 10', category: 'Shoes', retailPrice: 20, stock: 11 },
  { name: 'Size 2', category: 'Shoes', retailPrice: 20, stock: 4 },
  { name: 'Zebra', category: '', retailPrice: 100.5, stock: null },
  { name: 'မုန့်ဟင်းခါး', category: 'Food', retailPrice: 2, stock: 10 },
  { name: 'Haircut', category: 'Care', retailPrice: 3, itemType: 'service' },
  { name: 'Massage', category: 'Care', retailPrice: 30, itemType: 'service' },
] as const;
const ROUNDS = 3;

beforeAll(async () => {
  app = await createTestApp();
  shop = await aShop(app);
  products = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, kind] of KINDS.entries()) {
      const sent = aProduct({ ...kind, sku: `SKU-${round}${index}` });
      const { body } = await shop.owner.post(`${shop.path}/products`, sent).expect(201);
      products.push(body.data);
    }
  }
});

afterAll(() => app.close());

const list = (query: string) => shop.agent.get(`${shop.path}/products?${query}`);

async function namesOf(query: string): Promise<string[]> {
  const { body } = await list(query).expect(200);
  return body.data.map(({ name }: Row) => name);
}

async function everyPage(query: string, limit: number): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null = null;
  do {
    const next: string = cursor ? `&cursor=${cursor}` : '';
    const { body } = await list(`${query}&limit=${limit}${next}`).expect(200);
    expect(body.data.length).toBeLessThanOrEqual(limit);
    rows.push(...body.data);
    cursor = body.meta.nextCursor;
  } while (cursor);
  return rows;
}

const collator = new Intl.Collator('en', { sensitivity: 'accent', numeric: true });
const ORDERS: Record<string, (a: Row, b: Row) => number> = {
  createdAt: () => 0,
  name: (a, b) => collator.compare(a.name, b.name),
  retailPrice: (a, b) => a['retailPrice'] - b['retailPrice'],
  stock: (a, b) => a['stock'] - b['stock'],
};

interface Offer {
  filter: string;
  matches: (row: Row) => boolean;
  sorts: string[];
}

const isShoes = ({ category }: Row): boolean => category === 'Shoes';
const ALL = ['createdAt', 'name', 'retailPrice'];
const STOCKS: [string, (row: Row) => boolean, string][] = [
  ['stock=in', ({ stock }) => stock >= 1, 'stock'],
  ['stock=low', ({ stock }) => stock !== null && stock <= 10, 'stock'],
  ['stock=low&threshold=3', ({ stock }) => stock !== null && stock <= 3, 'stock'],
  ['stock=out', ({ stock }) => stock === 0, 'createdAt'],
  ['stock=uncounted', ({ stock }) => stock === null, 'createdAt'],
];
const OFFERS: Offer[] = [
  { filter: '', matches: () => true, sorts: ALL },
  { filter: 'category=SHOES', matches: isShoes, sorts: ALL },
  { filter: 'itemType=service', matches: ({ itemType }) => itemType === 'service', sorts: ALL },
  { filter: 'q=siz%20sho', matches: isShoes, sorts: ['createdAt'] },
  ...STOCKS.map(([filter, matches, sort]) => ({ filter, matches, sorts: [sort] })),
  ...STOCKS.map(([filter, matches, sort]) => ({
    filter: `category=shoes&${filter}`,
    matches: (row: Row) => isShoes(row) && matches(row),
    sorts: [sort],
  })),
];
const COMBINATIONS = OFFERS.flatMap(({ sorts, ...offer }) =>
  sorts.map((sort) => ({ ...offer, sort })),
);

describe('every list of products that is offered', () => {
  it.each(COMBINATIONS)(
    '$filter by $sort is whole and in order, in pages of any size, both ways',
    async ({ filter, sort, matches }) => {
      // Node sorts stably, so equal keys stay in order of creation, as they must here.
      const expected = products
        .filter(matches)
        .toSorted(ORDERS[sort]!)
        .map(({ id }) => id);
      const ids = async (order: string, limit: number): Promise<string[]> =>
        (await everyPage(`${filter}&sort=${sort}&order=${order}`, limit)).map(({ id }) => id);
      expect(await ids('asc', 2)).toEqual(expected);
      expect(await ids('asc', 500)).toEqual(expected);
      expect(await ids('desc', 3)).toEqual(expected.toReversed());
      const usual = await everyPage(filter, 500);
      expect(new Set(usual.map(({ id }) => id))).toEqual(new Set(expected));
    },
  );

  it('is read from one range of an index: no sort, and no row or key more than it shows', async () => {
    const reads: [Json, Json][] = [];
    app.connection.set(
      'debug',
      (collection: string, method: string, filter: Json, options: Json) => {
        if (collection === 'products' && method === 'find') reads.push([filter, options]);
      },
    );
    for (const { filter, sort } of COMBINATIONS) {
      for (const order of ['asc', 'desc'])
        await everyPage(`${filter}&sort=${sort}&order=${order}`, 2);
    }
    app.connection.set('debug', false);
    expect(reads.length).toBeGreaterThan(COMBINATIONS.length * 4);
    const dear: string[] = [];
    for (const [filter, options] of reads) {
      const plan = await app.connection.collection('products').find(filter, options).explain();
      const { totalKeysExamined, totalDocsExamined, nReturned } = plan['executionStats'];
      // One key more may be looked at to see that a range has ended.
      const isDear = totalKeysExamined > nReturned + 1 || totalDocsExamined > nReturned;
      const sorts = /"stage":"(SORT|SORT_MERGE|OR|COLLSCAN)"/.test(JSON.stringify(plan));
      // Where a search for several words has stopped; `word-searches` bounds those.
      const isEnd = options['skip'] !== undefined;
      if (sorts || (isDear && !isEnd)) dear.push(JSON.stringify({ filter, options }));
    }
    expect(dear).toEqual([]);
  });

  it('shows every product once to who pages while products are added and taken away', async () => {
    const own = await aShop(app);
    const path = `${own.path}/products`;
    const add = async (name: string): Promise<string> => {
      const { body } = await own.owner.post(path, aProduct({ name })).expect(201);
      return body.data.id;
    };
    for (const name of ['a', 'b', 'b', 'b', 'c']) await add(name);
    const first = await own.owner.get(`${path}?sort=name&limit=2`).expect(200);
    const [, lastShown] = first.body.data as [Row, Row];
    await own.owner.delete(`${path}/${lastShown.id}`).expect(200);
    const inserted = await add('b');
    await add('a');
    const cursor = first.body.meta.nextCursor as string;
    const rest = await own.owner.get(`${path}?sort=name&cursor=${cursor}`).expect(200);
    expect(rest.body.data.map(({ name }: Row) => name)).toEqual(['b', 'b', 'b', 'c']);
    expect(rest.body.data[2].id).toBe(inserted);
  });
});

describe('the search for products', () => {
  it.each([
    ['q=ZEB', 'Zebra'],
    ['q=sku-04', 'Zebra'],
    ['q=%E1%80%99%E1%80%AF%E1%80%94%E1%80%B7%E1%80%BA', 'မုန့်ဟင်းခါး'],
    ['q=hair%20care', 'Haircut'],
  ])('%s finds it by beginnings of words in name, SKU and category', async (query, name) => {
    expect(new Set(await namesOf(query))).toEqual(new Set([name]));
  });

  it('finds nothing where a word is not there, and nothing by signs alone', async () => {
    expect(await namesOf('q=zebra%20shoes')).toEqual([]);
    expect(await namesOf('q=%25%24')).toEqual([]);
    expect(await namesOf('q=.*')).toEqual([]);
  });

  it('knows a product by its new name only', async () => {
    const { body } = await shop.owner.post(`${shop.path}/products`, aProduct({ name: 'Quince' }));
    await shop.owner.put(`${shop.path}/products/${body.data.id}`, { name: 'Papaya' }).expect(200);
    expect(await namesOf('q=quince')).toEqual([]);
    expect(await namesOf('q=papaya')).toEqual(['Papaya']);
    await shop.owner.delete(`${shop.path}/products/${body.data.id}`).expect(200);
  });

  it('takes an empty q or category for none', async () => {
    expect(await namesOf('q=&category=')).toHaveLength(products.length);
  });
});

describe('a list of products that is not offered', () => {
  it.each([
    ['q=a&category=Shoes', ['q', 'category']],
    ['itemType=product&stock=in', ['itemType', 'stock']],
    ['q=a&sort=name', ['sort']],
    ['stock=low&sort=name', ['sort']],
    ['sort=stock', ['sort']],
    ['sort=description', ['sort']],
    ['order=up', ['order']],
    ['stock=some', ['stock']],
    ['stock=low&threshold=-1', ['threshold']],
    ['itemType=gift', ['itemType']],
    [`q=${'x'.repeat(101)}`, ['q']],
  ])('%s is refused (400), naming what to change', async (query, fields) => {
    const { body } = await list(query).expect(400);
    expect(body.code).toBe('validation_failed');
    expect(body.details.map(({ field }: { field: string }) => field)).toEqual(fields);
  });

  it('is what a cursor of another order asks for (400)', async () => {
    for (const [from, to] of [
      ['sort=name', 'sort=retailPrice'],
      ['sort=name', ''],
      ['sort=retailPrice', 'stock=in'],
      ['sort=createdAt', 'sort=name'],
    ]) {
      const { body } = await list(`${from}&limit=2`).expect(200);
      const refused = await list(`${to}&cursor=${body.meta.nextCursor as string}`).expect(400);
      expect(refused.body.code).toBe('invalid_cursor');
    }
    const forged = Buffer.from(JSON.stringify(['retailPrice', { $gt: 0 }, products[0]!.id]));
    await list(`sort=retailPrice&cursor=${forged.toString('base64url')}`).expect(400);
  });
});
