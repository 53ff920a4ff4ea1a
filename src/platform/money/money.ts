import { currencyDigits } from './currencies.js';

/** Largest amount in minor units that every sum and product here still holds exactly. */
const MAX_MINOR = 1e13;

/**
 * An amount on the wire (19.99) as integer minor units (1999).
 * @throws RangeError when it is negative, too large, or has more digits than the currency
 */
export function toMinor(amount: number, currency: string): number {
  const factor = 10 ** currencyDigits(currency);
  const minor = Math.round(amount * factor);
  if (!Number.isFinite(amount) || amount < 0 || minor > MAX_MINOR) {
    throw new RangeError(`must be an amount from 0 to ${MAX_MINOR / factor}`);
  }
  // Decimal text decides: 1.005 * 100 is 100.49999999999999 in binary.
  if (Number((minor / factor).toFixed(currencyDigits(currency))) !== amount) {
    const digits = currencyDigits(currency);
    throw new RangeError(`must have at most ${digits} digits after the point, as ${currency} has`);
  }
  return minor;
}

/** Integer minor units (1999) as the decimal of the wire (19.99). */
export function toDecimal(minor: number, currency: string): number {
  const digits = currencyDigits(currency);
  return Number((minor / 10 ** digits).toFixed(digits));
}
