import { getModelToken } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HeldStockService } from '../../src/orders/held-stock.service.js';
import { IdempotencyKey } from '../../src/platform/idempotency/idempotency-key.schema.js';
import { aShop, type ShopWorld } from '../support/actors.js';
import { createTestApp, databaseUri, type TestApp, testVariables } from '../support/app.js';
import { aForm, aProduct } from '../support/bodies.js';
import { createDyingApp, type DyingApp } from '../support/dying-app.js';
import { eventually } from '../support/eventually.js';
import { type ServerProcess, startServer } from '../support/server-process.js';

/** A process that has to start on a busy machine. */
const DEADLINE_MS = 60_000;
const LATER_MS = 31_000;

let app: TestApp;
let shop: ShopWorld;
let variables: ReturnType<typeof testVariables>;
const running = new Set<ServerProcess>();
const dead: DyingApp[] = [];

beforeAll(async () => {
  variables = testVariables({ MONGODB_URI: databaseUri(`oversell_${process.pid}`) });
  const { MONGODB_URI, JWT_SECRET, ENCRYPTION_KEYS } = variables;
  app = await createTestApp({ MONGODB_URI, JWT_SECRET, ENCRYPTION_KEYS });
  shop = await aShop(app);
});

afterAll(async () => {
  await Promise.all([...running].map((server) => server.stop('SIGKILL')));
  await Promise.all(dead.map((each) => each.close()));
  await app.close();
});

/** Another API process on the same database. */
async function another(overrides: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await startServer({ ...variables, NODE_ENV: 'development', ...overrides });
  running.add(server);
  void server.child.once('exit', () => running.delete(server));
  return server;
}

/** One that dies at that step, without the cost of a process: a case below is killed in earnest. */
async function dyingAt(crash: string): Promise<DyingApp> {
  const { MONGODB_URI, JWT_SECRET, ENCRYPTION_KEYS } = variables;
  const dying = await createDyingApp(crash, { MONGODB_URI, JWT_SECRET, ENCRYPTION_KEYS });
  dead.push(dying);
  return dying;
}

async function addProduct(stock: number): Promise<string> {
  const { body } = await shop.owner.post(`${shop.path}/products`, aProduct({ stock })).expect(201);
  return body.data.id;
}

interface Ledger {
  stock: number;
  changes: { change: number; newStock: number; reason: string; orderId: string | null }[];
}

/** The stock of a product and the changes that made it, oldest first; they must agree. */
async function ledgerOf(productId: string): Promise<Ledger> {
  const path = `${shop.path}/products/${productId}`;
  const [product, movements] = [
    await shop.agent.get(path).expect(200),
    await shop.agent.get(`${path}/stock-movements?limit=500`).expect(200),
  ];
  const changes = (movements.body.data as Ledger['changes']).toReversed();
  let stock = 0;
  for (const { change, newStock } of changes) {
    stock += change;
    expect(newStock).toBe(stock);
  }
  expect(product.body.data.stock).toBe(stock);
  return { stock, changes };
}

const placeAt = (url: string, path: string, sent: object, headers: Record<string, string> = {}) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(sent),
  });

const asOwner = () => ({ Authorization: `Bearer ${shop.owner.token}` });

describe('200 orders at once for ten pieces', () => {
  it(
    'sell exactly ten, through both doors and two processes, whole orders only',
    async () => {
      const other = await another();
      const scarce = await addProduct(10);
      const plenty = await addProduct(1_000);
      const { body } = await shop.owner.post(`${shop.path}/forms`, aForm()).expect(201);
      const submissions = `/api/public/shops/${shop.slug}/forms/${body.data.id}/submissions`;
      const statuses = await Promise.all(
        Array.from({ length: 200 }, async (_, turn) => {
          const url = turn % 2 === 0 ? app.url : other.url;
          const items = [
            { productId: plenty, quantity: 1 },
            { productId: scarce, quantity: 1 },
            // Some name the same product on two lines.
            ...(turn % 5 === 0 ? [{ productId: scarce, quantity: 1 }] : []),
          ];
          const sent = { customer: { name: 'Aung' }, items };
          const isPublic = turn % 4 < 2;
          const response = isPublic
            ? await placeAt(url, submissions, { ...sent, answers: {} })
            : await placeAt(url, `${shop.path}/orders`, sent, asOwner());
          return { status: response.status, pieces: items.length - 1 };
        }),
      );
      expect(new Set(statuses.map(({ status }) => status))).toEqual(new Set([201, 409]));
      const placed = statuses.filter(({ status }) => status === 201);
      const sold = placed.reduce((sum, { pieces }) => sum + pieces, 0);
      const { stock } = await ledgerOf(scarce);
      expect(sold + stock).toBe(10);
      // An order of two may find one piece only; all that wanted one found it.
      expect(stock).toBe(0);
      expect((await ledgerOf(plenty)).stock).toBe(1_000 - placed.length);
      await other.stop();
    },
    DEADLINE_MS,
  );
});

