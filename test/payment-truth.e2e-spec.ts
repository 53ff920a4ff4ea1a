import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { OrderPaymentsService } from '../src/orders/order-payments.service.js';
import { PaymentChecksService } from '../src/payments/payment-checks.service.js';
import { PaymentJobsService } from '../src/payments/payment-jobs.service.js';
import { ProviderUnknown } from '../src/payments/providers/payment-provider.js';
import { StripeProvider } from '../src/payments/providers/stripe.provider.js';
import { StripeServer } from './providers/stripe.server.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { anAccount } from './support/bodies.js';
import { eventually } from './support/eventually.js';
import { anOrder, type PlacedOrder } from './support/orders.js';

const HOUR_MS = 3_600_000;

let app: TestApp;
let stripe: StripeServer;
let shop: ShopWorld;
let payments: string;

beforeAll(async () => {
  stripe = await StripeServer.start();
  app = await createTestApp(stripe.variables);
  shop = await aShop(app);
  payments = `${shop.path}/payments`;
});

beforeEach(() => stripe.reset());

afterAll(async () => {
  await app.close();
  await stripe.stop();
});

const begin = (order: PlacedOrder) =>
  shop.owner.post(`${payments}/intent`, { orderId: order.id, provider: 'stripe' });

async function begun(): Promise<{ order: PlacedOrder; id: string; intentId: string }> {
  const order = await anOrder(app, shop);
  const { body } = await begin(order).expect(201);
  return { order, id: body.data.id, intentId: body.data.providerId };
}

async function paid() {
  const payment = await begun();
  const sent = { paymentIntentId: payment.id, paymentMethodId: 'pm_card_visa' };
  await shop.owner.post(`${payments}/confirm`, sent).expect(200);
  return payment;
}

async function send(type: string, object: object, overrides: object = {}): Promise<void> {
  const { body, headers } = stripe.sign(stripe.event(type, { ...object }, { ...overrides }));
  const answer = await fetch(`${app.url}/webhook/stripe`, { method: 'POST', body, headers });
  expect(answer.status).toBe(200);
}

const reconcile = (later: number) =>
  app.nest.get(PaymentJobsService, { strict: false }).reconcile(new Date(Date.now() + later));

const read = async (id: string) =>
  (await shop.owner.get(`${payments}/${id}`).expect(200)).body.data;

describe('a refund that puts the pieces back', () => {
  const refund = (id: string) =>
    shop.admin.post(`${payments}/${id}/refund`, { restock: true }).expect(200);

  it('does so when Stripe tells later that it has succeeded', async () => {
    const { order, id, intentId } = await paid();
    stripe.misbehave(/refunds/, 'reset-after-write', 4);
    expect((await refund(id)).body.data.refunds).toMatchObject([{ status: 'unknown' }]);
    expect(await order.stock()).toBe(9);
    const [made] = [...stripe.account.refunds.values()].filter(
      ({ payment_intent }) => payment_intent === intentId,
    );
    await send('refund.updated', made!);
    await eventually(async () => expect(await order.stock()).toBe(10));
    expect(await order.read()).toMatchObject({ status: 'cancelled', paymentStatus: 'refunded' });
  });

  it('does so when what should have has failed over it', async () => {
    const { order, id } = await paid();
    const broken = vi.spyOn(OrderPaymentsService.prototype, 'restock');
    broken.mockRejectedValueOnce(new Error('the database is away'));
    await refund(id);
    expect(await order.stock()).toBe(9);
    await reconcile(HOUR_MS);
    await eventually(async () => expect(await order.stock()).toBe(10));
  });
});

describe('a refund that the provider refuses', () => {
  it('says why, and gives nothing back', async () => {
    const { order, id, intentId } = await paid();
    // Somebody has given it back on Stripe's own screens; its webhook has not come yet.
    stripe.refundElsewhere(intentId);
    const { body } = await shop.admin.post(`${payments}/${id}/refund`, {}).expect(409);
    expect(body).toMatchObject({
      code: 'payment_refused',
      error: expect.stringContaining('has already been refunded'),
    });
    const { status, refundedAmount, refunds } = await read(id);
    expect({ status, refundedAmount }).toEqual({ status: 'succeeded', refundedAmount: 0 });
    expect(refunds).toMatchObject([{ status: 'failed' }]);
    expect(await order.read()).toMatchObject({ paymentStatus: 'paid' });
  });
});

