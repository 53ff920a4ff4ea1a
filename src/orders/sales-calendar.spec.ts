import { describe, expect, it } from 'vitest';
import { countDays, dayAfter, spansOf, startOfDay } from './sales-calendar.js';

describe('startOfDay', () => {
  it.each([
    ['2026-05-01', 'Asia/Yangon', '2026-04-30T17:30:00.000Z'],
    ['2026-05-01', 'UTC', '2026-05-01T00:00:00.000Z'],
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
    ['2026-03-30', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
    ['2026-11-02', 'America/New_York', '2026-11-02T05:00:00.000Z'],
    // Clocks go from 0:00 to 1:00 here.
    ['2026-04-24', 'Africa/Cairo', '2026-04-23T22:00:00.000Z'],
    // 14 hours ahead, and 11 behind.
    ['2026-05-01', 'Pacific/Kiritimati', '2026-04-30T10:00:00.000Z'],
    ['2026-05-01', 'Pacific/Pago_Pago', '2026-05-01T11:00:00.000Z'],
  ])('of %s in %s is %s', (day, timeZone, start) => {
    expect(startOfDay(day, timeZone).toISOString()).toBe(start);
  });
});

describe('spansOf', () => {
  const starts = (from: string, to: string, timeZone: string, interval: 'hour' | 'week') =>
    spansOf({ from, to, timeZone }, interval).map(({ start }) => start);

  it.each([
    ['2026-03-29', 'Europe/Berlin', 23],
    ['2026-10-25', 'Europe/Berlin', 25],
    ['2026-03-08', 'America/New_York', 23],
    ['2026-11-01', 'America/New_York', 25],
    ['2026-05-01', 'Asia/Yangon', 24],
  ])('are the hours of %s in %s: %d', (day, timeZone, hours) => {
    const found = starts(day, day, timeZone, 'hour');
    expect(found).toHaveLength(hours);
    expect(new Set(found).size).toBe(hours);
  });

  it('tell the hour that comes twice by its offset', () => {
    expect(starts('2026-10-25', '2026-10-25', 'Europe/Berlin', 'hour').slice(1, 5)).toEqual([
      '2026-10-25T01:00:00+02:00',
      '2026-10-25T02:00:00+02:00',
      '2026-10-25T02:00:00+01:00',
      '2026-10-25T03:00:00+01:00',
    ]);
  });

  it('are weeks from Monday, the first from where the range begins', () => {
    expect(starts('2026-04-29', '2026-05-12', 'Asia/Yangon', 'week')).toEqual([
      '2026-04-29T00:00:00+06:30',
      '2026-05-04T00:00:00+06:30',
      '2026-05-11T00:00:00+06:30',
    ]);
  });
});

it('counts days over leap days and years', () => {
  expect(countDays('2028-02-28', '2028-03-01')).toBe(3);
  expect(countDays('2026-05-02', '2026-05-01')).toBe(0);
  expect(dayAfter('2026-12-31')).toBe('2027-01-01');
});
