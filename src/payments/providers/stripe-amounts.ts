import { AppError } from '../../platform/http/app-error.js';
import { CURRENCIES, currencyDigits } from '../../platform/money/currencies.js';

// All of this is docs.stripe.com/currencies.
/** Without decimals at Stripe; the ariary (MGA) has two in ISO 4217. */
const ZERO_DECIMAL = 'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' ');
/** Without decimals in ISO 4217, but with two at Stripe, both zero. */
const PADDED = ['ISK', 'UGX'];
/** With three decimals, the last of them zero. */
const THREE_DECIMAL = ['BHD', 'JOD', 'KWD', 'OMR', 'TND'];
/** Eight digits. */
const MAX_STRIPE = 99_999_999;
/**
 * Least amounts in Stripe's units, about 0.50 USD each. Where an amount is converted for the
 * payout, the least of that other currency holds, which only Stripe knows.
 */
const LEAST: Record<string, number> = {
  AED: 200,
  AUD: 50,
  BRL: 50,
  CAD: 50,
  CHF: 50,
  CZK: 1500,
  DKK: 250,
  EUR: 50,
  GBP: 30,
  HKD: 400,
  HUF: 17_500,
  INR: 50,
  JPY: 50,
  MXN: 1000,
  MYR: 200,
  NOK: 300,
  NZD: 50,
  PLN: 200,
  RON: 200,
  SEK: 300,
  SGD: 50,
  THB: 1000,
  USD: 50,
};

/**
 * Integer minor units of ISO 4217 as the integer that Stripe expects.
 * @throws AppError `amount_not_payable` for what Stripe cannot express
 */
export function toStripeAmount(amount: number, currency: string): number {
  const digits = stripeDigits(currency);
  if (digits === undefined) {
    const sentence = `Stripe takes no ${currency}: choose another way to pay.`;
    throw new AppError('amount_not_payable', sentence);
  }
  const step = stepOf(currency, digits);
  if (amount < step) throw notPayable(amount, currency, `at least ${show(step, currency)}`);
  if (amount % step !== 0) {
    const below = amount - (amount % step);
    const above = show(below + step, currency);
    throw notPayable(amount, currency, `${show(below, currency)} or ${above}`);
  }
  const converted = rescale(amount, currencyDigits(currency), digits);
  if (converted > MAX_STRIPE) {
    const most = Math.floor(rescale(MAX_STRIPE, digits, currencyDigits(currency)));
    throw notPayable(amount, currency, `at most ${show(most - (most % step), currency)}`);
  }
  return converted;
}

/** @throws AppError `amount_not_payable`: as `toStripeAmount`, and for less than a charge may be */
export function requireStripePayable(amount: number, currency: string): void {
  const converted = toStripeAmount(amount, currency);
  const least = LEAST[currency] ?? 0;
  if (converted >= least) return;
  // Those that have a least amount have as many digits here as there.
  throw notPayable(amount, currency, `at least ${show(least, currency)}`);
}

/** Stripe's integer as our minor units; undefined for what is none, or not one of our currencies. */
export function fromStripeAmount(amount: unknown, currency: string): number | undefined {
  const digits = stripeDigits(currency);
  if (digits === undefined || !Number.isSafeInteger(amount) || Number(amount) < 0) return undefined;
  const minor = rescale(Number(amount), digits, currencyDigits(currency));
  return Number.isSafeInteger(minor) ? minor : undefined;
}

/** Undefined where Stripe does not have the currency, or nobody says with how many decimals. */
function stripeDigits(currency: string): number | undefined {
  if (ZERO_DECIMAL.includes(currency)) return 0;
  if (THREE_DECIMAL.includes(currency)) return 3;
  if (PADDED.includes(currency)) return 2;
  return CURRENCIES.includes(currency) && currencyDigits(currency) === 2 ? 2 : undefined;
}

/** What an amount in our minor units must be a multiple of. */
function stepOf(currency: string, digits: number): number {
  return THREE_DECIMAL.includes(currency)
    ? 10
    : 10 ** Math.max(0, currencyDigits(currency) - digits);
}

/** By whole powers of ten, so that what is exact stays exact. */
function rescale(amount: number, from: number, to: number): number {
  return to >= from ? amount * 10 ** (to - from) : amount / 10 ** (from - to);
}

function notPayable(amount: number, currency: string, what: string): AppError {
  const sentence = `Stripe takes no ${show(amount, currency)}: it takes ${what}.`;
  return new AppError('amount_not_payable', sentence);
}

function show(minor: number, currency: string): string {
  const digits = currencyDigits(currency);
  return `${(minor / 10 ** digits).toFixed(digits)} ${currency}`;
}
