import { currencyDigits } from '../../platform/money/currencies.js';

/**
 * The currencies that PayPal takes, as its "Currency codes" page lists them. Some are for accounts in
 * their own country only (BRL, CNY, MYR): that PayPal itself refuses, by the account.
 */
export const PAYPAL_CURRENCIES: readonly string[] = (
  'AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS JPY ' +
  'MXN MYR NOK NZD PHP PLN SEK SGD THB TWD USD'
).split(' ');

/** PayPal refuses decimals in these, though ISO 4217 gives HUF and TWD two digits. */
const WITHOUT_DECIMALS = ['HUF', 'JPY', 'TWD'];
const DIGITS = 2;

/** @returns a sentence of why PayPal cannot take it and what would work, or null when it can */
export function whyNotPayable(minor: number, currency: string): string | null {
  if (!PAYPAL_CURRENCIES.includes(currency)) {
    return `PayPal takes no ${currency}: it takes ${PAYPAL_CURRENCIES.join(', ')}.`;
  }
  const refused = `PayPal takes no ${decimal(minor, currencyDigits(currency))} ${currency}`;
  const step = minorPerStep(currency);
  if (!Number.isSafeInteger(minor) || minor < step) {
    return `${refused}: it takes at least ${decimal(step, currencyDigits(currency))} ${currency}.`;
  }
  const below = Math.floor(minor / step);
  const nearest = below > 0 ? `${below} or ${below + 1}` : '1';
  return minor % step === 0
    ? null
    : `${refused}: it takes whole ${currency} only, such as ${nearest}.`;
}

/**
 * Minor units (1999) as PayPal writes them (`"19.99"`).
 * @throws RangeError for what `whyNotPayable` names
 */
export function toPaypalValue(minor: number, currency: string): string {
  const why = whyNotPayable(minor, currency);
  if (why !== null) throw new RangeError(why);
  return decimal(minor / minorPerStep(currency), paypalDigits(currency));
}

/** PayPal's decimal as minor units; undefined when it is none, or finer than the currency. */
export function fromPaypalValue(value: unknown, currency: unknown): number | undefined {
  if (typeof value !== 'string' || typeof currency !== 'string') return undefined;
  const [, whole = '', fraction = ''] = /^(\d{1,13})(?:\.(\d{1,9}))?$/.exec(value) ?? [];
  if (whole === '' || !PAYPAL_CURRENCIES.includes(currency)) return undefined;
  const digits = currencyDigits(currency);
  if (/[1-9]/.test(fraction.slice(digits))) return undefined;
  const minor = Number(whole + fraction.slice(0, digits).padEnd(digits, '0'));
  return Number.isSafeInteger(minor) ? minor : undefined;
}

function paypalDigits(currency: string): number {
  return WITHOUT_DECIMALS.includes(currency) ? 0 : DIGITS;
}

/** How many of our minor units are the least that PayPal can tell apart. */
function minorPerStep(currency: string): number {
  return 10 ** (currencyDigits(currency) - paypalDigits(currency));
}

function decimal(minor: number, digits: number): string {
  if (digits === 0 || !Number.isSafeInteger(minor) || minor < 0) return String(minor);
  const text = String(minor).padStart(digits + 1, '0');
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
