import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DomainEvents } from '../src/events/domain-events.js';
import { PaymentJobsService } from '../src/payments/payment-jobs.service.js';
import { type PaymentFact, stateOf } from '../src/payments/payment-facts.js';
import { PaymentTransitionsService } from '../src/payments/payment-transitions.service.js';
import { StripeServer } from './providers/stripe.server.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { eventually } from './support/eventually.js';
import { anOrder, type PlacedOrder } from './support/orders.js';

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

afterAll(async () => {
  await app.close();
  await stripe.stop();
});

type Signed = ReturnType<StripeServer['sign']>;

const deliver = ({ body, headers }: Signed) =>
  fetch(`${app.url}/webhook/stripe`, { method: 'POST', body, headers });

const send = (type: string, object: object, overrides: object = {}) =>
  deliver(stripe.sign(stripe.event(type, object, overrides)));

const reconcile = (later: number) =>
  app.nest.get(PaymentJobsService, { strict: false }).reconcile(new Date(Date.now() + later));

const webhooks = () => app.connection.db!.collection('payment_webhooks');

/** A payment that was begun at Stripe. */
async function begun(price = 20): Promise<{ order: PlacedOrder; id: string; intent: any }> {
  const order = await anOrder(app, shop, { retailPrice: price });
  const { body } = await shop.owner
    .post(`${payments}/intent`, { orderId: order.id, provider: 'stripe' })
    .expect(201);
  const id = body.data.id as string;
  return { order, id, intent: stripe.intent(body.data.providerId) };
}

const read = async (id: string) =>
  (await shop.owner.get(`${payments}/${id}`).expect(200)).body.data;

/** All webhooks that came are processed. */
const processed = () =>
  eventually(async () => {
    // Answered is stored; what is stored has no job yet for a moment.
    expect(
      await webhooks().countDocuments({ receivedAt: { $gt: new Date(0) }, state: 'received' }),
    ).toBe(0);
  });

function permutations<T>(items: T[]): T[][] {
  if (items.length < 2) return [items];
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  );
}

