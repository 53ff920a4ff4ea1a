import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type NewProviderPayment,
  type NewProviderRefund,
  type ProviderPayment,
  ProviderRefusal,
  ProviderUnknown,
} from '../src/payments/providers/payment-provider.js';
import { certifiedKey } from '../src/payments/providers/paypal-certificate.js';
import { PaypalCertificates } from '../src/payments/providers/paypal-certificates.js';
import { PaypalProvider } from '../src/payments/providers/paypal.provider.js';
import { AppConfig, loadAppConfig } from '../src/platform/config/app-config.js';
import { AppError } from '../src/platform/http/app-error.js';
import { makeCertificate } from './providers/paypal-certificate.js';
import {
  type PaypalMisbehaviour,
  type PaypalRequest,
  type PaypalRoute,
  PaypalServer,
  type SigningOptions,
} from './providers/paypal.server.js';

const RETURN_URL = 'http://app.example/back';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let server: PaypalServer;
let paypal: PaypalProvider;
/** As `paypal`, without patience. */
let hasty: PaypalProvider;
let keys = 0;

beforeAll(async () => {
  server = await PaypalServer.start();
  paypal = new PaypalProvider(configOf(server.variables), { timeoutMs: 5_000, retryPauseMs: 5 });
  hasty = new PaypalProvider(configOf(server.variables), { timeoutMs: 150, retryPauseMs: 5 });
});

afterAll(() => server.stop());

beforeEach(() => server.reset());

function configOf(variables: Record<string, string>): AppConfig {
  return loadAppConfig({ NODE_ENV: 'test', ...variables });
}

const aProvider = () =>
  new PaypalProvider(configOf(server.variables), { timeoutMs: 5_000, retryPauseMs: 5 });

function aPayment(overrides: Partial<NewProviderPayment> = {}): NewProviderPayment {
  const paymentId = (++keys).toString(16).padStart(24, '0');
  return {
    paymentId,
    shopId: 'a'.repeat(24),
    orderNumber: 'ORD-12',
    amount: 2_000,
    currency: 'USD',
    idempotencyKey: `pay-${paymentId}`,
    returnUrl: RETURN_URL,
    ...overrides,
  };
}

const confirm = (providerId: string, idempotencyKey = `confirm-${providerId}`, by = paypal) =>
  by.confirm(providerId, { returnUrl: RETURN_URL, idempotencyKey });

async function approved(overrides: Partial<NewProviderPayment> = {}): Promise<ProviderPayment> {
  const payment = await paypal.create(aPayment(overrides));
  server.approve(payment.providerId);
  return payment;
}

async function captured(overrides: Partial<NewProviderPayment> = {}): Promise<ProviderPayment> {
  return confirm((await approved(overrides)).providerId);
}

function aRefund(
  { providerId, captureId }: ProviderPayment,
  overrides: Partial<NewProviderRefund> = {},
): NewProviderRefund {
  const refundId = (++keys).toString(16).padStart(24, '0');
  const base = { refundId, providerId, captureId, amount: 500, currency: 'USD' };
  return { ...base, reason: 'broken', idempotencyKey: `refund-${refundId}`, ...overrides };
}

const next = (route: PaypalRoute, ...hows: PaypalMisbehaviour[]) => {
  server.misbehaviour[route] = hows;
};

const requestsOf = (route: PaypalRequest['route']) =>
  server.requests.filter((request) => request.route === route);

const bodyOf = (route: PaypalRoute) => JSON.parse(requestsOf(route)[0]!.body);

const caught = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    (answer) => expect.unreachable(`it answered ${JSON.stringify(answer)}`),
    (error: unknown) => error,
  );

async function refusal(call: Promise<unknown>): Promise<ProviderRefusal> {
  const error = await caught(call);
  expect(error).toBeInstanceOf(ProviderRefusal);
  return error as ProviderRefusal;
}

const unknown = async (call: Promise<unknown>) =>
  expect(await caught(call)).toBeInstanceOf(ProviderUnknown);

describe('without settings', () => {
  it('can be made, and names what is missing', async () => {
    const bare = new PaypalProvider(configOf({}));
    expect(bare.isConfigured).toBe(false);
    const calls: (() => unknown)[] = [
      () => bare.requirePayable(1, 'USD'),
      () => bare.create(aPayment()),
      () => confirm('X', 'k', bare),
      () => bare.retrieve('X'),
      () => bare.cancel('X'),
      () => bare.refund(aRefund({ providerId: 'X' } as ProviderPayment)),
      () => bare.retrieveRefund('X'),
      () => bare.readEvent('{}'),
    ];
    for (const call of calls) {
      const error = await caught(Promise.resolve().then(call));
      expect(error, String(call)).toMatchObject({ code: 'provider_not_configured' });
      expect((error as AppError).message).toMatch(/PAYPAL_CLIENT_ID and PAYPAL_CLIENT_SECRET/);
    }
    expect(await caught(bare.verifyWebhook(Buffer.from('{}'), {}))).toMatchObject({
      code: 'invalid_signature',
    });
  });

  it('is made by the container with the settings alone', async () => {
    const config = configOf(server.variables);
    const providers = [PaypalProvider, { provide: AppConfig, useValue: config }];
    const alone = await Test.createTestingModule({ providers }).compile();
    const provider = alone.get(PaypalProvider);
    expect(provider.isConfigured).toBe(true);
    expect((await provider.create(aPayment())).state).toBe('requires_action');
    await alone.close();
  });
});

