import { describe, expect, it } from 'vitest';
import { CURRENCIES, currencyDigits } from './currencies.js';
import { toDecimal, toMinor } from './money.js';

describe('money', () => {
  it.each([
    [19.99, 'USD', 1999],
    [0.1, 'EUR', 10],
    [1.15, 'USD', 115],
    [8.2, 'USD', 820],
    [500, 'JPY', 500],
    [1.234, 'KWD', 1234],
    [25000, 'MMK', 2_500_000],
    [0, 'USD', 0],
    [99_999_999.99, 'USD', 9_999_999_999],
  ])('keeps %d %s as %d minor units and back', (amount, currency, minor) => {
    expect(toMinor(amount, currency)).toBe(minor);
    expect(toDecimal(minor, currency)).toBe(amount);
  });

  it('returns every cent from 0 to 1000 unchanged', () => {
    for (let cents = 0; cents <= 100_000; cents++) {
      expect(toMinor(toDecimal(cents, 'USD'), 'USD')).toBe(cents);
    }
  });

  it.each([
    [1.005, 'USD'],
    [0.5, 'JPY'],
    [1.2345, 'KWD'],
    [-1, 'USD'],
    [Number.NaN, 'USD'],
    [Number.POSITIVE_INFINITY, 'USD'],
    [1e15, 'USD'],
  ])('refuses %d %s', (amount, currency) => {
    expect(() => toMinor(amount, currency)).toThrow(RangeError);
  });

  it('knows each currency once and no invented one', () => {
    expect(new Set(CURRENCIES).size).toBe(CURRENCIES.length);
    expect(currencyDigits('MMK')).toBe(2);
    expect(() => currencyDigits('XXX')).toThrow('not an ISO 4217 currency');
  });
});
