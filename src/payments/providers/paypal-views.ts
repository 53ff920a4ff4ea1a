import type {
  ProviderPayment,
  ProviderRefund,
  ProviderState,
  RefundState,
} from './payment-provider.js';
import { fromPaypalValue } from './paypal-amounts.js';
import { type Json, linkOf, objectOf, objectsOf, textOf } from './paypal-reading.js';

/** An approved order waits for us; the first three wait for the payer. */
const ORDER_STATES: Record<string, ProviderState> = {
  CREATED: 'requires_action',
  SAVED: 'requires_action',
  PAYER_ACTION_REQUIRED: 'requires_action',
  APPROVED: 'pending',
  VOIDED: 'canceled',
};

/** DENIED is the word of an event, DECLINED that of the API. */
const CAPTURE_STATES: Record<string, ProviderState> = {
  COMPLETED: 'succeeded',
  PARTIALLY_REFUNDED: 'succeeded',
  REFUNDED: 'succeeded',
  PENDING: 'processing',
  DECLINED: 'failed',
  DENIED: 'failed',
  FAILED: 'failed',
};

/** Of several captures of one order: money that was taken outweighs money under way. */
const WEIGHT: readonly (ProviderState | undefined)[] = ['failed', 'processing', 'succeeded'];

const REFUND_STATES: Record<string, RefundState> = {
  COMPLETED: 'succeeded',
  PENDING: 'pending',
  FAILED: 'failed',
  CANCELLED: 'failed',
};

const REFUND_INVOICE = 'refund-';

/** An order as its payment; undefined where it is not in the documented shape. */
export function paymentOfOrder(order: Json, isLive: boolean): ProviderPayment | undefined {
  const providerId = textOf(order['id']);
  const unit = objectsOf(order['purchase_units'])[0] ?? {};
  const { captures, refunds } = objectOf(unit['payments']);
  const capture = weightiest(objectsOf(captures));
  const taken = capture && paymentOfCapture(capture, { providerId, isLive });
  if (taken) return withRefunds(taken, objectsOf(refunds));
  const state = ORDER_STATES[String(order['status'])];
  const money = moneyOf(unit['amount']);
  // An order that is COMPLETED without its capture tells nothing of the money.
  if (!providerId || !state || !money || capture) return undefined;
  const approveUrl = linkOf(order['links'], 'payer-action', 'approve');
  return {
    providerId,
    state,
    ...money,
    isLive,
    paymentId: textOf(unit['custom_id']),
    ...(approveUrl && state === 'requires_action' ? { approveUrl } : {}),
  };
}

/**
 * A capture as the payment of its order: one that is PENDING is not paid yet, though its order is
 * COMPLETED. Undefined where it is not in the documented shape, or names no order.
 */
export function paymentOfCapture(
  capture: Json,
  { providerId = orderIdOf(capture), isLive }: { providerId?: string; isLive: boolean },
): ProviderPayment | undefined {
  const captureId = textOf(capture['id']);
  const state = CAPTURE_STATES[String(capture['status'])];
  const money = moneyOf(capture['amount']);
  if (!providerId || !captureId || !state || !money) return undefined;
  const isAllBack = capture['status'] === 'REFUNDED';
  return {
    providerId,
    state,
    ...money,
    isLive,
    attemptId: captureId,
    captureId,
    paymentId: textOf(capture['custom_id']),
    ...(state === 'failed' ? { failure: failureOf(capture) } : {}),
    ...(isAllBack ? { refundedTotal: money.amount } : {}),
  };
}

/** A refund, whose id of ours is kept as its invoice id; undefined where it is not readable. */
export function refundOf(refund: Json): ProviderRefund | undefined {
  const refundId = textOf(refund['id']);
  const state = REFUND_STATES[String(refund['status'])];
  const money = moneyOf(refund['amount']);
  if (!refundId || !state || !money) return undefined;
  const invoice = textOf(refund['invoice_id']) ?? '';
  const ownId = invoice.startsWith(REFUND_INVOICE) && invoice.slice(REFUND_INVOICE.length);
  return { refundId, ...money, state, ...(ownId ? { ownId } : {}) };
}

export function refundInvoiceOf(refundId: string): string {
  return `${REFUND_INVOICE}${refundId}`;
}

/** From the ids that an event gives beside it, or from the link to what it belongs to. */
export function orderIdOf(resource: Json): string | undefined {
  const { related_ids } = objectOf(resource['supplementary_data']);
  return textOf(objectOf(related_ids)['order_id']) ?? upOf(resource, 'checkout/orders');
}

/** The capture that a refund was made from. */
export function captureIdOf(refund: Json): string | undefined {
  return upOf(refund, 'payments/captures');
}

function upOf({ links }: Json, collection: string): string | undefined {
  const [, id] =
    new RegExp(`/v2/${collection}/([A-Za-z0-9-]{1,64})$`).exec(linkOf(links, 'up') ?? '') ?? [];
  return id;
}

function weightiest(captures: Json[]): Json | undefined {
  const weight = ({ status }: Json): number => WEIGHT.indexOf(CAPTURE_STATES[String(status)]);
  return captures.toSorted((a, b) => weight(b) - weight(a))[0];
}

/** Only what has gone back: of what is on its way nobody knows yet whether it will. */
function withRefunds(payment: ProviderPayment, refunds: Json[]): ProviderPayment {
  const back = refunds
    .map(refundOf)
    .filter((refund) => refund?.state === 'succeeded')
    .reduce((sum, refund) => sum + (refund?.amount ?? 0), 0);
  const refundedTotal = Math.max(back, payment.refundedTotal ?? 0);
  return refundedTotal > 0 ? { ...payment, refundedTotal } : payment;
}

function failureOf(capture: Json): ProviderPayment['failure'] {
  const code = textOf(objectOf(capture['status_details'])['reason']) ?? String(capture['status']);
  return { code, message: 'PayPal could not take the money: try another way to pay.' };
}

function moneyOf(value: unknown): { amount: number; currency: string } | undefined {
  const { value: decimal, currency_code } = objectOf(value);
  const amount = fromPaypalValue(decimal, currency_code);
  return amount === undefined ? undefined : { amount, currency: String(currency_code) };
}
