import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PaymentJobsService } from '../src/payments/payment-jobs.service.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { eventually } from './support/eventually.js';
import { anOrder, type PlacedOrder } from './support/orders.js';
import { openSocketIo } from './support/sockets.js';

const HOUR_MS = 3_600_000;

let app: TestApp;
let shop: ShopWorld;
let payments: string;

beforeAll(async () => {
  app = await createTestApp();
  shop = await aShop(app);
  payments = `${shop.path}/payments`;
});

afterAll(() => app.close());

const begin = (order: PlacedOrder, more: object = {}) =>
  shop.owner.post(`${payments}/intent`, { orderId: order.id, provider: 'sandbox', ...more });

const confirm = (paymentIntentId: string) =>
  shop.owner.post(`${payments}/confirm`, { paymentIntentId });

/** A payment that was begun, by the provider's id. */
async function begun(order: PlacedOrder): Promise<string> {
  return (await begin(order).expect(201)).body.paymentIntent.id;
}

async function paid(price = 20): Promise<{ order: PlacedOrder; id: string }> {
  const order = await anOrder(app, shop, { retailPrice: price });
  const id = await begun(order);
  await confirm(id).expect(200);
  return { order, id };
}

const reconcile = (later: number) =>
  app.nest.get(PaymentJobsService, { strict: false }).reconcile(new Date(Date.now() + later));

