/** Where a payment stands. The last three have the money, or had it. */
export const PAYMENT_STATUSES = [
  'pending',
  'requires_action',
  'processing',
  'failed',
  'canceled',
  'succeeded',
  'partially_refunded',
  'refunded',
] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

const ANY_END: readonly PaymentStatus[] = ['succeeded', 'partially_refunded', 'refunded'];

/**
 * THE table: where a payment may go from where it stands. News comes late and out of order, so steps
 * may be skipped, but what has the money never becomes what has not. From `canceled` it still can be
 * taken: a provider may have been faster. Back from a refund only a refund that failed after all leads.
 */
export const NEXT_PAYMENT_STATUSES: Record<PaymentStatus, readonly PaymentStatus[]> = {
  pending: ['requires_action', 'processing', 'failed', 'canceled', ...ANY_END],
  requires_action: ['processing', 'failed', 'canceled', ...ANY_END],
  processing: ['requires_action', 'failed', 'canceled', ...ANY_END],
  failed: ['requires_action', 'processing', 'canceled', ...ANY_END],
  canceled: ANY_END,
  succeeded: ['partially_refunded', 'refunded'],
  partially_refunded: ['refunded', 'succeeded'],
  refunded: ['partially_refunded', 'succeeded'],
};

/** A payment that can still come about: an order has at most one of each provider. */
export const OPEN_PAYMENT_STATUSES: readonly PaymentStatus[] = [
  'pending',
  'requires_action',
  'processing',
  'failed',
];

export function isOpen(status: PaymentStatus): boolean {
  return OPEN_PAYMENT_STATUSES.includes(status);
}

/** The words of the app's payment service. */
export const INTENT_STATUSES = [
  'pending',
  'processing',
  'succeeded',
  'failed',
  'canceled',
] as const;
export type IntentStatus = (typeof INTENT_STATUSES)[number];

const INTENT_WORDS: Record<PaymentStatus, IntentStatus> = {
  pending: 'pending',
  requires_action: 'pending',
  processing: 'processing',
  failed: 'failed',
  canceled: 'canceled',
  succeeded: 'succeeded',
  partially_refunded: 'succeeded',
  refunded: 'succeeded',
};

export function intentStatus(status: PaymentStatus): IntentStatus {
  return INTENT_WORDS[status];
}

/** @throws Error for a move that the table has not: a bug, never the caller's fault */
export function requireMove(from: PaymentStatus, to: PaymentStatus): void {
  if (from === to || NEXT_PAYMENT_STATUSES[from].includes(to)) return;
  throw new Error(`a payment that is ${from} cannot become ${to}`);
}