describe('a webhook', () => {
  it('is answered 200 and pays the order', async () => {
    const { order, id, intent } = await begun();
    const paid = {
      ...intent,
      status: 'succeeded',
      amount_received: intent.amount,
      latest_charge: 'ch_1',
    };
    const answer = await send('payment_intent.succeeded', paid);
    expect(answer.status).toBe(200);
    await eventually(async () =>
      expect(await order.read()).toMatchObject({ paymentStatus: 'paid' }),
    );
    expect(await read(id)).toMatchObject({ status: 'succeeded', capturedAmount: 20 });
    const kept = await webhooks()
      .find({ receivedAt: { $gt: new Date(0) } })
      .toArray();
    expect(JSON.stringify(kept)).toContain('client_secret');
    expect(JSON.stringify(kept)).not.toContain(intent.client_secret);
  });

  it('is refused (400) and not stored when its signature is not right', async () => {
    const { intent } = await begun();
    const event = stripe.event('payment_intent.succeeded', { ...intent, status: 'succeeded' });
    const right = stripe.sign(event);
    const text = right.body.toString();
    const now = Math.floor(Date.now() / 1000);
    const wrong: Record<string, Signed> = {
      'changed byte': { ...right, body: text.replace('succeeded', 'succeedeD') },
      're-serialised': { ...right, body: JSON.stringify(JSON.parse(text), null, 1) },
      'old time': stripe.sign(event, { timestamp: now - 3_600 }),
      'time to come': stripe.sign(event, { timestamp: now + 3_600 }),
      'other secret': stripe.sign(event, { secret: 'whsec_somebody_elses' }),
      'no signature': { body: right.body, headers: { 'content-type': 'application/json' } },
      'empty body': { ...right, body: '' },
    };
    const before = await webhooks().countDocuments({ receivedAt: { $gt: new Date(0) } });
    for (const [name, delivery] of Object.entries(wrong)) {
      const answer = await deliver(delivery);
      const { code } = (await answer.json()) as { code: string };
      expect({ name, status: answer.status, code }).toEqual({
        name,
        status: 400,
        code: 'invalid_signature',
      });
    }
    expect(await webhooks().countDocuments({ receivedAt: { $gt: new Date(0) } })).toBe(before);
  });

  it('that cannot be processed is tried again, and seen by the shop until it was', async () => {
    const { id, order, intent } = await begun();
    // As a database that is away at this moment.
    const broken = vi.spyOn(PaymentTransitionsService.prototype, 'see');
    broken.mockRejectedValueOnce(new Error('the database is away'));
    broken.mockRejectedValueOnce(new Error('the database is still away'));
    const paid = { ...intent, status: 'succeeded', latest_charge: 'ch_1' };
    expect((await send('payment_intent.succeeded', paid)).status).toBe(200);
    const path = `${payments}/webhooks?limit=1`;
    await eventually(async () => {
      const [event] = (await shop.agent.get(`${path}&state=received`).expect(200)).body.data;
      expect(event).toMatchObject({ paymentId: id, note: 'Error: the database is away' });
    });
    await reconcile(5_000);
    const [again] = (await shop.agent.get(path).expect(200)).body.data;
    expect(again).toMatchObject({ state: 'received', note: 'Error: the database is still away' });
    await reconcile(2_000);
    expect(await order.read()).toMatchObject({ paymentStatus: 'unpaid' });
    await reconcile(60_000);
    await eventually(async () =>
      expect(await order.read()).toMatchObject({ paymentStatus: 'paid' }),
    );
    await eventually(async () => {
      const [event] = (await shop.agent.get(path).expect(200)).body.data;
      expect(event).toMatchObject({ paymentId: id, state: 'processed', note: '' });
    });
    await shop.outsider.get(path).expect(404);
  });

  it('that never can be is stuck, an error in the log, and retried on demand', async () => {
    const { id, intent } = await begun();
    const broken = vi.spyOn(PaymentTransitionsService.prototype, 'see');
    broken.mockRejectedValue(new Error('a bug of ours'));
    const paid = { ...intent, status: 'succeeded', latest_charge: 'ch_1' };
    const event = stripe.event('payment_intent.succeeded', paid);
    await deliver(stripe.sign(event));
    const path = `${payments}/webhooks?state=stuck`;
    let later = 0;
    await eventually(async () => {
      await reconcile((later += 12 * 3_600_000));
      const [stuck] = (await shop.agent.get(path).expect(200)).body.data;
      expect(stuck).toMatchObject({ id: event['id'], note: 'Error: a bug of ours' });
    });
    const told = app.logs.filter(({ eventId }) => eventId === event['id']);
    expect(told.map(({ level }) => level)).toEqual([...Array(7).fill('warn'), 'error']);
    const retry = `${payments}/webhooks/${event['id']}/retry`;
    const other = await aShop(app);
    await other.owner.post(`${other.path}/payments/webhooks/${event['id']}/retry`).expect(404);
    await shop.agent.post(retry).expect(403);
    broken.mockRestore();
    await shop.manager.post(retry).expect(200);
    await eventually(async () => expect((await read(id)).status).toBe('succeeded'));
    await shop.manager.post(retry).expect(404);
  });

  it('that is stuck is also retried when its provider is made to send it again', async () => {
    const { id, intent } = await begun();
    const paid = { ...intent, status: 'succeeded', latest_charge: 'ch_1' };
    const event = stripe.event('payment_intent.succeeded', paid);
    const signed = stripe.sign(event);
    const broken = vi.spyOn(PaymentTransitionsService.prototype, 'see');
    broken.mockRejectedValue(new Error('a bug of ours'));
    await deliver(signed);
    let later = 0;
    await eventually(async () => {
      await reconcile((later += 12 * 3_600_000));
      expect(
        await webhooks().countDocuments({
          provider: 'stripe',
          eventId: event['id'],
          state: 'stuck',
        }),
      ).toBe(1);
    });
    broken.mockRestore();
    expect((await deliver(signed)).status).toBe(200);
    await eventually(async () => expect((await read(id)).status).toBe('succeeded'));
  });

  it('is stored once however often it comes', async () => {
    const { id, intent } = await begun();
    const signed = stripe.sign(
      stripe.event('payment_intent.processing', {
        ...intent,
        status: 'processing',
        latest_charge: 'ch_1',
      }),
    );
    const answers = await Promise.all(Array.from({ length: 8 }, () => deliver(signed)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    await eventually(async () => expect((await read(id)).status).toBe('processing'));
    const events = (await shop.owner.get(`${payments}/${id}/events`).expect(200)).body.data;
    const told = events.filter(
      ({ name }: { name: string }) => name === 'payment_intent.processing',
    );
    expect(told.map(({ kind }: { kind: string }) => kind)).toEqual(['webhook', 'transition']);
  });

  it('of an unknown type, or of nobody here, is kept and ignored', async () => {
    expect((await send('customer.created', { id: 'cus_1', object: 'customer' })).status).toBe(200);
    const { intent } = await begun();
    const stranger = { ...intent, id: 'pi_stranger', metadata: {}, status: 'succeeded' };
    expect((await send('payment_intent.succeeded', stranger)).status).toBe(200);
    await processed();
    const kept = await webhooks()
      .find({
        receivedAt: { $gt: new Date(0) },
        type: { $in: ['customer.created', 'payment_intent.succeeded'] },
      })
      .toArray();
    const ignored = kept.filter(({ state }) => state === 'ignored');
    expect(ignored).toHaveLength(2);
  });

  it('never pays an order with another amount, currency or mode: it is flagged', async () => {
    const wrong = [
      [{ amount: 1 }, {}, 'amount_mismatch'],
      [{ currency: 'eur' }, {}, 'amount_mismatch'],
      [{}, { livemode: true }, 'mode_mismatch'],
    ] as const;
    for (const [change, overrides, flag] of wrong) {
      const { order, id, intent } = await begun();
      await send(
        'payment_intent.succeeded',
        { ...intent, status: 'succeeded', ...change },
        overrides,
      );
      await eventually(async () => expect((await read(id)).flags).toEqual([flag]));
      expect((await read(id)).status).toBe('pending');
      expect(await order.read()).toMatchObject({ paymentStatus: 'unpaid' });
    }
  });

  it('that a process stored and died with is found again', async () => {
    const { order, id, intent } = await begun();
    const event = stripe.event('payment_intent.succeeded', {
      ...intent,
      status: 'succeeded',
      latest_charge: 'ch_9',
    });
    const { body } = stripe.sign(event);
    const past = new Date(Date.now() - 60_000);
    await webhooks().insertOne({
      provider: 'stripe',
      eventId: (event as { id: string }).id,
      type: 'payment_intent.succeeded',
      body: body.toString(),
      receivedAt: past,
      nextTryAt: past,
      tries: 1,
      state: 'received',
    });
    await app.nest.get(PaymentJobsService, { strict: false }).reconcile(new Date());
    await eventually(async () => expect((await read(id)).status).toBe('succeeded'));
    expect(await order.read()).toMatchObject({ paymentStatus: 'paid' });
  });
});

describe('events in any order', () => {
  it(
    'make one payment, one ledger entry for each fact, and one event for each change',
    { timeout: 120_000 },
    async () => {
      const kinds = ['created', 'processing', 'failed', 'succeeded', 'partial', 'rest'] as const;
      const orders = permutations([...kinds]);
      expect(orders).toHaveLength(720);
      // All of them are held against the rules in payment-change.spec.ts; some go through the front door.
      const sampled = orders.filter((_, index) => index % 36 === 0);
      const finals = new Set<string>();
      const told = new Map<string, string[]>();
      app.nest.get(DomainEvents, { strict: false }).on('payment.updated', ({ payment }) => {
        const states = told.get(payment.id) ?? [];
        told.set(payment.id, [...states, `${payment.status} ${payment.refundedAmount}`]);
      });
      for (const [index, order] of sampled.entries()) {
        const { order: placed, id, intent } = await begun();
        const deliveries = [...order, ...order].map((kind) => eventOf(kind, intent));
        const half = Math.floor(deliveries.length / 2) - (index % 5);
        await Promise.all(deliveries.slice(0, half).map(deliver));
        await shop.owner.post(`${payments}/confirm`, { paymentIntentId: id }).expect(200);
        await Promise.all(deliveries.slice(half).map(deliver));
        await processed();
        expect((await read(id)).status, order.join()).toBe('refunded');
        await eventually(async () =>
          expect(await placed.read()).toMatchObject({ paymentStatus: 'refunded' }),
        );
        const payment = await read(id);
        const events = (await shop.owner.get(`${payments}/${id}/events?limit=500`).expect(200)).body
          .data;
        const facts = events
          .filter(({ kind }: { kind: string }) => kind === 'fact')
          .map(
            ({ name, reference }: { name: string; reference: string }) =>
              `${name} ${(reference ?? '').replace(intent.id, '')}`,
          );
        expect(new Set(facts).size, order.join()).toBe(facts.length);
        finals.add(
          JSON.stringify([
            payment.status,
            payment.capturedAmount,
            payment.refundedAmount,
            facts.toSorted(),
          ]),
        );
        const moves = events.filter(({ kind }: { kind: string }) => kind === 'transition');
        // Each state is told once; none of them comes back.
        const states = told.get(id) ?? [];
        expect(new Set(states).size, `${order.join()}: ${states.join()}`).toBe(states.length);
        for (let at = 1; at < moves.length; at++) expect(moves[at].from).toBe(moves[at - 1].to);
      }
      expect(finals.size).toBe(1);
    },
  );
});

/** One of the events of a payment that failed once, was paid, and was given back in two parts. */
function eventOf(kind: string, intent: any): Signed {
  const refund = {
    object: 'refund',
    payment_intent: intent.id,
    charge: `ch_b_${intent.id}`,
    currency: 'usd',
  };
  const events: Record<string, [string, object]> = {
    created: ['payment_intent.created', intent],
    processing: [
      'payment_intent.processing',
      { ...intent, status: 'processing', latest_charge: `ch_a_${intent.id}` },
    ],
    failed: [
      'payment_intent.payment_failed',
      {
        ...intent,
        status: 'requires_payment_method',
        last_payment_error: {
          code: 'card_declined',
          message: 'Declined.',
          charge: `ch_a_${intent.id}`,
        },
      },
    ],
    succeeded: [
      'payment_intent.succeeded',
      {
        ...intent,
        status: 'succeeded',
        amount_received: intent.amount,
        latest_charge: `ch_b_${intent.id}`,
      },
    ],
    partial: [
      'refund.created',
      { ...refund, id: `re_1_${intent.id}`, amount: 500, status: 'succeeded' },
    ],
    rest: [
      'refund.updated',
      { ...refund, id: `re_2_${intent.id}`, amount: intent.amount - 500, status: 'succeeded' },
    ],
  };
  const [type, object] = events[kind]!;
  // Of one kind, the same event each time.
  return stripe.sign(stripe.event(type, object, { id: `evt_${kind}_${intent.id}` }));
}

describe('the log alone', () => {
  it('makes the state of a payment', async () => {
    const { id, intent } = await begun();
    for (const kind of ['failed', 'partial', 'succeeded', 'processing'])
      await deliver(eventOf(kind, intent));
    await eventually(async () => expect((await read(id)).status).toBe('partially_refunded'));
    await shop.owner.post(`${payments}/${id}/refund`, { amount: 2 });
    const payment = await read(id);
    await shop.owner.get(`${payments}/${id}/events`).expect(200);
    const { ObjectId } = await import('mongodb');
    const lines = await app.connection
      .db!.collection('payment_events')
      .find({ shopId: new ObjectId(shop.id), paymentId: new ObjectId(id) })
      .toArray();
    const facts = lines.flatMap(({ fact }) => (fact ? [fact as PaymentFact] : []));
    const amount = facts.find(({ kind }) => kind === 'created')!.amount!;
    const kept = await app.connection
      .db!.collection('payments')
      .findOne({ shopId: new ObjectId(shop.id), _id: new ObjectId(id) });
    const { status, captured, refunded, captureId, failure } = kept!;
    expect({ status, captured, refunded }).toEqual({
      status: 'partially_refunded',
      captured: 2_000,
      refunded: 500,
    });
    expect(stateOf(facts, amount)).toEqual({ status, captured, refunded, captureId, failure });
    const moves = lines.filter(({ kind }) => kind === 'transition');
    expect(moves.at(-1)).toMatchObject({ to: payment.status });
  });
});
