import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { OrderPaymentsService } from '../src/orders/order-payments.service.js';
import { PaymentJobsService } from '../src/payments/payment-jobs.service.js';
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