describe('the payment of an order', () => {
  it('is begun, confirmed and told in the words of the app', async () => {
    const order = await anOrder(app, shop);
    const { body } = await begin(order, { amount: 19.99, currency: 'usd' }).expect(201);
    expect(body.paymentIntent).toEqual({
      id: body.data.providerId,
      clientSecret: expect.stringContaining('_secret_'),
      amount: 19.99,
      currency: 'USD',
      status: 'pending',
    });
    expect(body.data).toMatchObject({
      orderId: order.id,
      orderNumber: order.orderId,
      clientSecret: body.paymentIntent.clientSecret,
      isLive: false,
      status: 'pending',
    });
    const confirmed = await confirm(body.data.id).expect(200);
    expect(confirmed.body.paymentIntent).toMatchObject({ status: 'succeeded', amount: 19.99 });
    expect(await order.read()).toMatchObject({
      paymentStatus: 'paid',
      paymentIntentId: body.data.providerId,
      status: 'pending',
    });
  });

  it('is found by the id of the provider and by ours, with and without the shop in the path', async () => {
    const { id, order } = await paid();
    const own = (await shop.agent.get(`${payments}/${id}`).expect(200)).body.data.id;
    for (const path of [`${payments}/${own}`, `/api/payments/${id}`, `/api/payments/${own}`]) {
      const { body } = await shop.agent.get(path).expect(200);
      expect(body.paymentIntent).toMatchObject({ id, status: 'succeeded' });
    }
    await shop.outsider.get(`/api/payments/${id}`).expect(404);
    await shop.outsider.get(`/api/payments/${own}`).expect(404);
    const list = await shop.agent.get(`${payments}?orderId=${order.id}`).expect(200);
    expect(list.body.data).toMatchObject([{ id: own, orderId: order.id }]);
    const other = await aShop(app);
    await other.owner.get(`${other.path}/payments/${own}`).expect(404);
  });

  it('goes through without the shop in the path, from the order by its id or number', async () => {
    const order = await anOrder(app, shop);
    for (const orderId of [order.id, order.orderId]) {
      const sent = { orderId, amount: 19.99, currency: 'USD', provider: 'sandbox', metadata: {} };
      const { body } = await shop.manager.post('/api/payments/intent', sent).expect(201);
      expect(body.paymentIntent.status).toBe('pending');
    }
    await shop.agent.post('/api/payments/intent', { orderId: order.id }).expect(403);
    await shop.outsider.post('/api/payments/intent', { orderId: order.id }).expect(404);
    await shop.owner.post('/api/payments/intent', { orderId: { $gt: '' } }).expect(404);
    const found = await shop.agent.get(`${payments}?orderId=${order.id}`).expect(200);
    expect(found.body.data).toHaveLength(1);
    const { providerId } = found.body.data[0];
    const confirmed = await shop.manager
      .post('/api/payments/confirm', { paymentIntentId: providerId, provider: 'sandbox' })
      .expect(200);
    expect(confirmed.body.paymentIntent.status).toBe('succeeded');
  });

  it('is one for any number of clicks at the same moment', async () => {
    const order = await anOrder(app, shop);
    const answers = await Promise.all(Array.from({ length: 10 }, () => begin(order)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => body.data.id)).size).toBe(1);
    const [first] = answers;
    const confirms = await Promise.all(
      Array.from({ length: 10 }, () => confirm(first!.body.data.id)),
    );
    expect(new Set(confirms.map(({ body }) => body.paymentIntent.status))).toEqual(
      new Set(['succeeded']),
    );
    const log = await shop.owner.get(`${payments}/${first!.body.data.id}/events`).expect(200);
    const moves = log.body.data.filter(({ kind }: { kind: string }) => kind === 'transition');
    expect(moves).toMatchObject([{ from: 'pending', to: 'succeeded' }]);
  });

  it('answers again under an idempotency key, and keeps no client secret for it', async () => {
    const order = await anOrder(app, shop);
    const key = randomUUID();
    const first = await begin(order).set('Idempotency-Key', key).expect(201);
    const again = await begin(order).set('Idempotency-Key', key).expect(201);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toEqual(first.body);
    const secret = first.body.paymentIntent.clientSecret as string;
    const kept = await app.connection.db!.collection('idempotency_keys').find().toArray();
    expect(JSON.stringify(kept)).toContain(first.body.data.id);
    expect(JSON.stringify(kept)).not.toContain(secret);
    await begin(order, { amount: 19.99 }).set('Idempotency-Key', key).expect(422);
  });

  it('takes the total of the order and nothing else (422 naming both)', async () => {
    const order = await anOrder(app, shop);
    const amount = await begin(order, { amount: 1 }).expect(422);
    expect(amount.body).toMatchObject({
      code: 'amount_mismatch',
      error: 'The amount 1 USD is not that of the order, 19.99 USD: send none, or that.',
    });
    const currency = await begin(order, { amount: 19.99, currency: 'MMK' }).expect(422);
    expect(currency.body.error).toContain('19.99 MMK');
    const list = await shop.agent.get(`${payments}?orderId=${order.id}`).expect(200);
    expect(list.body.data).toEqual([]);
  });

  it('is refused for an order that is paid, ended, or free', async () => {
    const { order } = await paid();
    expect((await begin(order).expect(409)).body.code).toBe('already_paid');
    const ended = await anOrder(app, shop);
    await shop.owner
      .put(`${shop.path}/orders/${ended.id}/status`, { status: 'cancelled' })
      .expect(200);
    expect((await begin(ended).expect(409)).body.code).toBe('not_payable');
    const free = await anOrder(app, shop, { retailPrice: 0 });
    expect((await begin(free).expect(409)).body.code).toBe('not_payable');
  });

  it('names the variables of a provider that is not set up (503)', async () => {
    const order = await anOrder(app, shop);
    const stripe = await begin(order, { provider: 'stripe' }).expect(503);
    expect(stripe.body).toMatchObject({ code: 'provider_not_configured' });
    expect(stripe.body.error).toContain('STRIPE_SECRET_KEY');
    const paypal = await begin(order, { provider: 'paypal' }).expect(503);
    expect(paypal.body.error).toContain('PAYPAL_CLIENT_ID');
  });

  it('takes null for a way to pay that is not named', async () => {
    const id = await begun(await anOrder(app, shop));
    const sent = { paymentIntentId: id, paymentMethodId: null };
    await shop.owner.post(`${payments}/confirm`, sent).expect(200);
  });

  it('takes no number of a card (400)', async () => {
    const id = await begun(await anOrder(app, shop));
    const sent = { paymentIntentId: id, paymentMethodId: '4242424242424242' };
    await shop.owner.post(`${payments}/confirm`, sent).expect(400);
  });
});

