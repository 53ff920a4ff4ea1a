import { describe, expect, it } from 'vitest';
import { nextTryAt } from './delivery-schedule.js';

const START = new Date('2026-11-25T00:00:00.000Z');
const HOUR_MS = 3_600_000;

/** When a delivery that always fails is tried, in hours after its first try. */
function hoursOfTries(random: number): number[] {
  const hours = [0];
  let at = START;
  for (let next = nextTryAt('order.created', 1, at, random); next;) {
    at = next;
    hours.push((at.getTime() - START.getTime()) / HOUR_MS);
    next = nextTryAt('order.created', hours.length, at, random);
  }
  return hours;
}

describe('nextTryAt', () => {
  it.each([0, 0.5, 1])(
    'gives at least six tries within a day and ends after one (%d)',
    (random) => {
      const hours = hoursOfTries(random);
      expect(hours.filter((hour) => hour <= 24).length).toBeGreaterThanOrEqual(6);
      expect(hours.at(-1)).toBeGreaterThan(20);
      expect(hours.at(-1)).toBeLessThan(36);
    },
  );

  it('leaves to chance when', () => {
    expect(hoursOfTries(0)[1]).toBeLessThan(hoursOfTries(1)[1]!);
  });

  it('tries a test once', () => {
    expect(nextTryAt('webhook.test', 1, START, 0.5)).toBeNull();
  });
});
