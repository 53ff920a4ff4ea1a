import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadAppConfig } from '../src/platform/config/app-config.js';
import { AppError } from '../src/platform/http/app-error.js';
import {
  type NewProviderPayment,
  type ProviderPayment,
  ProviderRefusal,
  ProviderUnknown,
} from '../src/payments/providers/payment-provider.js';
import { StripeProvider } from '../src/payments/providers/stripe.provider.js';
import type { StripeMisbehaviour } from './providers/stripe-answers.js';
import { STRIPE_WEBHOOK_SECRET, StripeServer } from './providers/stripe.server.js';
import { testVariables, type Variables } from './support/app.js';

const TIMEOUT_MS = 150;
const RETURN_URL = 'https://shop.example/done';

let server: StripeServer;
let stripe: StripeProvider;
let written: string[];

const providerWith = (overrides: Variables = {}): Promise<StripeProvider> =>
  StripeProvider.for(
    loadAppConfig(testVariables({ ...server.variables, ...overrides })),
    TIMEOUT_MS,
  );

beforeAll(async () => {
  server = await StripeServer.start();
  stripe = await providerWith();
});

afterAll(() => server.stop());

beforeEach(() => {
  server.reset();
  written = [];
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream);
    vi.spyOn(stream, 'write').mockImplementation(((chunk: string, ...rest: never[]) => {
      written.push(String(chunk));
      return write(chunk, ...rest);
    }) as typeof stream.write);
  }
});

afterEach(() => {
  const leaked = written.find((text) => /_secret_|sk_test_|whsec_/.test(text));
  if (leaked !== undefined) throw new Error(`A secret was written: ${leaked}`);
});

const aKey = (): string => `payment:${randomUUID()}`;

function aPayment(overrides: Partial<NewProviderPayment> = {}): NewProviderPayment {
  return {
    paymentId: '66f000000000000000000001',
    shopId: '66f000000000000000000002',
    orderNumber: 'A-1001',
    amount: 1999,
    currency: 'USD',
    idempotencyKey: aKey(),
    returnUrl: RETURN_URL,
    ...overrides,
  };
}

const begin = (overrides: Partial<NewProviderPayment> = {}): Promise<ProviderPayment> =>
  stripe.create(aPayment(overrides));

const confirm = (id: string, paymentMethodId?: string, idempotencyKey = aKey()) =>
  stripe.confirm(id, { paymentMethodId, returnUrl: RETURN_URL, idempotencyKey });

async function paid(overrides: Partial<NewProviderPayment> = {}): Promise<ProviderPayment> {
  const { providerId } = await begin(overrides);
  server.pay(providerId);
  return stripe.retrieve(providerId);
}

const refundOf = ({ providerId, currency }: ProviderPayment, amount: number, key = aKey()) =>
  stripe.refund({
    refundId: '66f000000000000000000003',
    providerId,
    amount,
    currency,
    reason: 'requested_by_customer',
    idempotencyKey: key,
  });

/** What it is refused with. */
async function failureOf(call: Promise<unknown>): Promise<any> {
  const outcome = await call.then(
    () => expect.fail('it was not refused'),
    (error: unknown) => error,
  );
  // Whoever logs it must not log the payer's secret or our key with it.
  expect(inspect(outcome, { depth: 20 })).not.toMatch(/_secret_|sk_test_/);
  return outcome;
}

const posts = () => server.requests.filter(({ method }) => method === 'POST');

describe('without a key', () => {
  it('stands ready, and every call names the variable', async () => {
    const none = await providerWith({ STRIPE_SECRET_KEY: undefined });
    expect([none.isConfigured, stripe.isConfigured]).toEqual([false, true]);
    expect(() => none.requirePayable(1999, 'USD')).toThrow('STRIPE_SECRET_KEY');
    for (const call of [
      none.create(aPayment()),
      none.confirm('pi_1', { returnUrl: RETURN_URL, idempotencyKey: 'k' }),
      none.retrieve('pi_1'),
      none.cancel('pi_1', 'k'),
      none.retrieveRefund('re_1'),
    ]) {
      expect(await failureOf(call)).toMatchObject({
        code: 'provider_not_configured',
        message: expect.stringContaining('STRIPE_SECRET_KEY'),
      });
    }
    expect(server.requests).toEqual([]);
  });
});

