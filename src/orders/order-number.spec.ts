import { describe, expect, it } from 'vitest';
import { ORDER_NUMBER_PATTERN, orderNumber } from './order-number.js';

describe('orderNumber', () => {
  it.each([
    ['Mya Coffee', 1, 'MCXX-0001'],
    ['mya', 42, 'MXXX-0042'],
    ["Mya's big blue coffee house", 9_999, 'MBBC-9999'],
    ['Café Élan', 10_000, 'CEXX-10000'],
    ['7Eleven 24', 7, 'EXXX-0007'],
    ['မြကော်ဖီ', 3, 'SHOP-0003'],
    ['မြ Coffee', 3, 'CXXX-0003'],
    ['2026', 3, 'SHOP-0003'],
  ])('numbers order of %j with counter %d as %s', (name, counter, number) => {
    expect(orderNumber(name, counter)).toBe(number);
    expect(number).toMatch(ORDER_NUMBER_PATTERN);
  });
});