describe('the amounts of the sandbox', () => {
  it('fail, and another try fails too, told as an answer', async () => {
    const order = await anOrder(app, shop, { retailPrice: 10.01 });
    const id = await begun(order);
    for (let attempt = 0; attempt < 2; attempt++) {
      const { body } = await confirm(id).expect(200);
      expect(body.paymentIntent.status).toBe('failed');
      expect(body.data.failure).toMatchObject({ code: 'card_declined' });
    }
    expect(await order.read()).toMatchObject({ paymentStatus: 'unpaid' });
    const again = await begin(order).expect(201);
    expect(again.body.paymentIntent.id).toBe(id);
  });

  it('need action, then succeed', async () => {
    const order = await anOrder(app, shop, { retailPrice: 10.02 });
    const id = await begun(order);
    expect((await confirm(id).expect(200)).body.data.status).toBe('requires_action');
    expect((await confirm(id).expect(200)).body.data.status).toBe('succeeded');
    expect(await order.read()).toMatchObject({ paymentStatus: 'paid' });
  });

  it('settle late, and the reconciliation hears of it', async () => {
    const order = await anOrder(app, shop, { retailPrice: 10.03 });
    const id = await begun(order);
    expect((await confirm(id).expect(200)).body.paymentIntent.status).toBe('processing');
    expect(await order.read()).toMatchObject({ paymentStatus: 'pending' });
    let later = 0;
    await eventually(async () => {
      await reconcile((later += 2 * HOUR_MS));
      expect(await order.read()).toMatchObject({ paymentStatus: 'paid' });
    });
  });

  it('are refused in production', async () => {
    const production = await createTestApp({
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://api.example',
      APP_URL: 'https://app.example',
      RATE_LIMITS: undefined,
    });
    try {
      const seller = await aShop(production);
      const order = await anOrder(production, seller);
      const asked = { orderId: order.id, provider: 'sandbox' };
      for (const path of [`${seller.path}/payments/intent`, '/api/payments/intent']) {
        const { body } = await seller.owner.post(path, asked).expect(503);
        expect(body).toMatchObject({
          code: 'provider_not_configured',
          error: expect.stringContaining('no payments in production'),
        });
      }
      // Nor does anything fall back to it where no provider is named.
      await seller.owner.post(`${seller.path}/payments/intent`, { orderId: order.id }).expect(503);
      expect(await order.read()).toMatchObject({ paymentStatus: 'unpaid' });
    } finally {
      await production.close();
    }
  });
});

describe('a customer', () => {
  const asCustomer = (order: PlacedOrder, path: string, body: object) =>
    app.request
      .post(`/api/public/orders/${order.id}/${path}`)
      .set('Authorization', `Bearer ${order.token}`)
      .send(body);

  it('pays their own order by its token, and hears nothing of the team', async () => {
    const order = await anOrder(app, shop);
    const { body } = await asCustomer(order, 'payments', { provider: 'sandbox' }).expect(201);
    expect(body.paymentIntent).toMatchObject({ status: 'pending', amount: 19.99 });
    expect(Object.keys(body.data)).not.toEqual(expect.arrayContaining(['flags']));
    const done = await asCustomer(order, 'payments/confirm', {
      paymentIntentId: body.paymentIntent.id,
    }).expect(200);
    expect(done.body.paymentIntent.status).toBe('succeeded');
    expect(await order.read()).toMatchObject({ paymentStatus: 'paid' });
  });

  it('reaches no payment of another order', async () => {
    const [mine, theirs] = [await anOrder(app, shop), await anOrder(app, shop)];
    const id = await begun(theirs);
    await asCustomer(mine, 'payments/confirm', { paymentIntentId: id }).expect(404);
    await app.request
      .post(`/api/public/orders/${theirs.id}/payments`)
      .set('Authorization', `Bearer ${mine.token}`)
      .send({})
      .expect(404);
    await app.request.post(`/api/public/orders/${mine.id}/payments`).send({}).expect(401);
  });
});

describe('cancelling', () => {
  it('ends a payment that was not made, and lets a new one begin', async () => {
    const order = await anOrder(app, shop);
    const id = await begun(order);
    const { body } = await shop.owner.post(`${payments}/${id}/cancel`).expect(200);
    expect(body.paymentIntent.status).toBe('canceled');
    await shop.owner.post(`/api/payments/${id}/cancel`).expect(200);
    expect(await begun(order)).not.toBe(id);
  });

  it('is refused once the money was taken (409)', async () => {
    const { id, order } = await paid();
    const { body } = await shop.owner.post(`${payments}/${id}/cancel`).expect(409);
    expect(body.error).toContain('succeeded');
    expect(await order.read()).toMatchObject({ paymentStatus: 'paid' });
  });
});

