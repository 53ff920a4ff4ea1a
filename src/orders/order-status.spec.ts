import { describe, expect, it } from 'vitest';
import {
  givesStockBack,
  mayMove,
  NEXT_STATUSES,
  ORDER_STATUSES,
  readStatus,
} from './order-status.js';

describe('the moves of an order', () => {
  const legal = [
    'pending>processing',
    'pending>cancelled',
    'processing>completed',
    'processing>cancelled',
    'processing>returned',
    'completed>returned',
  ];

  it.each(ORDER_STATUSES.flatMap((from) => ORDER_STATUSES.map((to) => [from, to] as const)))(
    '%s to %s is as the table says',
    (from, to) => {
      expect(mayMove(from, to)).toBe(legal.includes(`${from}>${to}`));
    },
  );

  it('end where the stock is given back', () => {
    const ends = ORDER_STATUSES.filter((status) => NEXT_STATUSES[status].length === 0);
    expect(ends).toEqual(ORDER_STATUSES.filter(givesStockBack));
  });
});

describe('readStatus', () => {
  it.each([
    ['Pending', 'pending'],
    ['Confirmed', 'processing'],
    [' COMPLETED ', 'completed'],
    ['Canceled', 'cancelled'],
    ['Return', 'returned'],
    ['constructor', undefined],
    ['', undefined],
  ])('reads %j as %s', (word, status) => {
    expect(readStatus(word)).toBe(status);
  });
});
