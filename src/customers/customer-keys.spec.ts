import { describe, expect, it } from 'vitest';
import { emailKey, phoneKey } from './customer-keys.js';

describe('phoneKey', () => {
  it.each([
    ['+95 9 123 456', '09 123 456'],
    ['0095-9-123-456', '09123456'],
    ['+95 (0)9 123 456', '09.123.456'],
    ['＋၉၅ ၉ ၁၂၃ ၄၅၆', '၀၉၁၂၃၄၅၆'],
    ['959123456789', '09123456789'],
    ['+1 (555) 123-4567', '555 123 4567'],
    ['+49 30 901820', '030/901820'],
    ['+39 06 698 1234', '06 698 1234'],
    ['+852 2345 6789', '2345 6789'],
  ])('is the same of %s and %s', (one, other) => {
    expect(phoneKey(one)).toBe(phoneKey(other));
    expect(phoneKey(one)).toMatch(/^tel:\d+$/);
  });

  it.each([
    ['09 123 456', '09 123 457'],
    ['+95 9 123 456', '+95 9 1123 456'],
    ['09 7712 345 678', '09 9912 345 678'],
  ])('is another of %s and %s', (one, other) => {
    expect(phoneKey(one)).not.toBe(phoneKey(other));
  });

  it.each(['', '...', '000000', '+', '12'])('is none of %j', (phone) => {
    expect(phoneKey(phone)).toBeUndefined();
  });
});

describe('emailKey', () => {
  it('is the same in any case and width', () => {
    expect(emailKey(' AUNG@Example.com')).toBe(emailKey('ａung@example.com'));
    expect(emailKey('')).toBeUndefined();
  });
});