describe('tokens', () => {
  it('fetches one for four calls at once, and keeps it', async () => {
    const provider = aProvider();
    await Promise.all([1, 2, 3, 4].map(() => provider.create(aPayment())));
    await provider.create(aPayment());
    expect(requestsOf('token')).toHaveLength(1);
    expect(requestsOf('create')).toHaveLength(5);
  });

  it('does not use one that ends in a moment', async () => {
    server.tokenLifeS = 0.05;
    const provider = aProvider();
    await provider.create(aPayment());
    await new Promise((resolve) => setTimeout(resolve, 60));
    server.tokenLifeS = HOUR_MS;
    await Promise.all([1, 2, 3, 4].map(() => provider.create(aPayment())));
    expect(requestsOf('token')).toHaveLength(2);
    expect(requestsOf('create')).toHaveLength(5);
  });

  it('renews one that was taken back, once for parallel calls, under the same request id', async () => {
    const provider = aProvider();
    await provider.create(aPayment());
    server.revokeTokens();
    server.reset();
    await Promise.all([provider.create(aPayment()), provider.create(aPayment())]);
    expect(requestsOf('token')).toHaveLength(1);
    const ids = requestsOf('create').map(({ requestId }) => requestId);
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(2);
  });

  it('repeats once only, and then names the operator', async () => {
    next('create', 'unauthorized', 'unauthorized', 'unauthorized');
    const { code, message } = await refusal(paypal.create(aPayment()));
    expect(code).toBe('not_authorized');
    expect(message).toMatch(/operator must check PAYPAL_CLIENT_ID/);
    expect(requestsOf('create')).toHaveLength(2);
  });

  it('tells wrong credentials without the secret', async () => {
    const PAYPAL_CLIENT_SECRET = 'wrong-secret-xyz';
    const wrong = new PaypalProvider(configOf({ ...server.variables, PAYPAL_CLIENT_SECRET }));
    const error = await refusal(wrong.create(aPayment()));
    expect(error.code).toBe('not_authorized');
    expect(JSON.stringify([error, error.message, error.stack])).not.toContain('wrong-secret');
  });

  it.each<PaypalMisbehaviour>(['html', 'odd', 'redirect', 'huge'])(
    'knows nothing when the token endpoint answers with %s, and asks anew later',
    async (how) => {
      const provider = aProvider();
      next('token', how);
      await unknown(provider.create(aPayment()));
      expect((await provider.create(aPayment())).state).toBe('requires_action');
    },
  );
});

describe('create', () => {
  it('makes an order for the payment, to be approved', async () => {
    const payment = aPayment({ amount: 1_999 });
    const view = await paypal.create(payment);
    expect(view).toEqual({
      providerId: expect.stringMatching(/^[0-9A-F]{17}$/),
      state: 'requires_action',
      amount: 1_999,
      currency: 'USD',
      isLive: false,
      paymentId: payment.paymentId,
      approveUrl: expect.stringContaining(`/checkoutnow?token=${view.providerId}`),
    });
    expect(bodyOf('create')).toEqual({
      intent: 'CAPTURE',
      purchase_units: [
        {
          reference_id: 'ORD-12',
          custom_id: payment.paymentId,
          invoice_id: `ORD-12-${payment.paymentId}`,
          amount: { currency_code: 'USD', value: '19.99' },
        },
      ],
      payment_source: {
        paypal: {
          experience_context: {
            return_url: RETURN_URL,
            cancel_url: RETURN_URL,
            user_action: 'PAY_NOW',
          },
        },
      },
    });
    expect(requestsOf('create')[0]).toMatchObject({
      requestId: payment.idempotencyKey,
      headers: { prefer: 'return=representation' },
    });
  });

  it('makes one order for one key, however long', async () => {
    const payment = aPayment({ idempotencyKey: 'k'.repeat(300) });
    const [first, second] = [await paypal.create(payment), await paypal.create(payment)];
    expect(second.providerId).toBe(first.providerId);
    expect(server.counts.orders).toBe(1);
  });

  it('makes one order for two calls at once with one key', async () => {
    next('create', 'slow');
    const payment = aPayment();
    const [first] = await Promise.allSettled([paypal.create(payment), paypal.create(payment)]);
    expect(first).toMatchObject({ status: 'fulfilled' });
    expect(first).toHaveProperty('value', await paypal.create(payment));
    expect(requestsOf('create').length).toBeGreaterThan(2);
    expect(server.counts.orders).toBe(1);
  });

  it('writes amounts as PayPal wants them', async () => {
    const amounts = [
      { amount: 150_000, currency: 'HUF', value: '1500' },
      { amount: 1_500, currency: 'JPY', value: '1500' },
      { amount: 150_000, currency: 'TWD', value: '1500' },
      { amount: 5, currency: 'EUR', value: '0.05' },
    ];
    for (const { amount, currency, value } of amounts) {
      server.reset();
      expect(await paypal.create(aPayment({ amount, currency }))).toMatchObject({
        amount,
        currency,
      });
      expect(bodyOf('create').purchase_units[0].amount.value).toBe(value);
    }
  });

  it.each([
    [1_050, 'HUF', /no 10\.50 HUF: it takes whole HUF only/],
    [1_000, 'MMK', /no MMK: it takes AUD/],
    [0, 'USD', /at least 0\.01 USD/],
  ])('refuses %d %s before it asks PayPal', async (amount, currency, sentence) => {
    expect(() => paypal.requirePayable(amount, currency)).toThrow(sentence);
    const error = await caught(paypal.create(aPayment({ amount, currency })));
    expect(error).toMatchObject({ code: 'amount_not_payable' });
    expect((error as AppError).getStatus()).toBe(422);
    expect(server.requests).toHaveLength(0);
  });
});

