import { describe, expect, it } from 'vitest';
import { quietUntil } from './quiet-hours.js';

const until = (from: string, to: string, timeZone: string, at: string): string | undefined =>
  quietUntil({ from, to, timeZone }, new Date(at))?.toISOString();

describe('quietUntil', () => {
  it('knows a night that ends on the next day', () => {
    expect(until('22:00', '07:00', 'UTC', '2026-11-25T21:59:59Z')).toBeUndefined();
    expect(until('22:00', '07:00', 'UTC', '2026-11-25T22:00:00Z')).toBe('2026-11-26T07:00:00.000Z');
    expect(until('22:00', '07:00', 'UTC', '2026-11-26T06:59:59Z')).toBe('2026-11-26T07:00:00.000Z');
    expect(until('22:00', '07:00', 'UTC', '2026-11-26T07:00:00Z')).toBeUndefined();
  });

  it('knows a rest within one day', () => {
    expect(until('12:30', '14:00', 'UTC', '2026-11-25T13:00:00Z')).toBe('2026-11-25T14:00:00.000Z');
    expect(until('12:30', '14:00', 'UTC', '2026-11-25T12:29:00Z')).toBeUndefined();
  });

  it("goes by the person's clock, and its half hours", () => {
    expect(until('22:00', '07:00', 'Asia/Yangon', '2026-11-25T15:31:00Z')).toBe(
      '2026-11-26T00:30:00.000Z',
    );
    expect(until('22:00', '07:00', 'Asia/Yangon', '2026-11-25T15:29:00Z')).toBeUndefined();
  });

  it('ends when the clock says so in nights in which it is changed', () => {
    expect(until('22:00', '07:00', 'Europe/Berlin', '2026-10-24T21:00:00Z')).toBe(
      '2026-10-25T06:00:00.000Z',
    );
    expect(until('22:00', '07:00', 'Europe/Berlin', '2026-03-28T22:00:00Z')).toBe(
      '2026-03-29T05:00:00.000Z',
    );
  });

  it('is never without a beginning', () => {
    expect(until('08:00', '08:00', 'UTC', '2026-11-25T08:00:00Z')).toBeUndefined();
  });
});
