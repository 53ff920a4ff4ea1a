import type { Order } from '../orders/order.schema.js';
import { AppError } from '../platform/http/app-error.js';
import { toDecimal } from '../platform/money/money.js';

/** @throws AppError `already_paid` or `not_payable` for an order that nobody should pay */
export function requirePayable({ status, paymentStatus, totalAmount }: Order): void {
  if (paymentStatus === 'paid') {
    throw new AppError('already_paid', 'This order is paid already.');
  }
  if (paymentStatus === 'partially_refunded') {
    throw new AppError('already_paid', 'This order was paid, and a part of it given back.');
  }
  if (status === 'cancelled' || status === 'returned') {
    throw new AppError('not_payable', `This order is ${status}: place a new one.`);
  }
  if (totalAmount === 0) {
    throw new AppError('not_payable', 'This order costs nothing: there is nothing to pay.');
  }
}

/**
 * What is paid is the order's total, whatever the client has computed.
 * @throws AppError `amount_mismatch` naming both when the client means something else
 */
export function requireAmount(
  order: Order,
  sent: { amount?: number | null; currency?: string | null },
): void {
  const total = toDecimal(order.totalAmount, order.currency);
  const amount = sent.amount ?? total;
  const currency = sent.currency?.toUpperCase() ?? order.currency;
  if (amount === total && currency === order.currency) return;
  throw new AppError(
    'amount_mismatch',
    `The amount ${amount} ${currency} is not that of the order, ${total} ${order.currency}: send none, or that.`,
  );
}