describe('troubles', () => {
  it.each<PaypalMisbehaviour>(['server-error', 'rate-limited', 'reset', 'in-progress'])(
    'repeats after %s twice under the same id, and no more',
    async (how) => {
      next('create', how, how);
      await paypal.create(aPayment());
      expect(new Set(requestsOf('create').map(({ requestId }) => requestId)).size).toBe(1);
      expect(requestsOf('create')).toHaveLength(3);
      next('create', how, how, how);
      await unknown(paypal.create(aPayment()));
      expect(requestsOf('create')).toHaveLength(6);
    },
  );

  it.each<PaypalMisbehaviour>(['html', 'html-error', 'odd-error', 'odd', 'huge', 'redirect'])(
    'knows nothing after %s, and follows no redirect',
    async (how) => {
      next('create', how);
      await unknown(paypal.create(aPayment()));
      expect(requestsOf('create')).toHaveLength(1);
      expect(requestsOf('unknown')).toHaveLength(0);
    },
  );

  it.each<PaypalMisbehaviour>(['hang', 'hang-in-body'])('ends in time: %s', async (how) => {
    await hasty.create(aPayment());
    next('create', how, how);
    const startedAt = performance.now();
    await unknown(hasty.create(aPayment()));
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('knows nothing when nobody listens', async () => {
    const PAYPAL_API_BASE = 'http://localhost:1';
    const config = configOf({ ...server.variables, PAYPAL_API_BASE });
    await unknown(
      new PaypalProvider(config, { timeoutMs: 5_000, retryPauseMs: 1 }).create(aPayment()),
    );
  });

  it('tells a refusal that it does not know with its code and debug id', async () => {
    next('create', 'SOMETHING_NEW');
    const { code, message } = await refusal(paypal.create(aPayment()));
    expect(code).toBe('SOMETHING_NEW');
    expect(message).toMatch(/SOMETHING_NEW, debug id f3b2a1c0d9e8/);
  });

  it('tells what is not allowed to the account', async () => {
    next('create', 'forbidden');
    expect(await refusal(paypal.create(aPayment()))).toMatchObject({ code: 'not_authorized' });
  });

  it('tells of an order that nobody knows, whatever its id', async () => {
    for (const id of ['NONE', '../../v1/oauth2/token', 'a/b?c#d']) {
      expect((await refusal(paypal.retrieve(id))).code).toBe('INVALID_RESOURCE_ID');
    }
    expect(requestsOf('unknown')).toHaveLength(0);
  });
});

describe('confirm', () => {
  it('captures what was approved, once', async () => {
    const { providerId, paymentId } = await approved();
    const view = await confirm(providerId);
    expect(view).toMatchObject({ providerId, paymentId, state: 'succeeded', amount: 2_000 });
    expect(view.captureId).toBe(view.attemptId);
    expect(await confirm(providerId, 'another-key')).toEqual(view);
    expect(await paypal.retrieve(providerId)).toEqual(view);
    expect(server.counts.captures).toBe(1);
  });

  it('captures once when the connection breaks after it, and when it is asked anew', async () => {
    const { providerId } = await approved();
    next('capture', 'reset-after');
    expect((await confirm(providerId)).state).toBe('succeeded');
    expect(new Set(requestsOf('capture').map(({ requestId }) => requestId)).size).toBe(1);
    expect(requestsOf('capture')).toHaveLength(2);
    next('capture', 'reset-after', 'reset-after', 'reset-after');
    const other = await approved();
    await unknown(confirm(other.providerId, 'same'));
    expect((await confirm(other.providerId, 'same')).state).toBe('succeeded');
    expect(server.counts.captures).toBe(2);
  });

  it('captures once for parallel confirms', async () => {
    const { providerId } = await approved();
    next('capture', 'slow');
    const answers = await Promise.allSettled(
      ['k', 'k', 'other', 'another'].map((key) => confirm(providerId, key)),
    );
    const views = answers.filter(({ status }) => status === 'fulfilled');
    expect(views.length).toBeGreaterThan(0);
    expect(server.counts.captures).toBe(1);
    expect((await confirm(providerId, 'k')).state).toBe('succeeded');
    expect(server.counts.captures).toBe(1);
  });

  it('asks for the approval that is missing, without a capture', async () => {
    const { providerId, approveUrl } = await paypal.create(aPayment());
    expect(await confirm(providerId)).toMatchObject({ state: 'requires_action', approveUrl });
    expect(requestsOf('capture')).toHaveLength(0);
  });

  it.each(['ORDER_NOT_APPROVED', 'PAYER_ACTION_REQUIRED'] as const)(
    'tells %s as an action of the payer',
    async (issue) => {
      const { providerId } = await approved();
      next('capture', issue);
      const view = await confirm(providerId);
      expect(view).toMatchObject({ providerId, state: 'requires_action', amount: 2_000 });
      const isAgain = issue === 'PAYER_ACTION_REQUIRED';
      expect(view.approveUrl).toContain(isAgain ? '?again=1' : `?token=${providerId}`);
    },
  );

  it('takes ORDER_ALREADY_CAPTURED for what it is', async () => {
    const { providerId } = await approved();
    next('capture', 'slow');
    const [one, two] = await Promise.all([confirm(providerId, 'one'), confirm(providerId, 'two')]);
    expect(requestsOf('capture')).toHaveLength(2);
    expect(one).toMatchObject({ state: 'succeeded', captureId: two.captureId });
    expect(two).toEqual(one);
    expect(server.counts.captures).toBe(1);
  });

  it('refuses a declined instrument with the failed payment, and takes another later', async () => {
    const { providerId } = await approved();
    next('capture', 'INSTRUMENT_DECLINED');
    const { code, message, payment } = await refusal(confirm(providerId, 'try-0'));
    expect(code).toBe('INSTRUMENT_DECLINED');
    expect(message).toMatch(/choose another way to pay/);
    expect(payment).toMatchObject({
      state: 'failed',
      attemptId: 'try-0',
      failure: { code, message },
    });
    expect((await confirm(providerId, 'try-1')).state).toBe('succeeded');
  });

  it('does not take a pending capture for paid', async () => {
    const { providerId } = await approved();
    next('capture', 'pending');
    const view = await confirm(providerId);
    expect(view.state).toBe('processing');
    server.settle(view.captureId!, 'COMPLETED');
    const settled = await paypal.retrieve(providerId);
    expect(settled).toMatchObject({ state: 'succeeded', attemptId: view.attemptId });
  });

  it('tells a capture that failed', async () => {
    const { providerId } = await approved();
    next('capture', 'declined');
    expect(await confirm(providerId)).toMatchObject({
      state: 'failed',
      failure: { code: 'DECLINED', message: expect.stringContaining('another way') },
    });
  });

  it.each<PaypalMisbehaviour>(['html', 'odd'])('knows nothing after %s', async (how) => {
    const { providerId } = await approved();
    next('capture', how);
    await unknown(confirm(providerId));
    next('get', how);
    await unknown(paypal.retrieve(providerId));
  });
});

describe('cancel', () => {
  it('counts what was not captured as cancelled', async () => {
    const { providerId } = await paypal.create(aPayment());
    expect(await paypal.cancel(providerId)).toMatchObject({ providerId, state: 'canceled' });
    server.approve(providerId);
    expect((await paypal.cancel(providerId)).state).toBe('canceled');
    expect(server.counts.captures).toBe(0);
  });

  it('tells what was captured as it is', async () => {
    const payment = await captured();
    expect(await paypal.cancel(payment.providerId)).toEqual(payment);
  });

  it('tells what is on its way as it is', async () => {
    next('capture', 'pending');
    const { providerId } = await captured();
    expect((await paypal.cancel(providerId)).state).toBe('processing');
  });
});

describe('refund', () => {
  it('gives back a part and the rest, and the payment tells the sum', async () => {
    const payment = await captured();
    const refund = aRefund(payment);
    const first = await paypal.refund(refund);
    expect(first).toEqual({
      refundId: expect.any(String),
      amount: 500,
      currency: 'USD',
      state: 'succeeded',
      ownId: refund.refundId,
    });
    expect(bodyOf('refund')).toEqual({
      amount: { value: '5.00', currency_code: 'USD' },
      invoice_id: `refund-${refund.refundId}`,
      note_to_payer: 'broken',
    });
    expect(await paypal.retrieveRefund(first.refundId)).toEqual(first);
    expect(await paypal.retrieve(payment.providerId)).toMatchObject({ refundedTotal: 500 });
    await paypal.refund(aRefund(payment, { amount: 1_500 }));
    expect(await paypal.retrieve(payment.providerId)).toMatchObject({
      state: 'succeeded',
      amount: 2_000,
      refundedTotal: 2_000,
    });
  });

  it('gives back once for one key, and when the connection breaks after it', async () => {
    const refund = aRefund(await captured());
    next('refund', 'reset-after', 'reset-after', 'reset-after');
    await unknown(paypal.refund(refund));
    const first = await paypal.refund(refund);
    expect(await paypal.refund(refund)).toEqual(first);
    expect(server.counts.refunds).toBe(1);
  });

  it('tells one that takes time, and how it ends', async () => {
    const payment = await captured();
    next('refund', 'pending', 'pending');
    const [good, bad] = [
      await paypal.refund(aRefund(payment)),
      await paypal.refund(aRefund(payment)),
    ];
    expect(good.state).toBe('pending');
    expect(await paypal.retrieve(payment.providerId)).not.toHaveProperty('refundedTotal');
    server.settleRefund(good.refundId, 'COMPLETED');
    server.settleRefund(bad.refundId, 'CANCELLED');
    expect((await paypal.retrieveRefund(good.refundId)).state).toBe('succeeded');
    expect((await paypal.retrieveRefund(bad.refundId)).state).toBe('failed');
  });

  it('finds the capture when nobody names it', async () => {
    const payment = await captured();
    const refund = aRefund(payment, { captureId: undefined });
    expect((await paypal.refund(refund)).state).toBe('succeeded');
    const open = await approved();
    expect((await refusal(paypal.refund(aRefund(open)))).code).toBe('not_captured');
  });

  it('refuses more than is left, and fractions that PayPal does not take', async () => {
    const payment = await captured();
    const { code } = await refusal(paypal.refund(aRefund(payment, { amount: 2_001 })));
    expect(code).toBe('REFUND_AMOUNT_EXCEEDED');
    await paypal.refund(aRefund(payment, { amount: 2_000 }));
    const again = await refusal(paypal.refund(aRefund(payment)));
    expect(again.code).toBe('CAPTURE_FULLY_REFUNDED');
    const forint = await captured({ amount: 200_000, currency: 'HUF' });
    const fraction = aRefund(forint, { amount: 150, currency: 'HUF' });
    expect((await refusal(paypal.refund(fraction))).code).toBe('amount_not_payable');
  });

  it('bounds the note, whole characters only', async () => {
    await paypal.refund(aRefund(await captured(), { reason: `${'x'.repeat(254)}😀` }));
    expect(bodyOf('refund').note_to_payer).toBe(`${'x'.repeat(254)}\ufffd`);
    server.reset();
    await paypal.refund(aRefund(await captured(), { reason: '' }));
    expect(bodyOf('refund')).not.toHaveProperty('note_to_payer');
  });

  it('takes nothing for a no that an earlier refund may contradict', async () => {
    const payment = await captured();
    next('refund', 'unauthorized', 'unauthorized');
    await unknown(paypal.refund(aRefund(payment)));
    next('refund', 'forbidden');
    await unknown(paypal.refund(aRefund(payment)));
    await unknown(paypal.retrieveRefund('NONE'));
  });
});

describe('webhook signatures', () => {
  const verify = (
    { body, headers }: { body: string | Buffer; headers: Record<string, unknown> },
    by = paypal,
  ) => by.verifyWebhook(Buffer.from(body), headers as Record<string, string>);

  const anEvent = () => server.event('PAYMENT.CAPTURE.COMPLETED', { id: '1' });
  const aDelivery = (options?: SigningOptions) => server.sign(anEvent(), options);

  async function refused(call: Promise<void>, why: RegExp): Promise<void> {
    const error = await caught(call);
    expect(error).toMatchObject({ code: 'invalid_signature', message: expect.stringMatching(why) });
    expect((error as AppError).getStatus()).toBe(400);
  }

  it('believes what PayPal has signed, and loads its certificate once', async () => {
    const provider = aProvider();
    await Promise.all([1, 2, 3, 4].map(() => verify(aDelivery(), provider)));
    await verify(aDelivery(), provider);
    expect(requestsOf('certificate')).toHaveLength(1);
  });

  it('believes no changed byte and no re-serialised body', async () => {
    const { body, headers } = aDelivery();
    const changed = body.replace('"id"', '"iD"');
    await refused(verify({ body: changed, headers }), /not made for this body/);
    const again = JSON.stringify(JSON.parse(body));
    await refused(verify({ body: again, headers }), /not made for this body/);
    await refused(verify({ body: '', headers }), /not made for this body/);
    await verify({ body, headers });
  });

  it('signs the CRC as an unsigned number', async () => {
    // About half of all bodies have a CRC whose first bit is set.
    for (let count = 0; count < 8; count++) await verify(aDelivery());
  });

  it('believes no other webhook id, nor that of the simulator', async () => {
    await refused(verify(aDelivery({ webhookId: 'OTHER' })), /not made for this/);
    await refused(verify(aDelivery({ webhookId: 'WEBHOOK_ID' })), /not made for this/);
    const PAYPAL_WEBHOOK_ID = 'WEBHOOK_ID';
    const simulated = new PaypalProvider(configOf({ ...server.variables, PAYPAL_WEBHOOK_ID }));
    await refused(verify(aDelivery({ webhookId: 'WEBHOOK_ID' }), simulated), /PAYPAL_WEBHOOK_ID/);
  });

  it('believes nothing without a webhook id', async () => {
    const { PAYPAL_WEBHOOK_ID: _, ...variables } = server.variables;
    const provider = new PaypalProvider(configOf(variables));
    await refused(verify(aDelivery({ webhookId: 'undefined' }), provider), /PAYPAL_WEBHOOK_ID/);
    await refused(verify(aDelivery(), provider), /PAYPAL_WEBHOOK_ID/);
    expect(server.requests).toHaveLength(0);
  });

  it('believes no other key than that of the certificate', async () => {
    await refused(verify(aDelivery({ key: server.keys.other })), /not made for this/);
    await refused(verify(aDelivery({ certificate: 'CERT-2' })), /not made for this/);
    await verify(aDelivery({ key: server.keys.other, certificate: 'CERT-2' }));
  });

  it.each([
    'https://evil.example/v1/notifications/certs/CERT-1',
    'https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1',
    'https://evilpaypal.com/v1/notifications/certs/CERT-1',
    'https://paypal.com/v1/notifications/certs/CERT-1',
    'https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1',
    'https://evil.example\\@api.paypal.com/v1/notifications/certs/CERT-1',
    'https://evil.example/#.paypal.com',
    'https://evil.example/?x=.paypal.com/v1/notifications/certs/',
    'http://api.paypal.com/v1/notifications/certs/CERT-1',
    'https://api.paypal.com:8443/v1/notifications/certs/CERT-1',
    'https://api.paypal.com/v1/notifications/certs/CERT-1?x=1',
    'https://api.paypal.com/v1/notifications/certs/../../../uploads/mine.pem',
    'https://www.paypal.com/uploads/mine.pem',
    'http://127.0.0.1:80/certs/CERT-1',
    'http://169.254.169.254/latest/meta-data',
    'file:///etc/passwd',
    'data:text/plain,x',
    '//api.paypal.com/v1/notifications/certs/CERT-1',
    'CERT-1',
  ])('asks nobody for the certificate at %s', async (url) => {
    const { body, headers } = aDelivery();
    const named = { body, headers: { ...headers, 'paypal-cert-url': url } };
    await refused(verify(named), /address of the certificate/);
    expect(server.requests).toHaveLength(0);
  });

  it('accepts certificates of a local server outside production only, for its own origin only', async () => {
    const rules = { timeoutMs: 1_000, apiBase: server.url };
    const url = `${server.url}/certs/CERT-1`;
    const now = new Date();
    const outside = new PaypalCertificates({ ...rules, production: false });
    expect((await outside.getKey(url, now)).asymmetricKeyType).toBe('rsa');
    const inside = new PaypalCertificates({ ...rules, production: true });
    await expect(inside.getKey(url, now)).rejects.toThrow(/not PayPal's/);
    const apiBase = 'https://api-m.sandbox.paypal.com';
    const real = new PaypalCertificates({ ...rules, apiBase, production: false });
    await expect(real.getKey(url, now)).rejects.toThrow(/not PayPal's/);
    await expect(real.getKey(`${apiBase}/certs/CERT-1`, now)).rejects.toThrow(/not PayPal's/);
  });

  it.each([
    ['redirect', /could not be loaded/],
    ['none', /could not be loaded/],
    ['huge', /no certificate/],
    ['no-pem', /no certificate/],
    ['broken', /cannot be read|no certificate/],
    ['expired', /out of date/],
    ['early', /out of date/],
  ])('believes no certificate that is %s, and asks again later', async (certificate, why) => {
    const provider = aProvider();
    await refused(verify(aDelivery({ certificate }), provider), why);
    await refused(verify(aDelivery({ certificate }), provider), why);
    expect(requestsOf('certificate')).toHaveLength(2);
  });

  it('does not wait long for a certificate, nor for many at once', async () => {
    const delivery = aDelivery({ certificate: 'hang' });
    const startedAt = performance.now();
    await refused(verify(delivery, hasty), /could not be loaded/);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    const calls = Array.from({ length: 20 }, (_, count) => {
      const many = aDelivery({ certificate: `hang${count}` });
      return refused(verify(many, hasty), /could not be loaded|too many/);
    });
    server.requests.length = 0;
    await Promise.all(calls);
    expect(requestsOf('certificate')).toHaveLength(8);
  });

  it('believes times of the days in which PayPal repeats, and five minutes ahead', async () => {
    const at = (ms: number) => aDelivery({ time: new Date(Date.now() + ms) });
    await verify(at(-3 * DAY_MS));
    await verify(at(4 * 60_000));
    await refused(verify(at(-5 * DAY_MS)), /too old, or lies ahead/);
    await refused(verify(at(6 * 60_000)), /too old, or lies ahead/);
    for (const time of ['soon', '0', new Date().toISOString().slice(0, 10), 'Infinity']) {
      const { body, headers } = aDelivery();
      const odd = { ...headers, 'paypal-transmission-time': time };
      await refused(verify({ body, headers: odd }), /too old, or lies ahead/);
    }
  });

  it('needs every header, once, and bounded', async () => {
    const { body, headers } = aDelivery();
    for (const name of Object.keys(headers).filter((one) => one.startsWith('paypal-'))) {
      for (const value of [undefined, '', [headers[name]], [], 'x'.repeat(10_000)]) {
        const changed = { ...headers, [name]: value };
        await refused(verify({ body, headers: changed }), new RegExp(`header ${name} is missing`));
      }
    }
    for (const algorithm of ['none', 'SHA1withRSA', 'sha256WithRsa', 'SHA256withECDSA']) {
      const changed = { ...headers, 'paypal-auth-algo': algorithm };
      await refused(verify({ body, headers: changed }), /only SHA256withRSA/);
    }
    for (const signature of ['x', '!!!', Buffer.alloc(256).toString('base64')]) {
      const changed = { ...headers, 'paypal-transmission-sig': signature };
      await refused(verify({ body, headers: changed }), /not made for this/);
    }
  });
});

describe('certificates of PayPal itself', () => {
  const NAME = 'messageverificationcerts.paypal.com';
  const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
  const [root, between, leaf] = [pair(), pair(), pair()];
  const now = new Date();
  const rootPem = makeCertificate({
    subject: 'Root',
    publicKey: root.publicKey,
    issuer: 'Root',
    issuerKey: root.privateKey,
    isAuthority: true,
  });
  const roots = [new X509Certificate(rootPem)];
  const betweenOf = (isAuthority = true, issuerKey = root.privateKey) =>
    makeCertificate({
      subject: 'Between',
      publicKey: between.publicKey,
      issuer: 'Root',
      issuerKey,
      isAuthority,
    });
  const leafOf = (subject = NAME, issuerKey = between.privateKey) =>
    makeCertificate({ subject, publicKey: leaf.publicKey, issuer: 'Between', issuerKey });

  it('takes a whole chain, and the leaf alone', () => {
    expect(certifiedKey(leafOf() + betweenOf(), now, roots).key.asymmetricKeyType).toBe('rsa');
    expect(certifiedKey(leafOf() + betweenOf() + rootPem, now, roots).until).toBeGreaterThan(
      now.getTime(),
    );
    expect(certifiedKey(leafOf(), now, roots).key).toBeDefined();
  });

  it('takes no self-signed one, no wrong issuer, none that is no authority', () => {
    const { publicKey, privateKey: issuerKey } = leaf;
    const self = makeCertificate({ subject: NAME, publicKey, issuer: NAME, issuerKey });
    const own = makeCertificate({
      subject: NAME,
      publicKey,
      issuer: NAME,
      issuerKey,
      isAuthority: true,
    });
    const untrusted = /nobody who is trusted here/;
    for (const pem of [
      own,
      own + own,
      leafOf(NAME, leaf.privateKey) + betweenOf(),
      leafOf() + betweenOf(false),
      leafOf() + betweenOf(true, leaf.privateKey),
    ]) {
      expect(() => certifiedKey(pem, now, roots)).toThrow(untrusted);
    }
    expect(() => certifiedKey(self, now, roots)).toThrow(untrusted);
    expect(() => certifiedKey(leafOf() + rootPem.repeat(8), now, roots)).toThrow(/too many/);
    const later = new Date(now.getTime() + 100 * DAY_MS);
    const ending = makeCertificate({
      subject: 'Between',
      publicKey: between.publicKey,
      issuer: 'Root',
      issuerKey: root.privateKey,
      isAuthority: true,
      notAfter: new Date(now.getTime() + DAY_MS),
    });
    expect(() => certifiedKey(leafOf() + ending, later, roots)).toThrow(/out of date/);
  });

  it.each(['evil.example', 'evilpaypal.com', 'api.paypal.com.evil.example', 'paypal.com'])(
    'takes none for %s',
    (subject) => {
      expect(() => certifiedKey(leafOf(subject) + betweenOf(), now, roots)).toThrow(/not PayPal's/);
    },
  );

  it('takes none of another kind of key', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const issuerKey = between.privateKey;
    const pem = makeCertificate({ subject: NAME, publicKey, issuer: 'Between', issuerKey });
    expect(() => certifiedKey(pem, now, roots)).toThrow(/not an RSA key/);
  });
});

describe('events', () => {
  const read = (type: string, resource: unknown, overrides: object = {}) =>
    paypal.readEvent(JSON.stringify(server.event(type, resource, overrides)));

  it('reads an approval', async () => {
    const { providerId, paymentId } = await paypal.create(aPayment());
    const event = server.event('CHECKOUT.ORDER.APPROVED', server.approve(providerId), {
      create_time: '2026-03-04T05:06:07.000Z',
    });
    expect(paypal.readEvent(JSON.stringify(event))).toMatchObject({
      id: event['id'],
      type: 'CHECKOUT.ORDER.APPROVED',
      isLive: false,
      isApproval: true,
      occurredAt: new Date('2026-03-04T05:06:07.000Z'),
      providerId,
      payment: { providerId, paymentId, state: 'pending', amount: 2_000, currency: 'USD' },
    });
  });

  it('reads an approval that was taken back, with and without the amount', async () => {
    const { providerId, paymentId } = await paypal.create(aPayment());
    const type = 'CHECKOUT.PAYMENT-APPROVAL.REVERSED';
    const unit = { custom_id: paymentId };
    const bare = read(type, { order_id: providerId, purchase_units: [unit] });
    expect(bare).toMatchObject({ providerId, paymentId, payment: undefined });
    const amount = { currency_code: 'USD', value: '20.00' };
    const full = read(type, { order_id: providerId, purchase_units: [{ ...unit, amount }] });
    expect(full.payment).toMatchObject({ providerId, paymentId, state: 'canceled', amount: 2_000 });
    expect(full.isApproval).not.toBe(true);
  });

  it.each([
    ['COMPLETED', 'COMPLETED', 'succeeded'],
    ['PENDING', 'PENDING', 'processing'],
    ['DENIED', 'DECLINED', 'failed'],
    ['DENIED', 'DENIED', 'failed'],
    ['DECLINED', 'DECLINED', 'failed'],
    ['COMPLETED', 'NEW_WORD', 'succeeded'],
    ['PENDING', 'NEW_WORD', 'processing'],
    ['DENIED', 'NEW_WORD', 'failed'],
  ])('reads a capture that is %s with the status %s', async (word, status, state) => {
    const { providerId, captureId, paymentId } = await captured();
    const event = read(`PAYMENT.CAPTURE.${word}`, server.settle(captureId!, status));
    expect(event).toMatchObject({
      providerId,
      captureId,
      payment: {
        providerId,
        captureId,
        attemptId: captureId,
        paymentId,
        state,
        amount: 2_000,
        currency: 'USD',
      },
    });
    expect(event.payment?.failure === undefined).toBe(state !== 'failed');
  });

  it('finds the order by the link where the ids are left out, and tells ours when there is neither', async () => {
    const { providerId, captureId, paymentId } = await captured();
    const { supplementary_data: _, ...resource } = server.captureResource(captureId!) as any;
    expect(read('PAYMENT.CAPTURE.COMPLETED', resource)).toMatchObject({ providerId });
    const event = read('PAYMENT.CAPTURE.COMPLETED', { ...resource, links: [] });
    expect(event).toMatchObject({ captureId, paymentId });
    expect(event.payment).toBeUndefined();
  });

  it('reads a refund with its capture, and no payment of its amount', async () => {
    const payment = await captured();
    const { captureId, paymentId } = payment;
    const refund = aRefund(payment);
    const { refundId } = await paypal.refund(refund);
    const event = read('PAYMENT.CAPTURE.REFUNDED', server.refundResource(refundId));
    expect(event).toMatchObject({
      captureId,
      paymentId,
      refund: { refundId, amount: 500, state: 'succeeded', ownId: refund.refundId },
    });
    expect(event.payment).toBeUndefined();
    expect(event.providerId).toBeUndefined();
    const byHand = read('PAYMENT.CAPTURE.REFUNDED', server.refundByHand(captureId!, '3.00'));
    expect(byHand.refund).toMatchObject({ amount: 300, state: 'succeeded' });
    expect(byHand.refund).not.toHaveProperty('ownId');
  });

  it('reads a reversal, of a refund and of the capture', async () => {
    const { captureId, providerId } = await captured();
    const ofCapture = read('PAYMENT.CAPTURE.REVERSED', server.captureResource(captureId!));
    expect(ofCapture.payment).toMatchObject({
      providerId,
      captureId,
      state: 'succeeded',
      refundedTotal: 2_000,
    });
    const ofRefund = read('PAYMENT.CAPTURE.REVERSED', server.refundByHand(captureId!, '20.00'));
    expect(ofRefund).toMatchObject({ captureId, refund: { amount: 2_000, state: 'succeeded' } });
  });

  it('keeps others by their id and type', () => {
    const event = read(
      'CUSTOMER.DISPUTE.CREATED',
      { id: 'X', status: 'COMPLETED' },
      { id: 'WH-7' },
    );
    expect(event).toMatchObject({ id: 'WH-7', type: 'CUSTOMER.DISPUTE.CREATED' });
    expect(event.payment ?? event.refund ?? event.providerId).toBeUndefined();
  });

  it('is live at the live host only', () => {
    const isLive = (PAYPAL_API_BASE: string) =>
      new PaypalProvider(configOf({ ...server.variables, PAYPAL_API_BASE })).readEvent('{}').isLive;
    expect(isLive('https://api-m.paypal.com')).toBe(true);
    expect(isLive('https://api-m.sandbox.paypal.com')).toBe(false);
    expect(isLive('https://api-m.paypal.com.evil.example')).toBe(false);
  });

  it('never throws, and tells no payment of what is malformed', () => {
    const amount = { currency_code: 'USD', value: '20.00' };
    const resources: unknown[] = [
      undefined,
      null,
      7,
      'text',
      [],
      {},
      { id: {}, status: [], amount: 7 },
      { id: '1', status: 'COMPLETED', amount: null, custom_id: { $gt: '' } },
      { id: '1', status: 'COMPLETED', amount: { currency_code: 'USD', value: 20 } },
      { id: '1', status: 'COMPLETED', amount: { currency_code: 'USD', value: '-1.00' } },
      { id: '1', status: 'COMPLETED', amount: { currency_code: 'XXX', value: '1.00' } },
      { id: '1', status: 'constructor', amount, supplementary_data: 7, links: [null, 7] },
      { id: '1', status: '__proto__', amount, purchase_units: [null, [], 7], links: { rel: 'up' } },
      { id: '1', status: 'APPROVED', purchase_units: [{ payments: { captures: [7, null] } }] },
    ];
    const units = [{ amount, payments: { captures: [{ id: 'C', status: 'NEW_WORD' }] } }];
    resources.push({ id: '1', status: 'APPROVED', purchase_units: units });
    const ids = ['[1]', '[2]'].map((body) => paypal.readEvent(body).id);
    expect(new Set(ids).size).toBe(2);
    const bare = { id: '1', status: 'COMPLETED', purchase_units: [{ amount }] };
    expect(read('CHECKOUT.ORDER.APPROVED', bare).payment).toBeUndefined();
    for (const type of [
      'CHECKOUT.ORDER.APPROVED',
      'CHECKOUT.PAYMENT-APPROVAL.REVERSED',
      'PAYMENT.CAPTURE.COMPLETED',
      'PAYMENT.CAPTURE.REFUNDED',
      'PAYMENT.CAPTURE.REVERSED',
    ]) {
      for (const resource of resources) {
        const event = read(type, resource);
        expect(event.payment, `${type} ${JSON.stringify(resource)}`).toBeUndefined();
        expect(event.isApproval).not.toBe(true);
      }
    }
    for (const body of ['', 'null', '[]', '7', '{', '{"id":7,"event_type":[],"create_time":{}}']) {
      const event = paypal.readEvent(body);
      expect(event).toMatchObject({
        type: 'unreadable',
        id: expect.stringMatching(/^unreadable-/),
      });
      expect(Number.isNaN(event.occurredAt.getTime())).toBe(false);
    }
  });
});
