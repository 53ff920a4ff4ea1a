import { describe, expect, it } from 'vitest';
import {
  fromPaypalValue,
  PAYPAL_CURRENCIES,
  toPaypalValue,
  whyNotPayable,
} from './paypal-amounts.js';

describe('amounts at PayPal', () => {
  it.each([
    [1, 'USD', '0.01'],
    [1999, 'USD', '19.99'],
    [2000, 'EUR', '20.00'],
    [1, 'JPY', '1'],
    [100, 'JPY', '100'],
    [10_000, 'HUF', '100'],
    [100, 'TWD', '1'],
    // 4.35 * 100 is 434.99999999999994 in binary.
    [435, 'GBP', '4.35'],
    [9_999_999_999_999, 'USD', '99999999999.99'],
  ])('writes %d of %s as %s, and reads it back', (minor, currency, value) => {
    expect(toPaypalValue(minor, currency)).toBe(value);
    expect(fromPaypalValue(value, currency)).toBe(minor);
  });

  it('goes there and back for every currency', () => {
    for (const currency of PAYPAL_CURRENCIES) {
      for (const minor of [100, 300, 12_300, 1_000_000_000_000]) {
        expect(fromPaypalValue(toPaypalValue(minor, currency), currency), currency).toBe(minor);
      }
    }
  });

  it.each([
    [1050, 'HUF', 'PayPal takes no 10.50 HUF: it takes whole HUF only, such as 10 or 11.'],
    [101, 'TWD', 'PayPal takes no 1.01 TWD: it takes whole TWD only, such as 1 or 2.'],
    [50, 'HUF', 'PayPal takes no 0.50 HUF: it takes at least 1.00 HUF.'],
    [0, 'USD', 'PayPal takes no 0.00 USD: it takes at least 0.01 USD.'],
    [0, 'JPY', 'PayPal takes no 0 JPY: it takes at least 1 JPY.'],
  ])('refuses %d of %s and names what would work', (minor, currency, sentence) => {
    expect(whyNotPayable(minor, currency)).toBe(sentence);
    expect(() => toPaypalValue(minor, currency)).toThrow(RangeError);
  });

  it.each(['MMK', 'KWD', 'INR', 'usd', ''])('refuses the currency "%s"', (currency) => {
    expect(whyNotPayable(1000, currency)).toContain(`takes no ${currency}: it takes AUD, BRL`);
  });

  it.each([0.5, -1, NaN, Infinity, 2 ** 53])('refuses the amount %d', (minor) => {
    expect(whyNotPayable(minor, 'USD')).not.toBeNull();
  });

  it.each([
    ['20', 'USD', 2000],
    ['20.0', 'USD', 2000],
    ['20.000', 'USD', 2000],
    ['100.00', 'JPY', 100],
    ['100.50', 'HUF', 10_050],
    ['0.00', 'USD', 0],
  ])('reads %s %s', (value, currency, minor) => {
    expect(fromPaypalValue(value, currency)).toBe(minor);
  });

  it.each(['', '-1', '1e3', '1,00', '1.', '.5', '0x10', '20.001', '1'.repeat(40), 20, null, {}])(
    'does not read %j',
    (value) => {
      expect(fromPaypalValue(value, 'USD')).toBeUndefined();
    },
  );

  it('reads no fraction of a currency without digits', () => {
    expect(fromPaypalValue('1.5', 'JPY')).toBeUndefined();
  });
});
