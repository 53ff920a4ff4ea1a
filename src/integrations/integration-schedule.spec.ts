import { describe, expect, it } from 'vitest';
import { askAt, nextDue, pauseAfter, refreshAt } from './integration-schedule.js';

const NOW = new Date('2026-11-25T00:00:00Z');
const inHours = (hours: number): Date => new Date(NOW.getTime() + hours * 3_600_000);

describe('the schedule of a connection', () => {
  it('renews in the last sixth of a life', () => {
    expect(refreshAt({ expiresAt: inHours(24), renewedAt: NOW })).toEqual(inHours(20));
    expect(refreshAt({ expiresAt: inHours(24 * 60), renewedAt: NOW })).toEqual(inHours(24 * 50));
    expect(refreshAt({})).toBeUndefined();
  });

  it('asks a week before nothing helps, once', () => {
    const reconnectBy = inHours(24 * 90);
    expect(askAt({ reconnectBy })).toEqual(inHours(24 * 83));
    expect(askAt({ reconnectBy, askedAt: NOW })).toBeUndefined();
    expect(askAt({})).toBeUndefined();
  });

  it('looks at the first of all moments, at least daily, never at once', () => {
    expect(nextDue({}, NOW)).toEqual(inHours(24));
    expect(nextDue({ expiresAt: inHours(6), renewedAt: NOW }, NOW)).toEqual(inHours(5));
    expect(nextDue({ reconnectBy: inHours(24 * 7 + 3) }, NOW)).toEqual(inHours(3));
    expect(nextDue({ expiresAt: inHours(-1), renewedAt: inHours(-2) }, NOW)).toEqual(
      inHours(1 / 60),
    );
  });

  it('waits longer after each failure, six hours at most', () => {
    expect([1, 2, 3, 20].map((n) => pauseAfter(n) / 60_000)).toEqual([1, 2, 4, 360]);
  });
});