describe('the reconciliation', () => {
  it('begins no look after its time, and goes on the next time', async () => {
    const { id } = await begun();
    const checks = app.nest.get(PaymentChecksService, { strict: false });
    const later = new Date(Date.now() + 2 * HOUR_MS);
    const clock = vi.spyOn(performance, 'now');
    let time = performance.now();
    // So much from one look at it to the next.
    clock.mockImplementation(() => (time += 16_000));
    await checks.run(later);
    clock.mockRestore();
    expect((await read(id)).status).toBe('pending');
    await checks.run(later);
    expect((await read(id)).status).toBe('canceled');
  });

  it('asks about all refunds of a payment at once, whose time-outs would add up', async () => {
    const { id } = await paid();
    const provider = app.nest.get(StripeProvider, { strict: false });
    const ask = provider.refund.bind(provider);
    const asked = vi.spyOn(provider, 'refund');
    for (const amount of [1, 2]) {
      asked.mockRejectedValueOnce(new ProviderUnknown('The line went dead.'));
      await shop.admin.post(`${payments}/${id}/refund`, { amount }).expect(200);
    }
    expect((await read(id)).refunds).toMatchObject([{ status: 'unknown' }, { status: 'unknown' }]);
    asked.mockClear().mockImplementation(async (refund) => {
      await eventually(() => expect(asked).toHaveBeenCalledTimes(2));
      return ask(refund);
    });
    await reconcile(HOUR_MS / 10);
    expect(await read(id)).toMatchObject({ status: 'partially_refunded', refundedAmount: 3 });
  });
});

describe('an order that waits for a payment', () => {
  it('ends in its time when the provider has ended the payment before', async () => {
    const { order, id, intentId } = await begun();
    await send('payment_intent.canceled', { ...stripe.intent(intentId), status: 'canceled' });
    await eventually(async () => expect((await read(id)).status).toBe('canceled'));
    await reconcile(HOUR_MS / 2);
    expect((await order.read())['status']).toBe('pending');
    await reconcile(2 * HOUR_MS);
    expect((await order.read())['status']).toBe('cancelled');
    await eventually(async () => expect(await order.stock()).toBe(10));
  });

  it('ends when that has failed once after the payment was cancelled', async () => {
    const { order, id } = await begun();
    const broken = vi.spyOn(OrderPaymentsService.prototype, 'expire');
    broken.mockRejectedValueOnce(new Error('the process was killed'));
    await reconcile(2 * HOUR_MS);
    expect((await read(id)).status).toBe('canceled');
    expect((await order.read())['status']).toBe('pending');
    await reconcile(4 * HOUR_MS);
    expect((await order.read())['status']).toBe('cancelled');
  });

  it('ends although the provider never took notice of the payment', async () => {
    const order = await anOrder(app, shop);
    stripe.misbehave(/payment_intents$/, 'reset');
    await begin(order).expect(502);
    await reconcile(2 * HOUR_MS);
    expect((await order.read())['status']).toBe('cancelled');
    const list = await shop.owner.get(`${payments}?orderId=${order.id}`).expect(200);
    expect(list.body.data).toMatchObject([{ status: 'canceled', providerId: null }]);
  });

  it('ends although the provider has forgotten the payment, which may begin anew until then', async () => {
    const [order, other] = [await begun(), await begun()];
    for (const { intentId } of [order, other]) stripe.account.intents.delete(intentId);
    expect((await begin(other.order).expect(201)).body.data.id).not.toBe(other.id);
    expect((await read(other.id)).status).toBe('canceled');
    await reconcile(2 * HOUR_MS);
    expect((await read(order.id)).status).toBe('canceled');
    expect((await order.order.read())['status']).toBe('cancelled');
  });

  it('ends in its time also when the team has cancelled its payment, and nobody paid otherwise', async () => {
    const { order, id } = await begun();
    await shop.owner.post(`${payments}/${id}/cancel`).expect(200);
    await reconcile(HOUR_MS / 2);
    expect((await order.read())['status']).toBe('pending');
    await reconcile(2 * HOUR_MS);
    expect((await order.read())['status']).toBe('cancelled');
  });

  it('ends right at its time, however long the pause between two looks was', async () => {
    const { order } = await begun();
    for (const minutes of [2, 4, 7, 13, 24, 55]) await reconcile(minutes * 60_000);
    expect((await order.read())['status']).toBe('pending');
    await reconcile(61 * 60_000);
    expect((await order.read())['status']).toBe('cancelled');
  });
});

