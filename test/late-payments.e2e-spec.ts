import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { JobsService } from '../src/platform/jobs/jobs.service.js';
import { PaymentJobsService } from '../src/payments/payment-jobs.service.js';
import { REFUND_REST } from '../src/payments/payment-settlement.service.js';
import { StripeServer } from './providers/stripe.server.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
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
});

afterAll(async () => {
  await app.close();
  await stripe.stop();
});

beforeEach(async () => {
  shop = await aShop(app);
  payments = `${shop.path}/payments`;
});

async function begun(order: PlacedOrder, provider = 'stripe') {
  const sent = { orderId: order.id, provider };
  const { body } = await shop.owner.post(`${payments}/intent`, sent).expect(201);
  return { id: body.data.id as string, intentId: body.data.providerId as string };
}

const read = async (id: string) =>
  (await shop.owner.get(`${payments}/${id}`).expect(200)).body.data;
const reconcile = () =>
  app.nest.get(PaymentJobsService, { strict: false }).reconcile(new Date(Date.now() + 2 * HOUR_MS));

/** Stripe has taken the money all the same, and says so. */
async function payLate(intentId: string): Promise<void> {
  Object.assign(stripe.account.intents.get(intentId)!, { status: 'requires_payment_method' });
  const event = stripe.event('payment_intent.succeeded', stripe.pay(intentId));
  const { body, headers } = stripe.sign(event);
  const answer = await fetch(`${app.url}/webhook/stripe`, { method: 'POST', body, headers });
  expect(answer.status).toBe(200);
}

describe('a payment that comes after its order has expired', () => {
  it('brings the order back when its pieces are still there', async () => {
    const order = await anOrder(app, shop);
    const { id, intentId } = await begun(order);
    await reconcile();
    expect(await order.read()).toMatchObject({ status: 'cancelled' });
    expect(stripe.intent(intentId)).toMatchObject({ status: 'canceled' });
    await eventually(async () => expect(await order.stock()).toBe(10));
    await payLate(intentId);
    await eventually(async () =>
      expect(await order.read()).toMatchObject({ status: 'pending', paymentStatus: 'paid' }),
    );
    expect(await order.stock()).toBe(9);
    expect(await read(id)).toMatchObject({ status: 'succeeded', flags: [] });
    expect(stripe.refundCount(intentId)).toBe(0);
  });

  it('goes back when they are not, once, and the seller is told', async () => {
    const order = await anOrder(app, shop, { stock: 1 });
    const { id, intentId } = await begun(order);
    await reconcile();
    await eventually(async () => expect(await order.stock()).toBe(1));
    await shop.owner
      .post(`${shop.path}/products/${order.productId}/stock-movements`, {
        change: -1,
        note: 'Sold.',
      })
      .expect(201);
    await payLate(intentId);
    await eventually(async () =>
      expect(await read(id)).toMatchObject({ status: 'refunded', flags: ['paid_after_end'] }),
    );
    // And not once more by the same job again, as after a crash, nor by two at once.
    const again = { shopId: shop.id, paymentId: id, reason: 'Again.' };
    const jobs = app.nest.get(JobsService, { strict: false });
    await Promise.all(['a', 'b'].map((key) => jobs.enqueue(REFUND_REST, `${id} ${key}`, again)));
    const left = { name: REFUND_REST, 'data.payload.paymentId': id };
    await eventually(async () =>
      expect(await app.connection.collection('jobs').countDocuments(left)).toBe(0),
    );
    expect(stripe.refundCount(intentId)).toBe(1);
    expect(await order.read()).toMatchObject({ status: 'cancelled', paymentStatus: 'refunded' });
    expect(await order.stock()).toBe(0);
  });

  it('goes back when the shop itself has cancelled the order', async () => {
    const order = await anOrder(app, shop);
    const { id, intentId } = await begun(order);
    await shop.owner
      .put(`${shop.path}/orders/${order.id}/status`, { status: 'cancelled' })
      .expect(200);
    await payLate(intentId);
    await eventually(async () =>
      expect(await read(id)).toMatchObject({ status: 'refunded', flags: ['paid_after_end'] }),
    );
    expect(stripe.refundCount(intentId)).toBe(1);
  });
});

describe('an order paid twice', () => {
  it('keeps what came first, and the other goes back', async () => {
    const order = await anOrder(app, shop);
    const [first, second] = [await begun(order), await begun(order, 'sandbox')];
    const confirms = [
      shop.owner.post(`${payments}/confirm`, {
        paymentIntentId: first.id,
        paymentMethodId: 'pm_card_visa',
      }),
      shop.owner.post(`${payments}/confirm`, { paymentIntentId: second.id }),
    ];
    for (const { status } of await Promise.all(confirms)) expect(status).toBe(200);
    await eventually(async () => {
      const both = [await read(first.id), await read(second.id)];
      expect(new Set(both.map(({ status }) => status))).toEqual(new Set(['refunded', 'succeeded']));
      const refunded = both.find(({ status }) => status === 'refunded');
      expect(refunded.flags).toEqual(['duplicate_payment']);
    });
    expect(await order.read()).toMatchObject({ paymentStatus: 'paid' });
  });

  it('leaves a cancelled order as it is when its money was refunded by hand before', async () => {
    const order = await anOrder(app, shop);
    const { id } = await begun(order, 'sandbox');
    await shop.owner.post(`${payments}/confirm`, { paymentIntentId: id }).expect(200);
    await shop.owner
      .put(`${shop.path}/orders/${order.id}/status`, { status: 'cancelled' })
      .expect(200);
    // Cancelling a paid order gives no money back by itself: that is the seller's to say.
    expect(await read(id)).toMatchObject({ status: 'succeeded', refunds: [] });
    await shop.owner.post(`${payments}/${id}/refund`, {}).expect(200);
    expect(await order.read()).toMatchObject({ status: 'cancelled', paymentStatus: 'refunded' });
  });
});
