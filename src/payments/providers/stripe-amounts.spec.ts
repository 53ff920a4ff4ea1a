import { describe, expect, it } from 'vitest';
import { AppError } from '../../platform/http/app-error.js';
import { CURRENCIES, currencyDigits } from '../../platform/money/currencies.js';
import { fromStripeAmount, requireStripePayable, toStripeAmount } from './stripe-amounts.js';

/** Three decimals in ISO 4217, and not among those that Stripe has with three. */
const UNKNOWN_THERE = ['IQD', 'LYD'];

describe("amounts in Stripe's units", () => {
  it.each([
    ['USD', 1999, 1999],
    ['MMK', 2_500_000, 2_500_000],
    ['JPY', 100, 100],
    ['KRW', 1, 1],
    ['KWD', 1230, 1230],
    ['ISK', 5, 500],
    ['UGX', 999_999, 99_999_900],
    ['MGA', 1_500_00, 1500],
    ['MGA', 9_999_999_900, 99_999_999],
  ])('has %s %i as %i', (currency, ours, stripes) => {
    expect(toStripeAmount(ours, currency)).toBe(stripes);
    expect(fromStripeAmount(stripes, currency)).toBe(ours);
  });

  it('brings every amount of every currency back as it was', () => {
    for (const currency of CURRENCIES.filter((code) => !UNKNOWN_THERE.includes(code))) {
      const unit = 10 ** currencyDigits(currency);
      for (const whole of [1, 2, 3, 7, 19, 100, 575, 4_321, 99_999]) {
        const stripes = toStripeAmount(whole * unit, currency);
        expect(Number.isSafeInteger(stripes), currency).toBe(true);
        expect(fromStripeAmount(stripes, currency), currency).toBe(whole * unit);
      }
    }
  });
});

describe('what Stripe does not take', () => {
  it.each([
    [10, 'USD', 'Stripe takes no 0.10 USD: it takes at least 0.50 USD.'],
    [0, 'USD', 'Stripe takes no 0.00 USD: it takes at least 0.01 USD.'],
    [49, 'JPY', 'Stripe takes no 49 JPY: it takes at least 50 JPY.'],
    [17_499, 'HUF', 'Stripe takes no 174.99 HUF: it takes at least 175.00 HUF.'],
    [1235, 'KWD', 'Stripe takes no 1.235 KWD: it takes 1.230 KWD or 1.240 KWD.'],
    [1050, 'MGA', 'Stripe takes no 10.50 MGA: it takes 10.00 MGA or 11.00 MGA.'],
    [50, 'MGA', 'Stripe takes no 0.50 MGA: it takes at least 1.00 MGA.'],
    [1_000_000, 'ISK', 'Stripe takes no 1000000 ISK: it takes at most 999999 ISK.'],
    [100_000_000, 'USD', 'Stripe takes no 1000000.00 USD: it takes at most 999999.99 USD.'],
    [100_000_000, 'KWD', 'Stripe takes no 100000.000 KWD: it takes at most 99999.990 KWD.'],
    [5000, 'IQD', 'Stripe takes no IQD: choose another way to pay.'],
    [5000, 'LYD', 'Stripe takes no LYD: choose another way to pay.'],
    [5000, 'XXX', 'Stripe takes no XXX: choose another way to pay.'],
  ])('is %i %s', (amount, currency, sentence) => {
    const asked = (): void => requireStripePayable(amount, currency);
    expect(asked).toThrow(AppError);
    expect(asked).toThrow(expect.objectContaining({ code: 'amount_not_payable' }));
    expect(asked).toThrow(sentence);
  });

  it('is not what is just enough', () => {
    for (const [amount, currency] of [
      [50, 'USD'],
      [50, 'JPY'],
      [17_500, 'HUF'],
      [1, 'UGX'],
      [10, 'KWD'],
      [99_999_999, 'USD'],
    ] as const) {
      expect(() => requireStripePayable(amount, currency), currency).not.toThrow();
    }
  });

  it('is no less for a refund than for a charge, as far as it can be expressed', () => {
    expect(toStripeAmount(1, 'USD')).toBe(1);
  });
});

describe('what Stripe tells', () => {
  it.each([
    [1.5, 'USD'],
    [-1, 'USD'],
    ['100', 'USD'],
    [null, 'USD'],
    [Number.NaN, 'USD'],
    [150, 'ISK'],
    [100, 'XXX'],
    [100, 'usd'],
    [100, ''],
    [Number.MAX_SAFE_INTEGER, 'MGA'],
  ])('is not taken for an amount when it is %j %s', (amount, currency) => {
    expect(fromStripeAmount(amount, currency)).toBeUndefined();
  });
});
