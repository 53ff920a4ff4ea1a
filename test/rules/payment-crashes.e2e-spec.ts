import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PaymentJobsService } from '../../src/payments/payment-jobs.service.js';
import { StripeServer } from '../providers/stripe.server.js';
import { aShop, type ShopWorld } from '../support/actors.js';
import { createTestApp, databaseUri, type TestApp, testVariables } from '../support/app.js';
import { createDyingApp, type DyingApp } from '../support/dying-app.js';
import { eventually } from '../support/eventually.js';
import { anOrder, type PlacedOrder } from '../support/orders.js';
import { type ServerProcess, startServer } from '../support/server-process.js';

/** A process that has to start on a busy machine. */
const DEADLINE_MS = 60_000;
const MINUTE_MS = 60_000;

let app: TestApp;
let stripe: StripeServer;
let shop: ShopWorld;
let variables: ReturnType<typeof testVariables>;
const running = new Set<ServerProcess>();
const dead: DyingApp[] = [];

beforeAll(async () => {
  stripe = await StripeServer.start();
  const MONGODB_URI = databaseUri(`payment_crashes_${process.pid}`);
  variables = testVariables({ MONGODB_URI, ...stripe.variables });
  const { JWT_SECRET, ENCRYPTION_KEYS } = variables;
  app = await createTestApp({ MONGODB_URI, JWT_SECRET, ENCRYPTION_KEYS, ...stripe.variables });
  shop = await aShop(app);
});

afterAll(async () => {
  await Promise.all([...running].map((server) => server.stop('SIGKILL')));
  await Promise.all(dead.map((each) => each.close()));
  await app.close();
  await stripe.stop();
});

/** A process, killed in earnest at that step. */
async function killedAt(crashAt: string): Promise<{ url: string; isDead(): boolean }> {
  const server = await startServer({ ...variables, NODE_ENV: 'development', CRASH_AT: crashAt });
  running.add(server);
  server.child.once('exit', () => running.delete(server));
  return { url: server.url, isDead: () => !running.has(server) };
}

/** The same for the data, without the cost of a process. */
async function dyingAt(crashAt: string): Promise<DyingApp> {
  const { MONGODB_URI, JWT_SECRET, ENCRYPTION_KEYS } = variables;
  const own = { MONGODB_URI, JWT_SECRET, ENCRYPTION_KEYS, ...stripe.variables };
  const dying = await createDyingApp(crashAt, own);
  dead.push(dying);
  return dying;
}

/** Sends a request to one that dies at a step of it. */
async function sendAndDie(
  dying: { url: string; isDead(): boolean },
  path: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<void> {
  const sent = fetch(`${dying.url}${path}`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Authorization: `Bearer ${shop.owner.token}`,
      ...headers,
    },
    body: JSON.stringify(body),
  });
  await expect(sent).rejects.toThrow('fetch failed');
  await eventually(() => expect(dying.isDead()).toBe(true));
}

const payments = (): string => `${shop.path}/payments`;
const reconcile = (later: number) =>
  app.nest.get(PaymentJobsService, { strict: false }).reconcile(new Date(Date.now() + later));
const read = async (id: string) =>
  (await shop.owner.get(`${payments()}/${id}`).expect(200)).body.data;

/** Lets the claim of a dead request on its idempotency key run out. */
async function freeKeys(): Promise<void> {
  const keys = app.connection.db!.collection('idempotency_keys');
  await keys.updateMany({ _id: { $exists: true } }, { $set: { lockedUntil: new Date() } });
}

async function begun(): Promise<{ order: PlacedOrder; id: string; intentId: string }> {
  const order = await anOrder(app, shop);
  const sent = { orderId: order.id, provider: 'stripe' };
  const { body } = await shop.owner.post(`${payments()}/intent`, sent).expect(201);
  return { order, id: body.data.id, intentId: body.data.providerId };
}

async function paid() {
  const payment = await begun();
  const sent = { paymentIntentId: payment.id, paymentMethodId: 'pm_card_visa' };
  await shop.owner.post(`${payments()}/confirm`, sent).expect(200);
  return payment;
}

