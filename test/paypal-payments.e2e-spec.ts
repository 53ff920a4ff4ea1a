import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PaypalServer } from './providers/paypal.server.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { eventually } from './support/eventually.js';
import { anOrder, type PlacedOrder } from './support/orders.js';

let app: TestApp;
let paypal: PaypalServer;
let shop: ShopWorld;
let payments: string;

beforeAll(async () => {
  paypal = await PaypalServer.start();
  app = await createTestApp(paypal.variables);
  shop = await aShop(app);
  payments = `${shop.path}/payments`;
});

afterAll(async () => {
  await app.close();
  await paypal.stop();
});

const deliver = ({ body, headers }: { body: string; headers: Record<string, string> }) =>
  fetch(`${app.url}/webhook/paypal`, { method: 'POST', body, headers });

const send = (type: string, resource: object) => deliver(paypal.sign(paypal.event(type, resource)));

const read = async (id: string) =>
  (await shop.owner.get(`${payments}/${id}`).expect(200)).body.data;

const asCustomer = (order: PlacedOrder, path: string, body: object) =>
  app.request
    .post(`/api/public/orders/${order.id}/${path}`)
    .set('Authorization', `Bearer ${order.token}`)
    .send(body);

/** A payment that the customer has begun, and where they approve it. */
async function begun() {
  const order = await anOrder(app, shop);
  const { body } = await asCustomer(order, 'payments', {}).expect(201);
  const { id, providerId, approveUrl } = body.data as Record<string, string>;
  return { order, id: id!, paypalId: providerId!, approveUrl };
}

describe('a payment with PayPal', () => {
  it('is approved there, captured when the payer comes back, and given back', async () => {
    const { order, id, paypalId, approveUrl } = await begun();
    expect(approveUrl).toContain(paypalId);
    const sent = { paymentIntentId: paypalId };
    const early = await asCustomer(order, 'payments/confirm', sent).expect(200);
    expect(early.body.data).toMatchObject({ status: 'requires_action' });
    paypal.approve(paypalId);
    const done = await asCustomer(order, 'payments/confirm', sent).expect(200);
    expect(done.body.paymentIntent.status).toBe('succeeded');
    expect(await order.read()).toMatchObject({ paymentStatus: 'paid', paymentIntentId: paypalId });
    const refunded = await shop.admin.post(`${payments}/${id}/refund`, { amount: 5 }).expect(200);
    expect(refunded.body.data).toMatchObject({ status: 'partially_refunded', refundedAmount: 5 });
  });

  it('is captured when PayPal tells of the approval and the payer never comes back', async () => {
    const { order, id, paypalId } = await begun();
    const approved = paypal.approve(paypalId);
    expect((await send('CHECKOUT.ORDER.APPROVED', approved)).status).toBe(200);
    await eventually(async () =>
      expect(await order.read()).toMatchObject({ paymentStatus: 'paid' }),
    );
    const { captureId } = (await app.connection.db!.collection('payments').findOne({
      providerId: paypalId,
    }))!;
    const completed = paypal.captureResource(captureId);
    for (let time = 0; time < 2; time++) await send('PAYMENT.CAPTURE.COMPLETED', completed);
    const back = paypal.refundByHand(captureId, '4.00');
    await send('PAYMENT.CAPTURE.REFUNDED', back);
    await eventually(async () =>
      expect(await read(id)).toMatchObject({
        status: 'partially_refunded',
        capturedAmount: 19.99,
        refundedAmount: 4,
      }),
    );
    const captures = paypal.requests.filter(({ path }) => path.endsWith(`${paypalId}/capture`));
    expect(captures).toHaveLength(1);
  });

  it('refuses webhooks that PayPal has not signed (400), and stores none of them', async () => {
    const { paypalId } = await begun();
    const right = paypal.sign(paypal.event('CHECKOUT.ORDER.APPROVED', paypal.approve(paypalId)));
    const kept = () =>
      app.connection
        .db!.collection('payment_webhooks')
        .countDocuments({ receivedAt: { $gt: new Date(0) } });
    const before = await kept();
    const wrong = [
      { ...right, body: right.body.replace('APPROVED', 'APPROVEd') },
      { ...right, body: JSON.stringify(JSON.parse(right.body), null, 3) },
      { body: right.body, headers: { 'content-type': 'application/json' } },
    ];
    for (const delivery of wrong) expect((await deliver(delivery)).status).toBe(400);
    expect(await kept()).toBe(before);
  });
});
