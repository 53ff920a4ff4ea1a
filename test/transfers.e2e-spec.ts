import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { anOrder, type PlacedOrder } from './support/orders.js';

const PNG =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

let app: TestApp;
let shop: ShopWorld;

beforeAll(async () => {
  app = await createTestApp();
});

afterAll(() => app.close());

const attach = (order: PlacedOrder, body: object, token = order.token) =>
  app.request
    .post(`/api/public/orders/${order.id}/transfer`)
    .set('Authorization', `Bearer ${token}`)
    .send(body);

/** A picture that nobody has shown before. */
const aPicture = (): string => {
  const png = Buffer.from(PNG.slice(PNG.indexOf(',') + 1), 'base64');
  return `data:image/png;base64,${Buffer.concat([png, randomBytes(9)]).toString('base64')}`;
};

const payment = async (id: string) =>
  (await shop.agent.get(`${shop.path}/payments/${id}`).expect(200)).body.data;

describe('a transfer', () => {
  it('is proved by the customer, accepted by the shop, and pays the order', async () => {
    shop = await aShop(app);
    const order = await anOrder(app, shop);
    const { body } = await attach(order, { reference: '0100 2345', picture: PNG }).expect(200);
    expect(body.data).toMatchObject({ provider: 'transfer', status: 'processing', amount: 19.99 });
    expect(await order.read()).toMatchObject({ paymentStatus: 'pending' });
    const id = body.data.id as string;
    const proof = await shop.agent.get(`${shop.path}/payments/${id}/proof`).expect(200);
    expect(proof.body.data).toMatchObject({ reference: '0100 2345' });
    const { pathname, search } = new URL(proof.body.data.picture);
    const picture = await fetch(app.url + pathname + search);
    expect(picture.headers.get('content-type')).toBe('image/png');
    expect((await fetch(app.url + pathname)).status).toBe(400);
    await shop.agent.post(`${shop.path}/payments/${id}/accept`).expect(403);
    for (let click = 0; click < 2; click++) {
      const accepted = await shop.manager.post(`${shop.path}/payments/${id}/accept`).expect(200);
      expect(accepted.body.data).toMatchObject({ status: 'succeeded', capturedAmount: 19.99 });
    }
    expect(await order.read()).toMatchObject({ paymentStatus: 'paid', paymentIntentId: id });
    const log = (await shop.agent.get(`${shop.path}/payments/${id}/events`).expect(200)).body.data;
    const moves = log.filter(({ kind }: { kind: string }) => kind === 'transition');
    expect(moves).toMatchObject([
      { name: 'proof', actor: { kind: 'customer' }, to: 'processing' },
      { name: 'accept', actor: { kind: 'member', userId: shop.manager.userId }, to: 'succeeded' },
    ]);
    await attach(order, { reference: 'once more' }).expect(409);
  });

  it('is rejected with a reason that the customer hears, and may be proved again', async () => {
    shop = await aShop(app);
    const order = await anOrder(app, shop);
    const { id } = (await attach(order, { reference: 'A-1' }).expect(200)).body.data;
    const reason = 'The picture shows another amount.';
    await shop.owner.post(`${shop.path}/payments/${id}/reject`, {}).expect(400);
    await shop.owner.post(`${shop.path}/payments/${id}/reject`, { reason }).expect(200);
    expect(await payment(id)).toMatchObject({ status: 'failed', failure: { message: reason } });
    expect(await order.read()).toMatchObject({ paymentStatus: 'unpaid' });
    const again = await attach(order, { reference: 'A-2' }).expect(200);
    expect(again.body.data).toMatchObject({ id, status: 'processing', failure: null });
    await shop.owner.post(`${shop.path}/payments/${id}/accept`).expect(200);
    expect(await order.read()).toMatchObject({ paymentStatus: 'paid' });
    await shop.owner.post(`${shop.path}/payments/${id}/reject`, { reason }).expect(409);
  });

  it('is flagged when its proof has served another order, by the picture or by the number', async () => {
    shop = await aShop(app);
    const first = await anOrder(app, shop);
    const picture = aPicture();
    const shown = await attach(first, { reference: 'TX 77-1', picture }).expect(200);
    // The second click is no second use.
    await attach(first, { reference: 'TX 77-1', picture }).expect(200);
    expect((await payment(shown.body.data.id)).flags).toEqual([]);
    for (const proof of [{ picture }, { reference: 'tx771' }]) {
      const other = await anOrder(app, shop);
      const { body } = await attach(other, proof).expect(200);
      expect(body.data).not.toHaveProperty('flags');
      expect((await payment(body.data.id)).flags).toEqual(['duplicate_proof']);
    }
    const elsewhere = await aShop(app);
    const own = await anOrder(app, elsewhere);
    const { body } = await attach(own, { picture }).expect(200);
    const seen = await elsewhere.owner
      .get(`${elsewhere.path}/payments/${body.data.id}`)
      .expect(200);
    expect(seen.body.data.flags).toEqual([]);
  });

  it('needs a proof, and takes only pictures (400)', async () => {
    shop = await aShop(app);
    const order = await anOrder(app, shop);
    const script = Buffer.from('<script>alert(1)</script>').toString('base64');
    for (const body of [
      {},
      { reference: ' .-. ' },
      { picture: 'https://example.com/a.png' },
      { picture: `data:text/html;base64,${script}` },
      { picture: `data:image/png;base64,${script}` },
      { picture: `${PNG.slice(0, 60)}!!${PNG.slice(60)}` },
    ]) {
      expect((await attach(order, body).expect(400)).body.code).toBe('validation_failed');
    }
    const sized = (bytes: number): string => {
      const picture = Buffer.alloc(bytes, PNG.slice(PNG.indexOf(',') + 1), 'base64');
      return `data:image/png;base64,${picture.toString('base64')}`;
    };
    await attach(order, { picture: sized(9.5 * 1024 * 1024) }).expect(413);
    expect(await order.read()).toMatchObject({ paymentStatus: 'unpaid' });
    await attach(order, { picture: sized(1024 * 1024) }).expect(200);
  });

  it('is for the holder of the order alone', async () => {
    shop = await aShop(app);
    const [mine, theirs] = [await anOrder(app, shop), await anOrder(app, shop)];
    await attach(theirs, { reference: 'A' }, mine.token).expect(404);
    const { id } = (await attach(theirs, { reference: 'A' }).expect(200)).body.data;
    await shop.outsider.get(`${shop.path}/payments/${id}/proof`).expect(404);
    const other = await aShop(app);
    await other.owner.get(`${other.path}/payments/${id}/proof`).expect(404);
  });

  it('can be entered by the shop itself, and goes back by its own bank', async () => {
    shop = await aShop(app);
    const order = await anOrder(app, shop);
    const begun = await shop.manager
      .post(`${shop.path}/payments/intent`, { orderId: order.id, provider: 'transfer' })
      .expect(201);
    const { id } = begun.body.data;
    expect(begun.body.paymentIntent).toMatchObject({ id, status: 'pending', clientSecret: null });
    await shop.manager.post(`${shop.path}/payments/${id}/accept`).expect(200);
    const refunded = await shop.admin
      .post(`${shop.path}/payments/${id}/refund`, { amount: 9.99, reason: 'Sent back.' })
      .expect(200);
    expect(refunded.body.data).toMatchObject({
      status: 'partially_refunded',
      refundedAmount: 9.99,
    });
    expect(await order.read()).toMatchObject({ paymentStatus: 'partially_refunded' });
  });

  it('that came for an order which has ended is flagged, and goes back when the shop says so', async () => {
    shop = await aShop(app);
    const order = await anOrder(app, shop);
    const { id } = (await attach(order, { reference: 'LATE-1' }).expect(200)).body.data;
    const path = `${shop.path}/payments/${id}`;
    const cancelled = { status: 'cancelled' };
    await shop.owner.put(`${shop.path}/orders/${order.id}/status`, cancelled).expect(200);
    await shop.owner.post(`${path}/accept`).expect(200);
    expect(await payment(id)).toMatchObject({
      status: 'succeeded',
      flags: ['paid_after_end'],
      refunds: [],
    });
    await shop.owner.post(`${path}/refund`, { reason: 'Sent back.' }).expect(200);
    expect(await payment(id)).toMatchObject({ status: 'refunded' });
  });

  it('is not what a provider takes by itself (409)', async () => {
    shop = await aShop(app);
    const order = await anOrder(app, shop);
    const { body } = await shop.owner
      .post(`${shop.path}/payments/intent`, { orderId: order.id, provider: 'sandbox' })
      .expect(201);
    const refused = await shop.owner
      .post(`${shop.path}/payments/${body.data.id}/accept`)
      .expect(409);
    expect(refused.body.error).toContain('sandbox');
  });
});
