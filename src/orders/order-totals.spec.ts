import { describe, expect, it } from 'vitest';
import { MAX_TOTAL_MINOR, orderTotal } from './order-totals.js';

describe('orderTotal', () => {
  it.each([
    [[], 0],
    [[{ price: 1999, quantity: 3 }], 5997],
    [
      [
        { price: 10, quantity: 1 },
        { price: 20, quantity: 1 },
      ],
      30,
    ],
    [[{ price: 0, quantity: 1000 }], 0],
    [[{ price: MAX_TOTAL_MINOR, quantity: 1 }], MAX_TOTAL_MINOR],
  ])('adds %j to %d', (lines, total) => {
    expect(orderTotal(lines)).toBe(total);
  });

  it.each([
    [{ price: 19.99, quantity: 1 }],
    [{ price: -1, quantity: 1 }],
    [{ price: 1, quantity: 0 }],
    [{ price: 1, quantity: 1.5 }],
    [{ price: Number.NaN, quantity: 1 }],
    [{ price: MAX_TOTAL_MINOR, quantity: 2 }],
  ])('refuses %j', (line) => {
    expect(() => orderTotal([line])).toThrow(RangeError);
  });
});