describe('a payment', () => {
  it('is created with what finds it again, and its secret for the payer', async () => {
    const payment = await begin();
    expect(payment).toEqual({
      providerId: expect.stringMatching(/^pi_/),
      state: 'pending',
      amount: 1999,
      currency: 'USD',
      isLive: false,
      paymentId: '66f000000000000000000001',
      clientSecret: expect.stringMatching(/^pi_\w+_secret_/),
    });
    expect(server.intent(payment.providerId)).toMatchObject({
      description: 'Order A-1001',
      automatic_payment_methods: { enabled: true },
      metadata: {
        paymentId: '66f000000000000000000001',
        shopId: '66f000000000000000000002',
        orderNumber: 'A-1001',
      },
    });
    // With telemetry each request would tell how long the one before took.
    await stripe.retrieve(payment.providerId);
    expect(server.requests[1]!.headers).not.toHaveProperty('x-stripe-client-telemetry');
  });

  it.each([
    ['USD', 1999, '1999'],
    ['JPY', 500, '500'],
    ['KWD', 1230, '1230'],
    ['ISK', 1500, '150000'],
    ['UGX', 7000, '700000'],
    ['MGA', 150_000, '1500'],
  ])(
    'of %s %i goes over the wire as %s and comes back as it was',
    async (currency, amount, wire) => {
      const { providerId } = await begin({ currency, amount });
      expect(posts()[0]!.params).toMatchObject({ amount: wire, currency: currency.toLowerCase() });
      expect(await confirm(providerId, 'pm_card_visa')).toMatchObject({ amount, currency });
      await refundOf({ providerId, currency } as ProviderPayment, amount);
      expect(posts().at(-1)!.params).toMatchObject({ amount: wire });
    },
  );

  it('that Stripe cannot take is refused before anything is sent', async () => {
    const error = await failureOf(stripe.create(aPayment({ amount: 10 })));
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: 'amount_not_payable' });
    expect(() => stripe.requirePayable(1235, 'KWD')).toThrow('1.230 KWD or 1.240 KWD');
    expect(server.requests).toEqual([]);
  });

  it.each([
    ['pm_card_visa', 'succeeded'],
    ['pm_card_authenticationRequired', 'requires_action'],
    ['pm_processing', 'processing'],
  ])('confirmed with %s is %s', async (method, state) => {
    const { providerId } = await begin();
    const payment = await confirm(providerId, method);
    expect(payment.state).toBe(state);
    const intent = server.intent(providerId);
    const charge = intent['latest_charge'] ?? undefined;
    // A try that waits for its payer has no charge yet.
    expect(payment.attemptId).toBe(state === 'requires_action' ? intent['payment_method'] : charge);
    expect(payment.captureId).toBe(state === 'succeeded' ? charge : undefined);
    expect(await stripe.retrieve(providerId)).toEqual(payment);
  });

  it.each([
    ['pm_card_authenticationRequired', 'succeeded', 'succeeded'],
    ['pm_card_authenticationRequired', 'failed', 'failed'],
    ['pm_processing', 'succeeded', 'succeeded'],
    ['pm_processing', 'failed', 'failed'],
  ] as const)('that waited after %s and %s is told so', async (method, end, state) => {
    const { providerId } = await begin();
    await confirm(providerId, method);
    server.finish(providerId, end);
    expect(await stripe.retrieve(providerId)).toMatchObject({ state });
  });

  it('that was declined says why, to whom it concerns, and can be tried again', async () => {
    const { providerId } = await begin();
    const error = await failureOf(confirm(providerId, 'pm_card_chargeDeclined'));
    expect(error).toBeInstanceOf(ProviderRefusal);
    const failure = {
      code: 'card_declined',
      message: 'Your card was declined. Try another way to pay.',
    };
    const charge = server.intent(providerId)['latest_charge'] as string;
    expect(error).toMatchObject({
      ...failure,
      payment: { providerId, state: 'failed', attemptId: charge, failure },
    });
    expect(charge).toMatch(/^ch_/);
    const seen = await stripe.retrieve(providerId);
    expect(seen).toMatchObject({ state: 'failed', attemptId: charge, failure });
    expect(seen).not.toHaveProperty('captureId');
    expect(await confirm(providerId, 'pm_card_visa')).toMatchObject({ state: 'succeeded' });
    expect(server.chargeCount(providerId)).toBe(1);
  });

  it('is only looked at without a method, and once it waits for none', async () => {
    const { providerId } = await begin();
    expect(await confirm(providerId)).toMatchObject({ state: 'pending' });
    server.pay(providerId, 'pm_card_chargeDeclined');
    expect(await confirm(providerId)).toMatchObject({ state: 'failed' });
    server.pay(providerId);
    expect(await confirm(providerId, 'pm_card_visa')).toMatchObject({ state: 'succeeded' });
    expect(posts()).toHaveLength(1);
    expect(server.chargeCount(providerId)).toBe(1);
  });

  it('is cancelled, and told as it is when it is too late for that', async () => {
    const open = await begin();
    expect(await stripe.cancel(open.providerId, aKey())).toMatchObject({ state: 'canceled' });
    expect(await stripe.cancel(open.providerId, aKey())).toMatchObject({ state: 'canceled' });
    const done = await paid();
    expect(await stripe.cancel(done.providerId, aKey())).toMatchObject({ state: 'succeeded' });
  });

  it('that nobody knows is a refusal', async () => {
    const error = await failureOf(stripe.retrieve('pi_nobody'));
    expect(error).toBeInstanceOf(ProviderRefusal);
    expect(error).toMatchObject({ code: 'resource_missing' });
    // Stripe repeats what it was asked for.
    const repeated = await failureOf(stripe.retrieve('pi_nobody_secret_1'));
    expect(repeated.message).toContain("'[redacted]'");
  });
});