describe('a process killed between the answer of the provider and our write', () => {
  it(
    'begins one payment, when the click is repeated',
    async () => {
      const order = await anOrder(app, shop);
      const sent = { orderId: order.id, provider: 'stripe' };
      const before = stripe.account.intents.size;
      await sendAndDie(
        await dyingAt('payments.findOneAndUpdate:before:1'),
        `${payments()}/intent`,
        sent,
      );
      expect(stripe.account.intents.size).toBe(before + 1);
      const { body } = await shop.owner.post(`${payments()}/intent`, sent).expect(201);
      expect(stripe.account.intents.size).toBe(before + 1);
      expect(stripe.intent(body.data.providerId)).toMatchObject({ amount: 1_999 });
      const list = await shop.owner.get(`${payments()}?orderId=${order.id}`).expect(200);
      expect(list.body.data).toHaveLength(1);
    },
    DEADLINE_MS,
  );

  it(
    'takes the money once, when the confirm is repeated under its key',
    async () => {
      const { order, id, intentId } = await begun();
      const sent = { paymentIntentId: id, paymentMethodId: 'pm_card_visa' };
      const key = { 'Idempotency-Key': randomUUID() };
      await sendAndDie(
        await killedAt('payments.findOneAndUpdate:before:1'),
        `${payments()}/confirm`,
        sent,
        key,
      );
      expect(stripe.chargeCount(intentId)).toBe(1);
      expect((await read(id)).status).toBe('pending');
      await freeKeys();
      const retry = await shop.owner.post(`${payments()}/confirm`, sent).set(key).expect(200);
      expect(retry.body.paymentIntent.status).toBe('succeeded');
      expect(stripe.chargeCount(intentId)).toBe(1);
      expect(await order.read()).toMatchObject({ paymentStatus: 'paid' });
    },
    DEADLINE_MS,
  );

  it(
    'gives the money back once, when the refund is repeated under its key',
    async () => {
      const { id, intentId } = await paid();
      const key = { 'Idempotency-Key': randomUUID() };
      const sent = { amount: 5 };
      const path = `${payments()}/${id}/refund`;
      await sendAndDie(await dyingAt('payments.findOneAndUpdate:before:2'), path, sent, key);
      expect(stripe.refundCount(intentId)).toBe(1);
      await freeKeys();
      await shop.owner.post(path, sent).set(key).expect(200);
      expect(stripe.refundCount(intentId)).toBe(1);
      expect(await read(id)).toMatchObject({
        refundedAmount: 5,
        refunds: [{ status: 'succeeded' }],
      });
    },
    DEADLINE_MS,
  );

  it(
    'gives the money back once, when nobody repeats it',
    async () => {
      const { id, intentId } = await paid();
      const path = `${payments()}/${id}/refund`;
      await sendAndDie(await dyingAt('payments.findOneAndUpdate:before:2'), path, { amount: 7 });
      expect((await read(id)).refunds).toMatchObject([{ amount: 7, status: 'pending' }]);
      await reconcile(2 * MINUTE_MS);
      expect(await read(id)).toMatchObject({
        refundedAmount: 7,
        refunds: [{ status: 'succeeded' }],
      });
      expect(stripe.refundCount(intentId)).toBe(1);
    },
    DEADLINE_MS,
  );
});

describe('a process killed after our write', () => {
  it(
    'has told the order after the next recovery, and the log is whole',
    async () => {
      const { order, id } = await begun();
      const sent = { paymentIntentId: id, paymentMethodId: 'pm_card_visa' };
      await sendAndDie(
        await dyingAt('payments.findOneAndUpdate:after:1'),
        `${payments()}/confirm`,
        sent,
      );
      expect(await order.read()).toMatchObject({ paymentStatus: 'unpaid' });
      await reconcile(MINUTE_MS);
      expect(await order.read()).toMatchObject({ paymentStatus: 'paid' });
      const { body } = await shop.owner.get(`${payments()}/${id}/events`).expect(200);
      const kinds = (body.data as { kind: string }[]).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'transition')).toHaveLength(1);
    },
    DEADLINE_MS,
  );

  it(
    'has a webhook processed that was stored and not queued',
    async () => {
      const { order, intentId } = await begun();
      const event = stripe.event('payment_intent.succeeded', stripe.pay(intentId));
      const { body, headers } = stripe.sign(event);
      const dying = await dyingAt('payment_webhooks.insertOne:after:1');
      const sent = fetch(`${dying.url}/webhook/stripe`, { method: 'POST', body, headers });
      await expect(sent).rejects.toThrow('fetch failed');
      await reconcile(MINUTE_MS);
      await eventually(async () =>
        expect(await order.read()).toMatchObject({ paymentStatus: 'paid' }),
      );
      // It had no answer, so Stripe sends it again.
      const again = await fetch(`${app.url}/webhook/stripe`, { method: 'POST', body, headers });
      expect(again.status).toBe(200);
    },
    DEADLINE_MS,
  );
});

describe('a provider whose answer gets lost', () => {
  it('leaves a refund unknown, which is settled later, once', async () => {
    const { id, intentId } = await paid();
    stripe.misbehave(/refunds/, 'reset-after-write', 4);
    const { body } = await shop.owner.post(`${payments()}/${id}/refund`, { amount: 6 }).expect(200);
    expect(body.data.refunds).toMatchObject([{ amount: 6, status: 'unknown' }]);
    const over = await shop.owner.post(`${payments()}/${id}/refund`, { amount: 15 }).expect(409);
    expect(over.body.error).toContain('13.99');
    stripe.reset();
    await reconcile(2 * MINUTE_MS);
    expect(await read(id)).toMatchObject({
      status: 'partially_refunded',
      refunds: [{ status: 'succeeded' }],
    });
    expect(stripe.refundCount(intentId)).toBe(1);
  });

  it('leaves a payment as it was (502), which the next click finds out', async () => {
    const { id, intentId, order } = await begun();
    const sent = { paymentIntentId: id, paymentMethodId: 'pm_card_visa' };
    stripe.misbehave(/confirm/, 'reset-after-write', 4);
    const lost = await shop.owner.post(`${payments()}/confirm`, sent).expect(502);
    expect(lost.body.code).toBe('provider_failed');
    stripe.reset();
    const again = await shop.owner.post(`${payments()}/confirm`, sent).expect(200);
    expect(again.body.paymentIntent.status).toBe('succeeded');
    expect(stripe.chargeCount(intentId)).toBe(1);
    expect(await order.read()).toMatchObject({ paymentStatus: 'paid' });
  });
});
