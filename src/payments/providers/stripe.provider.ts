import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import type { AppConfig } from '../../platform/config/app-config.js';
import type { StripeSettings } from '../../platform/config/payment-settings.js';
import { AppError } from '../../platform/http/app-error.js';
import {
  type NewProviderPayment,
  type NewProviderRefund,
  type PaymentProvider,
  type ProviderEvent,
  type ProviderPayment,
  type ProviderRefund,
  ProviderRefusal,
  ProviderUnknown,
} from './payment-provider.js';
import { requireStripePayable, toStripeAmount } from './stripe-amounts.js';
import { toProviderError } from './stripe-errors.js';
import { readPaymentIntent, readRefund, readStripeEvent } from './stripe-reading.js';
import { requireStripeSignature } from './stripe-signature.js';

/** Of one try; the SDK makes three of them, and waits for less than two seconds in between. */
const TIMEOUT_MS = 10_000;
const MAX_RETRIES = 2;
const WAITS_FOR_METHOD = ['requires_payment_method', 'requires_confirmation'];
const REFUND_REASONS = ['duplicate', 'fraudulent', 'requested_by_customer'] as const;

/** Stripe's PaymentIntents and refunds, by its official SDK. */
@Injectable()
export class StripeProvider implements PaymentProvider {
  readonly name = 'stripe';
  readonly isConfigured: boolean;
  readonly isLive: boolean;

  private constructor(
    private readonly settings: StripeSettings | undefined,
    private readonly sdk: Stripe | undefined,
  ) {
    this.isConfigured = settings !== undefined;
    this.isLive = settings?.secretKey.includes('_live_') ?? false;
  }

  /**
   * The SDK is large, and not even loaded without a key.
   * @param timeoutMs of one try; production leaves it out
   */
  static async for({ stripe }: AppConfig, timeoutMs = TIMEOUT_MS): Promise<StripeProvider> {
    return new StripeProvider(stripe, stripe && (await createSdk(stripe, timeoutMs)));
  }

  requirePayable(amount: number, currency: string): void {
    this.requireSdk();
    requireStripePayable(amount, currency);
  }

  async create(payment: NewProviderPayment): Promise<ProviderPayment> {
    const { amount, currency, paymentId, shopId, orderNumber, idempotencyKey } = payment;
    this.requirePayable(amount, currency);
    return this.payment((sdk) =>
      sdk.paymentIntents.create(
        {
          amount: toStripeAmount(amount, currency),
          currency: currency.toLowerCase(),
          automatic_payment_methods: { enabled: true },
          description: `Order ${orderNumber}`,
          metadata: { paymentId, shopId, orderNumber },
        },
        { idempotencyKey },
      ),
    );
  }

  async confirm(
    providerId: string,
    options: { paymentMethodId?: string; returnUrl: string; idempotencyKey: string },
  ): Promise<ProviderPayment> {
    const { paymentMethodId, returnUrl, idempotencyKey } = options;
    return this.payment(async (sdk) => {
      const intent = await sdk.paymentIntents.retrieve(providerId);
      if (!paymentMethodId || !WAITS_FOR_METHOD.includes(intent.status)) return intent;
      const params = { payment_method: paymentMethodId, return_url: returnUrl };
      return sdk.paymentIntents
        .confirm(providerId, params, { idempotencyKey })
        .catch(asItIs(sdk, providerId));
    });
  }

  async retrieve(providerId: string): Promise<ProviderPayment> {
    return this.payment((sdk) => sdk.paymentIntents.retrieve(providerId));
  }

  async cancel(providerId: string, idempotencyKey: string): Promise<ProviderPayment> {
    return this.payment((sdk) =>
      sdk.paymentIntents.cancel(providerId, {}, { idempotencyKey }).catch(asItIs(sdk, providerId)),
    );
  }

  async refund(refund: NewProviderRefund): Promise<ProviderRefund> {
    const { refundId, providerId, currency, idempotencyKey } = refund;
    const amount = refundable(refund.amount, currency);
    const reason = REFUND_REASONS.find((known) => known === refund.reason);
    const metadata = { refundId };
    return this.run(readRefund, (sdk) =>
      sdk.refunds.create(
        { payment_intent: providerId, amount, metadata, ...(reason ? { reason } : {}) },
        { idempotencyKey },
      ),
    );
  }

  async retrieveRefund(refundId: string): Promise<ProviderRefund> {
    return this.run(readRefund, (sdk) => sdk.refunds.retrieve(refundId));
  }

  async verifyWebhook(
    body: Buffer,
    headers: Record<string, string | string[] | undefined>,
  ): Promise<void> {
    const secrets = this.settings?.webhookSecrets ?? [];
    requireStripeSignature(body, headers['stripe-signature'], { secrets, now: new Date() });
    if (readStripeEvent(body.toString('utf8'))) return;
    const sentence = 'What was signed is no event: let the endpoint send snapshot events.';
    throw new AppError('invalid_signature', sentence);
  }

  readEvent(body: string): ProviderEvent {
    const event = readStripeEvent(body);
    if (!event) throw new Error('the text is no event of Stripe: it was not verified');
    return event;
  }

  private payment(call: (sdk: Stripe) => Promise<unknown>): Promise<ProviderPayment> {
    return this.run(readPaymentIntent, call);
  }

  private async run<T>(
    read: (answer: unknown) => T | undefined,
    call: (sdk: Stripe) => Promise<unknown>,
  ): Promise<T> {
    const sdk = this.requireSdk();
    const answer = await call(sdk).catch((error: unknown) => {
      throw toProviderError(error, sdk.errors);
    });
    const view = read(answer);
    if (view === undefined) throw new ProviderUnknown('Stripe answered with something else.');
    return view;
  }

  private requireSdk(): Stripe {
    if (this.sdk) return this.sdk;
    const sentence = 'Stripe is not set up here: set STRIPE_SECRET_KEY.';
    throw new AppError('provider_not_configured', sentence);
  }
}

async function createSdk({ secretKey, apiBase }: StripeSettings, timeout: number): Promise<Stripe> {
  const { default: Sdk } = await import('stripe');
  const { hostname, port, protocol } = new URL(apiBase);
  const isPlain = protocol === 'http:';
  return new Sdk(secretKey, {
    host: hostname,
    port: port || (isPlain ? 80 : 443),
    protocol: isPlain ? 'http' : 'https',
    timeout,
    maxNetworkRetries: MAX_RETRIES,
    telemetry: false,
  });
}

/** For what came too late to change anything: the intent as it is, instead of the refusal. */
function asItIs(sdk: Stripe, providerId: string): (error: unknown) => Promise<unknown> {
  return (error) => {
    const code = error instanceof sdk.errors.StripeError ? error.code : '';
    if (code === 'payment_intent_unexpected_state') return sdk.paymentIntents.retrieve(providerId);
    throw error;
  };
}

/** A refund that Stripe cannot express is refused as by Stripe: nothing moves. */
function refundable(amount: number, currency: string): number {
  try {
    return toStripeAmount(amount, currency);
  } catch (error) {
    throw error instanceof AppError ? new ProviderRefusal(error.code, error.message) : error;
  }
}