describe('a refund', () => {
  it('gives back parts, never more than there was, under our own id', async () => {
    const payment = await paid();
    const part = await refundOf(payment, 1500);
    expect(part).toEqual({
      refundId: expect.stringMatching(/^re_/),
      amount: 1500,
      currency: 'USD',
      state: 'succeeded',
      ownId: '66f000000000000000000003',
    });
    expect(await stripe.retrieveRefund(part.refundId)).toEqual(part);
    expect(await failureOf(refundOf(payment, 500))).toBeInstanceOf(ProviderRefusal);
    await refundOf(payment, 499);
    expect(await failureOf(refundOf(payment, 1))).toMatchObject({
      code: 'charge_already_refunded',
    });
    expect(server.refundCount(payment.providerId)).toBe(2);
  });

  it('may be smaller than the least payment, but is refused when it cannot be expressed', async () => {
    expect(await refundOf(await paid(), 1)).toMatchObject({ amount: 1, state: 'succeeded' });
    const dinars = await paid({ currency: 'KWD', amount: 5000 });
    server.reset();
    const error = await failureOf(refundOf(dinars, 1235));
    expect(error).toBeInstanceOf(ProviderRefusal);
    expect(error.message).toContain('1.230 KWD or 1.240 KWD');
    expect(server.requests).toEqual([]);
  });

  it('passes on a reason that Stripe knows, and no other', async () => {
    const payment = await paid();
    await refundOf(payment, 100);
    const own = { refundId: 'r', amount: 100, currency: 'USD', idempotencyKey: aKey() };
    await stripe.refund({ ...own, providerId: payment.providerId, reason: 'Came too late' });
    // By their keys: what took long was sent again.
    const reasons = new Map(posts().map(({ idempotencyKey, params }) => [idempotencyKey, params]));
    expect([...reasons.values()].slice(-2).map(({ reason }) => reason)).toEqual([
      'requested_by_customer',
      undefined,
    ]);
  });

  it('that is pending is told as it ends', async () => {
    server.account.refundsStart = 'pending';
    const { refundId, state } = await refundOf(await paid(), 100);
    server.account.refundsStart = 'succeeded';
    expect(state).toBe('pending');
    server.finishRefund(refundId, 'failed');
    expect(await stripe.retrieveRefund(refundId)).toMatchObject({ state: 'failed' });
  });
});

