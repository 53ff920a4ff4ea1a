import type {
  ProviderEvent,
  ProviderPayment,
  ProviderRefund,
  ProviderState,
  RefundState,
} from './payment-provider.js';
import { fromStripeAmount } from './stripe-amounts.js';

type Fields = Record<string, unknown>;

const MS_PER_S = 1000;

/** docs.stripe.com/payments/paymentintents/lifecycle; a failed try goes back to the first. */
const STATES: Record<string, ProviderState> = {
  requires_payment_method: 'pending',
  requires_confirmation: 'pending',
  requires_action: 'requires_action',
  processing: 'processing',
  requires_capture: 'processing',
  canceled: 'canceled',
  succeeded: 'succeeded',
};

const REFUND_STATES: Record<string, RefundState> = {
  pending: 'pending',
  requires_action: 'pending',
  succeeded: 'succeeded',
  failed: 'failed',
  canceled: 'failed',
};

/** A PaymentIntent, from an answer or an event; undefined for what is none that we could have made. */
export function readPaymentIntent(value: unknown): ProviderPayment | undefined {
  const intent = fieldsOf(value);
  const providerId = textOf(intent['id']);
  const error = fieldsOf(intent['last_payment_error']);
  const hasError = Object.keys(error).length > 0;
  const hasFailed = intent['status'] === 'requires_payment_method' && hasError;
  const state = hasFailed ? 'failed' : STATES[textOf(intent['status']) ?? ''];
  // Where something has come it counts, and not what was asked for.
  const hasCome = state === 'succeeded' && intent['amount_received'];
  const money = moneyOf(intent, hasCome ? 'amount_received' : 'amount');
  if (intent['object'] !== 'payment_intent' || !providerId || !state || !money) return undefined;
  const charge = idOf(intent['latest_charge']);
  return {
    providerId,
    state,
    ...money,
    isLive: intent['livemode'] === true,
    ...present({
      attemptId: attemptOf(state, intent, error),
      captureId: state === 'succeeded' ? charge : undefined,
      paymentId: textOf(fieldsOf(intent['metadata'])['paymentId']),
      failure: hasFailed ? failureOf(error) : undefined,
      clientSecret: textOf(intent['client_secret']),
    }),
  };
}

/** A try has its charge; one that ends before there is one has its payment method. */
function attemptOf(state: ProviderState, intent: Fields, error: Fields): string | undefined {
  const charge = idOf(intent['latest_charge']);
  if (state === 'failed') return idOf(error['charge']) ?? idOf(error['payment_method']) ?? charge;
  // The charge that still stands there may be that of the try before.
  return state === 'requires_action' ? (idOf(intent['payment_method']) ?? charge) : charge;
}

export function readRefund(value: unknown): ProviderRefund | undefined {
  const refund = fieldsOf(value);
  const refundId = textOf(refund['id']);
  const state = REFUND_STATES[textOf(refund['status']) ?? ''];
  const money = moneyOf(refund, 'amount');
  if (refund['object'] !== 'refund' || !refundId || !state || !money) return undefined;
  const ownId = textOf(fieldsOf(refund['metadata'])['refundId']);
  return { refundId, ...money, state, ...present({ ownId }) };
}

/** @returns undefined for a text that is no event of Stripe's version 1 API */
export function readStripeEvent(body: string): ProviderEvent | undefined {
  const event = fieldsOf(parsed(body));
  const id = textOf(event['id']);
  const type = textOf(event['type']);
  if (event['object'] !== 'event' || !id || !type) return undefined;
  const seconds = Number.isSafeInteger(event['created']) ? Number(event['created']) : 0;
  return {
    id,
    type,
    isLive: event['livemode'] === true,
    occurredAt: new Date(seconds * MS_PER_S),
    ...subjectOf(type, fieldsOf(event['data'])['object']),
  };
}

/** Why a try failed: Stripe's code, and what it tells the payer with a way on. */
export function failureOf(error: object): { code: string; message: string } {
  const { code, message } = error as Fields;
  const told = textOf(message) ?? 'The payment was declined.';
  return {
    code: textOf(code) ?? 'payment_failed',
    message: /\b(?:try|use|provide)\b/i.test(told) ? told : `${told} Try another way to pay.`,
  };
}

function subjectOf(type: string, subject: unknown): Partial<ProviderEvent> {
  const object = fieldsOf(subject);
  if (type.startsWith('payment_intent.')) {
    // The secret is for the payer alone, who has not sent this.
    const { clientSecret: _, ...payment } = readPaymentIntent(object) ?? {};
    const providerId = object['object'] === 'payment_intent' ? textOf(object['id']) : undefined;
    return present({ providerId, payment: isPayment(payment) ? payment : undefined });
  }
  const providerId = idOf(object['payment_intent']);
  if (type === 'charge.refunded') return present({ providerId, payment: paymentOfCharge(object) });
  if (/^refund\.|^charge\.refund\.updated$/.test(type)) {
    return present({ providerId, refund: readRefund(object) });
  }
  return {};
}

/** A charge of which something was given back; of its refunds it tells the sum only. */
function paymentOfCharge(charge: Fields): ProviderPayment | undefined {
  const providerId = idOf(charge['payment_intent']);
  const id = textOf(charge['id']);
  const money = moneyOf(charge, 'amount_captured' in charge ? 'amount_captured' : 'amount');
  const refundedTotal = money && fromStripeAmount(charge['amount_refunded'], money.currency);
  // What was only reserved and is let go counts as refunded too, but was never taken.
  const isTaken = charge['object'] === 'charge' && charge['captured'] === true;
  if (!isTaken || !providerId || !id || !money || refundedTotal === undefined) return undefined;
  return {
    providerId,
    state: 'succeeded',
    ...money,
    isLive: charge['livemode'] === true,
    attemptId: id,
    captureId: id,
    refundedTotal,
    ...present({ paymentId: textOf(fieldsOf(charge['metadata'])['paymentId']) }),
  };
}

function moneyOf(object: Fields, field: string): { amount: number; currency: string } | undefined {
  const currency = textOf(object['currency'])?.toUpperCase() ?? '';
  const amount = fromStripeAmount(object[field], currency);
  return amount === undefined ? undefined : { amount, currency };
}

function isPayment(value: Partial<ProviderPayment>): value is ProviderPayment {
  return value.providerId !== undefined;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** An id, or the object in its place. */
function idOf(value: unknown): string | undefined {
  return textOf(value) ?? textOf(fieldsOf(value)['id']);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Without what is undefined. */
function present<T extends object>(fields: T): Partial<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}
