import { Types } from 'mongoose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { searchWordsOf } from '../src/platform/database/search-words.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';

type Json = Record<string, any>;

const ORDERS = 3_000;
const [AUNG, SU] = [new Types.ObjectId(), new Types.ObjectId()];

let app: TestApp;
let shop: ShopWorld;
let all: Json[];

/** By turns of the web, pending and Aung's, and of the counter, completed and Su's: they never meet. */
function anOrder(index: number): Json {
  const isAung = index % 2 === 0;
  const name = isAung ? 'Aung Aung' : 'Su Aung';
  const orderId = `MCXX-${String(index).padStart(4, '0')}`;
  const submittedAt = new Date(Date.UTC(2026, 0, 1) + index * 60_000);
  return {
    _id: new Types.ObjectId(),
    shopId: new Types.ObjectId(shop.id),
    orderId,
    customer: { name, phone: '', email: '', address: '' },
    customerId: isAung ? AUNG : SU,
    channel: isAung ? 'web' : 'counter',
    status: isAung ? 'pending' : 'completed',
    currency: 'USD',
    formId: null,
    formVersion: null,
    formName: '',
    notes: '',
    paymentMethod: '',
    paymentIntentId: null,
    fields: [],
    items: [],
    history: [],
    payments: [],
    paymentStatus: 'unpaid',
    totalAmount: 0,
    seq: index,
    searchWords: searchWordsOf([name, orderId]),
    submittedAt,
    updatedAt: submittedAt,
  };
}

beforeAll(async () => {
  app = await createTestApp();
  shop = await aShop(app);
  all = Array.from({ length: ORDERS }, (_, index) => anOrder(index));
  await app.connection.collection('orders').insertMany(all as never[]);
});

afterAll(() => app.close());

async function everyPage(filter: string, limit = 500): Promise<{ ids: string[]; pages: number }> {
  const ids: string[] = [];
  let cursor = '';
  for (let pages = 1; ; pages++) {
    const path = `${shop.path}/orders?limit=${limit}&${filter}${cursor && `&cursor=${cursor}`}`;
    const { body } = await shop.agent.get(path).expect(200);
    ids.push(...body.data.map(({ id }: Json) => id));
    cursor = body.meta.nextCursor ?? '';
    if (!cursor) return { ids, pages };
  }
}

/** Of every read of orders by `work`: how many it has looked at, and how. */
async function readsOf(work: () => Promise<unknown>): Promise<{ docs: number; plan: string }[]> {
  const orders = app.connection.collection('orders');
  const sent: [string, any, any][] = [];
  app.connection.set('debug', (collection: string, method: string, what: Json, options: Json) => {
    if (collection === 'orders') sent.push([method, what, options]);
  });
  await work();
  app.connection.set('debug', false);
  const explained = sent.map(([method, what, options]): Promise<Json> => {
    const { limit, hint } = options;
    const count = [{ $match: what }, { $limit: limit }, { $group: { _id: 1, n: { $sum: 1 } } }];
    const reads = {
      find: () => orders.find(what, options),
      aggregate: () => orders.aggregate(what, options),
      countDocuments: () => orders.aggregate(count, { hint }),
    };
    return reads[method as keyof typeof reads]().explain('executionStats');
  });
  return (await Promise.all(explained)).map((one) => {
    const { executionStats, queryPlanner } = one['stages']?.[0]?.$cursor ?? one;
    const plan = JSON.stringify(queryPlanner.winningPlan);
    return { docs: executionStats.totalDocsExamined as number, plan };
  });
}

const isAung = (order: Json): boolean => order['channel'] === 'web';
const since = new Date(Date.UTC(2026, 0, 1) + 2_000 * 60_000);
const isLate = (order: Json): boolean => order['submittedAt'] >= since;

const FILTERS: [string, (order: Json) => boolean, number][] = [
  ['', () => true, 21],
  ['status=pending', isAung, 21],
  ['channel=web', isAung, 21],
  ['channel=viber', () => false, 0],
  ['status=pending&channel=web', isAung, 21],
  ['status=pending&channel=counter', () => false, 0],
  [`customerId=${String(AUNG)}`, isAung, 21],
  [`customerId=${String(AUNG)}&status=completed`, () => false, 2_000],
  [`customerId=${String(AUNG)}&status=pending&channel=web`, isAung, 2_000],
  ['q=aung', () => true, 21],
  ['q=aung&status=returned', () => false, 2_000],
  ['q=aung&channel=web&status=completed', () => false, 2_000],
  [`q=aung&customerId=${String(SU)}&channel=web`, () => false, 2_000],
  ['q=mcxx-0007', ({ orderId }) => orderId === 'MCXX-0007', 2_000],
  ['q=aung+zz', () => false, 2_000],
  ['q=su+aung', (order) => !isAung(order), 2_000],
  [`from=${since.toISOString()}`, isLate, 21],
  [`to=${since.toISOString()}&status=pending`, (order) => !isLate(order) && isAung(order), 21],
  [`from=${since.toISOString()}&channel=counter`, (order) => isLate(order) && !isAung(order), 21],
];

describe('every list of orders', () => {
  it.each(FILTERS)(
    '"%s" is whole, newest first, and looks at few',
    async (filter, matches, most) => {
      const expected = all
        .filter(matches)
        .map(({ _id }) => String(_id))
        .toReversed();
      const { ids, pages } = await everyPage(filter);
      expect(ids).toEqual(expected);
      // What few have is on the first page, however many others come before it.
      const mostPages = filter.startsWith('q=mcxx') ? 1 : Math.ceil(expected.length / 500) + 2;
      expect(pages).toBeLessThanOrEqual(mostPages);
      const path = `${shop.path}/orders?limit=20&${filter}`;
      const reads = await readsOf(() => shop.agent.get(path).expect(200));
      expect(reads.length).toBeGreaterThan(0);
      for (const { docs, plan } of reads) {
        expect(docs).toBeLessThanOrEqual(most);
        expect(plan).not.toMatch(/"stage":"(SORT|COLLSCAN)"/);
      }
    },
  );
});