describe('the idempotency key', () => {
  it('is the one given, on every POST, and makes a repeated call the same call', async () => {
    const payment = aPayment({ idempotencyKey: 'key-create' });
    const { providerId } = await stripe.create(payment);
    expect(await stripe.create(payment)).toMatchObject({ providerId });
    await confirm(providerId, 'pm_card_visa', 'key-confirm');
    const made = await refundOf(
      { providerId, currency: 'USD' } as ProviderPayment,
      500,
      'key-back',
    );
    const again = await refundOf(
      { providerId, currency: 'USD' } as ProviderPayment,
      500,
      'key-back',
    );
    expect(again).toEqual(made);
    await stripe.cancel(providerId, 'key-cancel');
    expect(posts().map(({ idempotencyKey }) => idempotencyKey)).toEqual([
      'key-create',
      'key-create',
      'key-confirm',
      'key-back',
      'key-back',
      'key-cancel',
    ]);
    expect([server.chargeCount(providerId), server.refundCount(providerId)]).toEqual([1, 1]);
  });

  it('used for something else is a refusal', async () => {
    const idempotencyKey = aKey();
    await begin({ idempotencyKey });
    const error = await failureOf(begin({ idempotencyKey, amount: 5000 }));
    expect(error).toBeInstanceOf(ProviderRefusal);
  });

  it('makes one charge of parallel calls', async () => {
    const { providerId } = await begin();
    server.misbehave(/confirm$/, 'slow', 1);
    const patient = await StripeProvider.for(loadAppConfig(testVariables(server.variables)));
    const options = {
      paymentMethodId: 'pm_card_visa',
      returnUrl: RETURN_URL,
      idempotencyKey: 'one',
    };
    const both = [1, 2].map(() => patient.confirm(providerId, options));
    expect((await Promise.all(both)).map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
    expect(server.chargeCount(providerId)).toBe(1);
  });
});

describe('a provider in trouble', () => {
  /** What comes of a confirmation under each misbehaviour, side by side: retries take a second. */
  async function confirmUnder(how: StripeMisbehaviour, times: number) {
    const { providerId } = await begin();
    const path = new RegExp(`${providerId}/confirm$`);
    server.misbehave(path, how, times);
    const key = aKey();
    const outcome = await confirm(providerId, 'pm_card_visa', key).catch((error: unknown) => error);
    const tries = server.requests.filter((request) => path.test(request.path));
    expect(new Set(tries.map(({ idempotencyKey }) => idempotencyKey)), how).toEqual(new Set([key]));
    return { providerId, key, outcome, tries: tries.length };
  }

  it('is asked again, with the same key', async () => {
    const cases = [
      ['server-error', 2],
      ['conflict', 2],
      ['reset', 2],
      ['reset-after-write', 2],
      ['hang', 2],
    ] as const;
    await Promise.all(
      cases.map(async ([how, times]) => {
        const { providerId, outcome, tries } = await confirmUnder(how, times);
        expect(outcome, how).toMatchObject({ state: 'succeeded' });
        expect([how, tries, server.chargeCount(providerId)]).toEqual([how, times + 1, 1]);
      }),
    );
  });

  it('leaves the outcome unknown when it stays so, in time', async () => {
    const startedAt = performance.now();
    const cases = [
      'server-error',
      'conflict',
      'rate-limit',
      'reset',
      'hang',
      'html',
      'null',
    ] as const;
    await Promise.all(
      cases.map(async (how) => {
        const { providerId, outcome } = await confirmUnder(how, 3);
        expect(await failureOf(Promise.reject(outcome as Error)), how).toBeInstanceOf(
          ProviderUnknown,
        );
        expect([how, server.chargeCount(providerId)]).toEqual([how, 0]);
      }),
    );
    expect(performance.now() - startedAt).toBeLessThan(3 * TIMEOUT_MS + 3_000);
  });

  it('that breaks off after the write has done it once, as the same key tells', async () => {
    const payment = await paid();
    const refundKey = aKey();
    server.misbehave(/^\/v1\/refunds$/, 'reset-after-write', 3);
    const [confirmed, refunded] = await Promise.all([
      confirmUnder('reset-after-write', 3),
      failureOf(refundOf(payment, 500, refundKey)),
    ]);
    expect([confirmed.outcome, refunded]).toEqual(Array(2).fill(expect.any(ProviderUnknown)));
    const { providerId, key } = confirmed;
    expect(server.chargeCount(providerId)).toBe(1);
    expect(await confirm(providerId, 'pm_card_visa', key)).toMatchObject({ state: 'succeeded' });
    expect(await refundOf(payment, 500, refundKey)).toMatchObject({ state: 'succeeded' });
    expect(server.chargeCount(providerId)).toBe(1);
    expect(server.refundCount(payment.providerId)).toBe(1);
  });

  it('that does not accept our key is the affair of the operator', async () => {
    const stranger = await providerWith({ STRIPE_SECRET_KEY: 'sk_test_wrong' });
    const error = await failureOf(stranger.create(aPayment()));
    expect(error).toBeInstanceOf(ProviderRefusal);
    expect(error.message).toContain('STRIPE_SECRET_KEY');
    expect(server.requests).toHaveLength(1);
  });
});

describe('a webhook', () => {
  const now = (): number => Math.floor(Date.now() / 1000);
  const anEvent = () => server.event('payment_intent.succeeded', { object: 'payment_intent' });
  const verify = (
    { body, headers }: { body: string | Buffer; headers: Record<string, string | string[]> },
    provider = stripe,
  ) => provider.verifyWebhook(Buffer.from(body), headers);
  const expectRefused = async (name: string, call: Promise<unknown>): Promise<void> => {
    const { code, status } = await failureOf(call);
    expect({ name, code, status }).toEqual({ name, code: 'invalid_signature', status: 400 });
  };

  it('is believed when a known secret has signed its very bytes lately', async () => {
    await verify(server.sign(anEvent()));
    await verify(server.sign(anEvent(), { timestamp: now() - 290 }));
    await verify(server.sign(anEvent(), { timestamp: now() + 290 }));
    const { body, headers } = server.sign(anEvent());
    const twice = headers['stripe-signature']!.replace('v1=', `v1=${'a'.repeat(64)},v1=`);
    await verify({ body, headers: { 'stripe-signature': twice } });
  });

  it('is believed under the secret before, while both are named', async () => {
    const both = await providerWith({
      STRIPE_WEBHOOK_SECRET: `whsec_new,${STRIPE_WEBHOOK_SECRET}`,
    });
    await verify(server.sign(anEvent()), both);
    await verify(server.sign(anEvent(), { secret: 'whsec_new' }), both);
    const after = await providerWith({ STRIPE_WEBHOOK_SECRET: 'whsec_new' });
    await expectRefused('old secret', verify(server.sign(anEvent()), after));
  });

  it('is refused otherwise', async () => {
    const { body, headers } = server.sign(anEvent());
    const signature = headers['stripe-signature']!;
    const time = signature.split(',')[0]!;
    const withHeader = (value: string | string[]) =>
      verify({ body, headers: { 'stripe-signature': value } });
    const cases: Record<string, Promise<unknown>> = {
      'changed byte': verify({ body: body.replace('succeeded', 'Succeeded'), headers }),
      're-serialised': verify({ body: JSON.stringify(JSON.parse(body)), headers }),
      'byte order mark': verify({ body: `\uFEFF${body}`, headers }),
      old: verify(server.sign(anEvent(), { timestamp: now() - 310 })),
      'from the future': verify(server.sign(anEvent(), { timestamp: now() + 310 })),
      'wrong secret': verify(server.sign(anEvent(), { secret: 'whsec_other' })),
      'empty body': verify({ body: '', headers }),
      'empty signed body': verify(server.sign('')),
      'no header': verify({ body, headers: {} }),
      'empty header': withHeader(''),
      'array header': withHeader([signature]),
      garbage: withHeader('=,=,t,v1,=v1=t=%%%'),
      'no v1': withHeader(signature.replace('v1=', 'v2=')),
      'short v1': withHeader(`${time},v1=abcd`),
      'no time': withHeader(signature.replace(/^t=\d+,/, '')),
      'two times': withHeader(`${signature},t=${now() - 5}`),
      'signed garbage': verify(server.sign('{"id":')),
      'signed thin event': verify(server.sign({ ...anEvent(), object: 'v2.core.event' })),
    };
    for (const [name, call] of Object.entries(cases)) await expectRefused(name, call);
  });

  it('is refused as long as there is no secret', async () => {
    for (const missing of ['STRIPE_WEBHOOK_SECRET', 'STRIPE_SECRET_KEY']) {
      const provider = await providerWith({ [missing]: undefined });
      await expectRefused(missing, verify(server.sign(anEvent()), provider));
      await expectRefused('empty secret', verify(server.sign(anEvent(), { secret: '' }), provider));
    }
  });

  it('is refused when other bytes would decode to the same text', async () => {
    const event = JSON.stringify({ ...anEvent(), note: '\uFFFD' });
    const { headers } = server.sign(event);
    const [before, after] = event.split('\uFFFD') as [string, string];
    const bytes = Buffer.concat([Buffer.from(before), Buffer.from([0xff]), Buffer.from(after)]);
    await verify({ body: event, headers });
    await expectRefused('other bytes', verify({ body: bytes, headers }));
  });
});

describe('an event', () => {
  const read = (type: string, object: object, overrides: object = {}) =>
    stripe.readEvent(JSON.stringify(server.event(type, object, overrides)));

  it('of a payment tells what an answer tells, but not the secret of the payer', async () => {
    const { providerId } = await begin({ currency: 'ISK', amount: 1500 });
    for (const [method, type] of [
      ['pm_card_chargeDeclined', 'payment_intent.payment_failed'],
      ['pm_processing', 'payment_intent.processing'],
      ['pm_card_authenticationRequired', 'payment_intent.requires_action'],
      ['pm_card_visa', 'payment_intent.succeeded'],
    ] as const) {
      const event = read(type, server.pay(providerId, method), {
        id: 'evt_1',
        created: 1_790_000_000,
      });
      const { clientSecret: _, ...payment } = await stripe.retrieve(providerId);
      expect(event).toEqual({
        id: 'evt_1',
        type,
        isLive: false,
        occurredAt: new Date(1_790_000_000_000),
        providerId,
        payment,
      });
      expect(payment.amount).toBe(1500);
    }
  });

  it('of a refunded charge tells the sum, and of a refund which one', async () => {
    const { providerId, captureId } = await paid();
    const refund = server.refundElsewhere(providerId, 700);
    expect(read('charge.refunded', server.charge(captureId!))).toMatchObject({
      providerId,
      payment: {
        providerId,
        state: 'succeeded',
        amount: 1999,
        currency: 'USD',
        captureId,
        attemptId: captureId,
        paymentId: '66f000000000000000000001',
        refundedTotal: 700,
      },
    });
    const own = { ...refund, metadata: { refundId: 'ours' } };
    for (const type of ['refund.created', 'refund.updated', 'charge.refund.updated']) {
      const told = { refundId: refund['id'], amount: 700, state: 'succeeded', ownId: 'ours' };
      expect(read(type, own)).toMatchObject({ providerId, refund: told });
    }
    expect(read('refund.failed', { ...refund, status: 'failed' }).refund).toEqual({
      refundId: refund['id'],
      amount: 700,
      currency: 'USD',
      state: 'failed',
    });
  });

  it.each([
    ['requires_confirmation', 'pending'],
    ['requires_capture', 'processing'],
    ['canceled', 'canceled'],
  ])('of a payment that is %s reads %s', async (status, state) => {
    const intent = server.intent((await begin()).providerId);
    expect(read('payment_intent.updated', { ...intent, status }).payment).toMatchObject({ state });
  });

  it('tells whether it is of real money, and takes objects in the place of ids', async () => {
    const { providerId, captureId } = await paid();
    const intent = { ...server.intent(providerId), latest_charge: server.charge(captureId!) };
    const event = read(
      'payment_intent.succeeded',
      { ...intent, livemode: true },
      { livemode: true },
    );
    expect(event).toMatchObject({ isLive: true, payment: { isLive: true, captureId } });
  });

  it('of anything else has its id and type only', () => {
    for (const type of ['charge.dispute.created', 'charge.dispute.closed', 'customer.created']) {
      const event = read(type, { id: 'x', payment_intent: 'pi_1', amount: 1, currency: 'usd' });
      expect(Object.keys(event).sort()).toEqual(['id', 'isLive', 'occurredAt', 'type']);
    }
  });

  it('of what we cannot read tells of no payment, and does not fail', async () => {
    const intent = server.intent((await begin()).providerId);
    for (const odd of [
      { currency: 'xxx' },
      { currency: null },
      { currency: 'isk', amount: 150 },
      { amount: '1999' },
      { amount: -1 },
      { status: 'something_new' },
      { object: 'charge' },
      { id: 7 },
    ]) {
      const event = read('payment_intent.succeeded', { ...intent, ...odd });
      expect(event.payment, JSON.stringify(odd)).toBeUndefined();
    }
    for (const data of [undefined, null, 7, [], {}, { object: null }]) {
      for (const type of ['payment_intent.succeeded', 'charge.refunded', 'refund.updated']) {
        const event = read(type, {}, { data, created: 'soon' });
        expect([event.payment, event.refund, event.providerId]).toEqual(Array(3).fill(undefined));
      }
    }
  });

  it('of a charge that was only reserved tells of no money', async () => {
    const { captureId } = await paid();
    const charge = { ...server.charge(captureId!), captured: false };
    expect(read('charge.refunded', charge).payment).toBeUndefined();
  });
});