describe('what does not fit', () => {
  it('is not taken in the wrong mode, though Stripe has not answered yet', async () => {
    const order = await anOrder(app, shop);
    stripe.misbehave(/payment_intents$/, 'reset-after-write');
    await begin(order).expect(502);
    const intent = [...stripe.account.intents.values()].at(-1)!;
    await send('payment_intent.succeeded', { ...intent, status: 'succeeded' }, { livemode: true });
    const list = () => shop.owner.get(`${payments}?orderId=${order.id}`).expect(200);
    await eventually(async () =>
      expect((await list()).body.data).toMatchObject([
        { flags: ['mode_mismatch'], status: 'pending', providerId: null },
      ]),
    );
    expect(await order.read()).toMatchObject({ paymentStatus: 'unpaid' });
  });

  it('is no refund in another mode or currency', async () => {
    for (const [change, overrides, flag] of [
      [{}, { livemode: true }, 'mode_mismatch'],
      [{ currency: 'eur' }, {}, 'amount_mismatch'],
    ] as const) {
      const { order, id, intentId } = await paid();
      const refund = { ...stripe.refundElsewhere(intentId, 500), ...change };
      await send('refund.created', refund, overrides);
      await eventually(async () => expect((await read(id)).flags).toEqual([flag]));
      expect(await read(id)).toMatchObject({ refundedAmount: 0, status: 'succeeded' });
      expect(await order.read()).toMatchObject({ paymentStatus: 'paid' });
    }
  });

  it('is no money of ours either when it goes back', async () => {
    const { order, id, intentId } = await begun();
    const other = { ...stripe.pay(intentId), amount: 700, amount_received: 700 };
    Object.assign(stripe.account.intents.get(intentId)!, other);
    await send('refund.created', stripe.refundElsewhere(intentId, 500));
    await eventually(async () => expect((await read(id)).flags).toEqual(['amount_mismatch']));
    expect(await read(id)).toMatchObject({ capturedAmount: 0, refundedAmount: 0 });
    expect(await order.read()).toMatchObject({ paymentStatus: 'unpaid' });
  });

  it('is another payment of Stripe under the same id of ours', async () => {
    const { order, id, intentId } = await begun();
    const other = { ...stripe.intent(intentId), id: 'pi_other', status: 'succeeded' };
    await send('payment_intent.succeeded', other);
    await eventually(async () => expect((await read(id)).flags).toEqual(['other_payment']));
    expect(await order.read()).toMatchObject({ paymentStatus: 'unpaid' });
  });
});

describe("the app's payment service", () => {
  it('is served by cookies alone, without the shop in the path, and reads paymentIntent', async () => {
    const account = anAccount();
    const registered = await app.request.post('/api/auth/register').send(account).expect(201);
    const set = registered.headers['set-cookie'] as unknown as string[];
    const Cookie = set.map((line) => line.split(';')[0]).join('; ');
    const member = { username: account.username, role: 'admin' };
    await shop.owner.post(`${shop.path}/team`, member).expect(201);
    const call = async (method: 'get' | 'post', path: string, body?: object) => {
      const request = app.request[method](`/api/payments/${path}`).set({
        Cookie,
        Origin: 'http://app.example',
        'Content-Type': 'application/json',
      });
      const answer = await request.send(body);
      expect(answer.body, path).toMatchObject({ success: true });
      return answer.body.paymentIntent;
    };
    const intentOf = (order: PlacedOrder) => {
      const sent = { orderId: order.id, amount: 19.99, currency: 'USD', provider: 'stripe' };
      return call('post', 'intent', { ...sent, metadata: { from: 'app' } });
    };
    const order = await anOrder(app, shop);
    const intent = await intentOf(order);
    const { id, clientSecret } = intent;
    expect(intent).toEqual({
      id: expect.stringMatching(/^pi_/),
      clientSecret: stripe.intent(id)['client_secret'],
      amount: 19.99,
      currency: 'USD',
      status: 'pending',
    });
    const sent = { paymentIntentId: id, paymentMethodId: 'pm_card_visa', provider: 'stripe' };
    expect(await call('post', 'confirm', sent)).toMatchObject({ id, status: 'succeeded' });
    expect(await call('get', id)).toMatchObject({ id, status: 'succeeded', amount: 19.99 });
    const refund = { amount: 5, reason: 'A broken bag.' };
    expect(await call('post', `${id}/refund`, refund)).toMatchObject({ status: 'succeeded' });
    const other = await intentOf(await anOrder(app, shop));
    expect(await call('post', `${other.id}/cancel`)).toMatchObject({ status: 'canceled' });
    await expectNowhere(clientSecret);
  });
});

/** Neither in what is kept nor in what was logged. */
async function expectNowhere(secret: string): Promise<void> {
  const db = app.connection.db!;
  const all = { _id: { $exists: true } };
  for (const { name } of await db.listCollections().toArray()) {
    const documents = await db.collection(name).find(all).toArray();
    expect(JSON.stringify(documents), name).not.toContain(secret);
  }
  expect(JSON.stringify(app.logs)).not.toContain(secret);
}
