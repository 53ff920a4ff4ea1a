import { describe, expect, it } from 'vitest';
import { emailKey, isAmong, nationalKey, phoneKey } from './customer-keys.js';

describe('phoneKey', () => {
  it.each([
    ['+95 9 123 456', '0095-9-123-456'],
    ['+95 (0)9 123 456', '+959123456'],
    ['＋၉၅ ၉ ၁၂၃ ၄၅၆', '+95 9 123 456'],
    ['959123456789', '+95 9 123 456 789'],
    ['09 123 456', '၀၉.၁၂၃.၄၅၆'],
    ['(555) 123-4567', '0555 123 4567'],
  ])('is the same of %s and %s', (one, other) => {
    expect(phoneKey(one)).toBe(phoneKey(other));
    expect(phoneKey(one)).toMatch(/^tel:[+0]\d+$/);
  });

  it.each([
    ['09 123 456', '09 123 457'],
    ['+95 9 123 456', '+95 9 1123 456'],
    ['09 7712 345 678', '09 9912 345 678'],
    ['+95 9 123 456 789', '+66 9 123 456 789'],
    ['+1 7 912 345 678', '+17 912 345 678 0'],
    ['+95 9 123 456', '09 123 456'],
  ])('is another of %s and %s', (one, other) => {
    expect(phoneKey(one)).not.toBe(phoneKey(other));
  });

  it.each(['', '...', '000000', '+', '12'])('is none of %j', (phone) => {
    expect(phoneKey(phone)).toBeUndefined();
  });
});

describe('nationalKey', () => {
  it.each([
    ['+95 9 123 456', '09 123 456'],
    ['0095-9-123-456', '09123456'],
    ['+95 (0)9 123 456', '09.123.456'],
    ['+1 (555) 123-4567', '555 123 4567'],
    ['+49 30 901820', '030/901820'],
    ['+39 06 698 1234', '06 698 1234'],
    ['+852 2345 6789', '2345 6789'],
    ['+95 9 123 456', '+66 9 123 456'],
  ])('is the same of %s and %s', (one, other) => {
    expect(nationalKey(one)).toBe(nationalKey(other));
    expect(nationalKey(one)).toMatch(/^tel:[1-9]\d+$/);
  });
});

describe('isAmong', () => {
  it.each([
    [['+95 9 123 456'], '0095 9 123456', 'same'],
    [['09 777 777', '09 123 456'], '09123456', 'same'],
    [['+95 9 123 456'], '09 123 456', 'may be'],
    [['09 123 456'], '+95 9 123 456', 'may be'],
    [['+95 9 123 456'], '+66 9 123 456', 'other'],
    [['09 123 456', '+95 9 123 456'], '+66 9 123 456', 'other'],
    [['+95 9 123 456'], '09 123 457', 'no'],
    [[], '09 123 457', 'no'],
  ])('tells of %j and %s: %s', (phones, phone, answer) => {
    expect(isAmong(phones, phone)).toBe(answer);
  });
});

describe('emailKey', () => {
  it('is the same in any case and width', () => {
    expect(emailKey(' AUNG@Example.com')).toBe(emailKey('ａung@example.com'));
    expect(emailKey('')).toBeUndefined();
  });
});