describe('refunds', () => {
  const refund = (id: string, body: object = {}) =>
    shop.admin.post(`${payments}/${id}/refund`, body);

  it('go back in part and then whole, and never beyond (409 naming what is left)', async () => {
    const { id, order } = await paid();
    const part = await refund(id, { amount: 5, reason: 'A broken bag.' }).expect(200);
    expect(part.body.data).toMatchObject({
      status: 'partially_refunded',
      refundedAmount: 5,
      refunds: [{ amount: 5, status: 'succeeded', reason: 'A broken bag.', by: shop.admin.userId }],
    });
    expect(await order.read()).toMatchObject({ paymentStatus: 'partially_refunded' });
    // Nobody pays the whole of it once more.
    expect((await begin(order).expect(409)).body.code).toBe('already_paid');
    const over = await refund(id, { amount: 15.01 }).expect(409);
    expect(over.body.error).toBe('Only 15 USD of this payment can still be refunded.');
    await refund(id).expect(200);
    expect(await order.read()).toMatchObject({ paymentStatus: 'refunded', status: 'pending' });
    await refund(id).expect(409);
    await shop.manager.post(`${payments}/${id}/refund`, {}).expect(403);
  });

  it('sum to no more than was taken when ten come at once', async () => {
    const { id } = await paid(10);
    const answers = await Promise.all(Array.from({ length: 10 }, () => refund(id, { amount: 3 })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    const { body } = await shop.owner.get(`${payments}/${id}`).expect(200);
    expect(body.data).toMatchObject({ refundedAmount: 9, status: 'partially_refunded' });
  });

  it('are made once under an idempotency key', async () => {
    const { id } = await paid(10);
    const key = randomUUID();
    for (let attempt = 0; attempt < 2; attempt++) {
      await refund(id, { amount: 4 }).set('Idempotency-Key', key).expect(200);
    }
    const { body } = await shop.owner.get(`${payments}/${id}`).expect(200);
    expect(body.data.refundedAmount).toBe(4);
  });

  it('put the pieces back when that is asked for, once', async () => {
    const { id, order } = await paid();
    expect(await order.stock()).toBe(9);
    await refund(id, { amount: 1 }).expect(200);
    expect(await order.stock()).toBe(9);
    await refund(id, { restock: true }).expect(200);
    await eventually(async () => expect(await order.stock()).toBe(10));
    expect((await order.read())['status']).toBe('cancelled');
  });

  it('are refused for amounts that the currency has not (400), and before anything was taken', async () => {
    const { id } = await paid();
    await refund(id, { amount: 1.001 }).expect(400);
    const open = await begun(await anOrder(app, shop));
    expect((await refund(open).expect(409)).body.error).toContain('nothing was taken');
  });
});

describe('orders that wait for a payment', () => {
  it('end after their time, at the provider too, and give their pieces back', async () => {
    const order = await anOrder(app, shop);
    const id = await begun(order);
    await reconcile(HOUR_MS / 2);
    expect((await order.read())['status']).toBe('pending');
    await reconcile(2 * HOUR_MS);
    expect(await order.read()).toMatchObject({ status: 'cancelled', paymentStatus: 'unpaid' });
    await eventually(async () => expect(await order.stock()).toBe(10));
    const { body } = await shop.owner.get(`${payments}/${id}`).expect(200);
    expect(body.data.status).toBe('canceled');
  });

  it('do not end when nobody has begun to pay online, or money is on its way', async () => {
    const counter = await anOrder(app, shop);
    const slow = await anOrder(app, shop, { retailPrice: 10.03 });
    await confirm(await begun(slow)).expect(200);
    await reconcile(2 * HOUR_MS);
    expect((await counter.read())['status']).toBe('pending');
    expect((await slow.read())['status']).toBe('pending');
  });
});

describe('the log of a payment', () => {
  it('tells requests, answers, facts and moves with who made them', async () => {
    const { id } = await paid();
    await shop.admin.post(`${payments}/${id}/refund`, { amount: 5 }).expect(200);
    const { body } = await shop.agent.get(`${payments}/${id}/events`).expect(200);
    const lines = (body.data as { kind: string; name: string }[]).map(
      ({ kind, name }) => `${kind} ${name}`,
    );
    expect(lines).toEqual([
      'request create',
      'answer create',
      'fact created',
      'request confirm',
      'answer confirm',
      'fact succeeded',
      'transition confirm',
      'request refund',
      'answer refund',
      'fact refund_succeeded',
      'transition refund',
    ]);
    expect(body.data[3].actor).toEqual({ kind: 'member', userId: shop.owner.userId });
    expect(body.data.at(-1)).toMatchObject({ from: 'succeeded', to: 'partially_refunded' });
    const page = await shop.agent.get(`${payments}/${id}/events?limit=4`).expect(200);
    const next = await shop.agent
      .get(`${payments}/${id}/events?limit=50&cursor=${page.body.meta.nextCursor}`)
      .expect(200);
    expect([...page.body.data, ...next.body.data]).toEqual(body.data);
  });

  it('reaches the sockets of the team as payment:update and order:update', async () => {
    const order = await anOrder(app, shop);
    const id = await begun(order);
    const socket = await openSocketIo(app, { token: shop.agent.token });
    await socket.ask('shop:join', { shopId: shop.id });
    await confirm(id).expect(200);
    expect(await socket.next('order:update')).toMatchObject({
      id: order.id,
      paymentStatus: 'paid',
    });
    expect(await socket.next('payment:update')).toMatchObject({ status: 'succeeded' });
    socket.close();
  });
});
