/** What has been paid of an order. */
export const ORDER_PAYMENT_STATUSES = [
  'unpaid',
  'pending',
  'paid',
  'partially_refunded',
  'refunded',
] as const;
export type OrderPaymentStatus = (typeof ORDER_PAYMENT_STATUSES)[number];

/** How a payment stands, as far as its order cares: `processing` may yet bring the money by itself. */
export const PAYMENT_SUMMARY_STATES = ['open', 'processing', 'ended'] as const;

/** What an order keeps of one of its payments. Amounts in minor units of the order's currency. */
export interface PaymentSummary {
  /** Ours; those of later payments are greater. */
  paymentId: string;
  /** Grows with each change of the payment. */
  version: number;
  provider: string;
  /** The provider's id of it; null where there is none. */
  providerId: string | null;
  state: (typeof PAYMENT_SUMMARY_STATES)[number];
  captured: number;
  refunded: number;
}

/** A summary as the order keeps it. */
export interface KeptPayment extends PaymentSummary {
  /** From 1 in the order in which the payments have brought money; 0: none yet. */
  captureRank: number;
}

const MAX_PAYMENTS = 20;

/**
 * `payments` with what `news` tells, by their ids; the very same array when that is known already.
 * The order of the news does not matter. Of too many, the oldest go of which no money depends.
 */
export function withPayment(payments: KeptPayment[], told: PaymentSummary): KeptPayment[] {
  const known = payments.find(({ paymentId }) => paymentId === told.paymentId);
  const news = { ...told, captureRank: rankOf(payments, told, known) };
  if (known && known.version >= news.version) return payments;
  const all = [...payments.filter((payment) => payment !== known), news].sort(byId);
  const surplus = all.filter(isIdle).slice(0, Math.max(0, all.length - MAX_PAYMENTS));
  if (!known && surplus.includes(news)) return payments;
  return all.filter((payment) => !surplus.includes(payment));
}

/**
 * Whether other payments that were faster have paid the order: then this one's money goes back.
 * @param total of the order
 */
export function isPaidByOthers(payments: KeptPayment[], paymentId: string, total: number): boolean {
  const own = payments.find((payment) => payment.paymentId === paymentId);
  const faster = payments.filter(
    ({ captureRank }) => captureRank > 0 && captureRank < (own?.captureRank ?? Infinity),
  );
  return faster.reduce((sum, { captured, refunded }) => sum + captured - refunded, 0) >= total;
}

/**
 * What of an order of `total` is paid. An order of 0 needs no payment and stays `unpaid`.
 * Part of the money reads `partially_refunded`, however it came to be a part.
 */
export function paymentStatusOf(payments: PaymentSummary[], total: number): OrderPaymentStatus {
  if (total <= 0) return 'unpaid';
  const net = payments.reduce((sum, { captured, refunded }) => sum + captured - refunded, 0);
  if (net >= total) return 'paid';
  if (payments.some(({ captured }) => captured > 0)) {
    return net > 0 ? 'partially_refunded' : 'refunded';
  }
  return payments.some(({ state }) => state === 'processing') ? 'pending' : 'unpaid';
}

/** The id that an order shows: of the newest payment with money, else of one that had it, else of the newest. */
export function shownPaymentId(payments: PaymentSummary[]): string | null {
  const shown =
    payments.findLast(({ captured, refunded }) => captured > refunded) ??
    payments.findLast(({ captured }) => captured > 0) ??
    payments.at(-1);
  return shown ? (shown.providerId ?? shown.paymentId) : null;
}

/** Whether no money has come by it, and none is on its way. */
export function isIdle({ captured, state }: PaymentSummary): boolean {
  return captured === 0 && state !== 'processing';
}

function rankOf(payments: KeptPayment[], told: PaymentSummary, known?: KeptPayment): number {
  if (known?.captureRank) return known.captureRank;
  if (told.captured === 0) return 0;
  return 1 + Math.max(0, ...payments.map(({ captureRank }) => captureRank));
}

function byId(a: PaymentSummary, b: PaymentSummary): number {
  return a.paymentId < b.paymentId ? -1 : 1;
}