/** Each step of placing an order of two lines; what a crash there leaves of it. */
const STEPS: [crash: string, isPlaced: boolean][] = [
  ['products.findOneAndUpdate:after:1', false],
  ['products.findOneAndUpdate:after:2', false],
  ['orders.insertOne:before:1', false],
  ['orders.insertOne:after:1', true],
  ['stock_movements.insertMany:after:1', true],
  ['products.updateMany:after:1', true],
];

describe('a process that is killed', () => {
  const recoverLater = async () => {
    const later = new Date(Date.now() + LATER_MS);
    await app.nest.get(HeldStockService, { strict: false }).recover(later);
  };

  it.each(STEPS)(
    'at %s of an order leaves no lost stock and no phantom order',
    async (crash, isPlaced) => {
      const dying = await dyingAt(crash);
      const [one, two] = [await addProduct(5), await addProduct(5)];
      const sent = {
        customer: { name: 'Aung' },
        items: [one, two].map((productId) => ({ productId, quantity: 2 })),
      };
      // It may have answered before it died: what is left over is done after the answer.
      await placeAt(dying.url, `${shop.path}/orders`, sent, asOwner()).catch(() => undefined);
      await eventually(() => expect(dying.isDead()).toBe(true));
      await recoverLater();
      const left = isPlaced ? 3 : 5;
      expect([(await ledgerOf(one)).stock, (await ledgerOf(two)).stock]).toEqual([left, left]);
      const { body } = await shop.owner.get(`${shop.path}/orders?limit=1`).expect(200);
      const isThere = body.data.some((order: { items: { productId: string }[] }) =>
        order.items.some(({ productId }) => productId === one),
      );
      expect(isThere).toBe(isPlaced);
    },
    DEADLINE_MS,
  );

  it.each(['orders.findOneAndUpdate:after:1', 'products.findOneAndUpdate:after:1'])(
    'at %s of a cancellation puts the pieces back once',
    async (crash) => {
      const dying = await dyingAt(crash);
      const productId = await addProduct(5);
      const sent = { customer: { name: 'Aung' }, items: [{ productId, quantity: 2 }] };
      const { body } = await shop.owner.post(`${shop.path}/orders`, sent).expect(201);
      await fetch(`${dying.url}${shop.path}/orders/${body.data.id}/status`, {
        method: 'PUT',
        headers: { 'Content-Type': 'application/json', ...asOwner() },
        body: JSON.stringify({ status: 'cancelled' }),
      }).catch(() => undefined);
      await eventually(() => expect(dying.isDead()).toBe(true));
      await recoverLater();
      await recoverLater();
      const { stock, changes } = await ledgerOf(productId);
      expect(stock).toBe(5);
      expect(changes.filter(({ reason }) => reason === 'order_cancelled')).toHaveLength(1);
    },
    DEADLINE_MS,
  );

  it(
    'after it has placed an order: the retry with its Idempotency-Key is told of that one',
    async () => {
      const dying = await another({ CRASH_AT: 'orders.insertOne:after:1' });
      const productId = await addProduct(5);
      const sent = { customer: { name: 'Aung' }, items: [{ productId, quantity: 2 }] };
      const key = { 'Idempotency-Key': 'crashed-and-retried' };
      await placeAt(dying.url, `${shop.path}/orders`, sent, { ...asOwner(), ...key }).catch(
        () => undefined,
      );
      await eventually(() => expect(running.has(dying)).toBe(false));
      const keys = app.nest.get<Model<IdempotencyKey>>(getModelToken(IdempotencyKey.name), {
        strict: false,
      });
      await keys.collection.updateMany({}, { $set: { lockedUntil: new Date() } });
      const retry = await shop.owner.post(`${shop.path}/orders`, sent).set(key).expect(201);
      const { body } = await shop.owner.get(`${shop.path}/orders?limit=2`).expect(200);
      expect(body.data[0].id).toBe(retry.body.data.id);
      expect(body.data[1].items[0].productId).not.toBe(productId);
      expect((await ledgerOf(productId)).stock).toBe(3);
    },
    DEADLINE_MS,
  );

  it('does not lose an order that another process is placing at this moment', async () => {
    const productId = await addProduct(5);
    const sent = { customer: { name: 'Aung' }, items: [{ productId, quantity: 1 }] };
    const recovery = app.nest.get(HeldStockService, { strict: false });
    const placing = Array.from({ length: 5 }, () => shop.owner.post(`${shop.path}/orders`, sent));
    const recovering = Array.from({ length: 5 }, () => recovery.recover(new Date()));
    const [placed] = await Promise.all([Promise.all(placing), Promise.all(recovering)]);
    expect(placed.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    expect((await ledgerOf(productId)).stock).toBe(0);
  });
});
