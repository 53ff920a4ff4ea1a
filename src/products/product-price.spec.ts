import { describe, expect, it } from 'vitest';
import { dayIn, dependsOnDay, priceAt } from './product-price.js';

function prices(overrides: Partial<Parameters<typeof priceAt>[0]> = {}) {
  const none = { promoPrice: null, promoStartDate: null, promoEndDate: null };
  return { retailPrice: 2000, ...none, ...overrides };
}

const BLACK_WEEK = {
  promoPrice: 1500,
  promoStartDate: '2026-11-23',
  promoEndDate: '2026-11-30',
};

describe('the price at a day', () => {
  it.each([
    ['without a promotion', {}, '2026-11-25', 2000],
    ['with dates but no promotion price', { ...BLACK_WEEK, promoPrice: null }, '2026-11-25', 2000],
    ['of a promotion without dates', { promoPrice: 1500 }, '2026-11-25', 1500],
    ['the day before it begins', BLACK_WEEK, '2026-11-22', 2000],
    ['the day it begins', BLACK_WEEK, '2026-11-23', 1500],
    ['between', BLACK_WEEK, '2026-11-27', 1500],
    ['the day it ends', BLACK_WEEK, '2026-11-30', 1500],
    ['the day after', BLACK_WEEK, '2026-12-01', 2000],
    ['before an open end', { ...BLACK_WEEK, promoEndDate: null }, '2026-11-22', 2000],
    ['far behind an open end', { ...BLACK_WEEK, promoEndDate: null }, '2031-01-01', 1500],
    ['far before an open beginning', { ...BLACK_WEEK, promoStartDate: null }, '2019-01-01', 1500],
    ['behind an open beginning', { ...BLACK_WEEK, promoStartDate: null }, '2026-12-01', 2000],
    ['of one day', { ...BLACK_WEEK, promoEndDate: '2026-11-23' }, '2026-11-23', 1500],
    ['in another year with the same days', BLACK_WEEK, '2027-11-25', 2000],
    ['of a gift', { promoPrice: 0 }, '2026-11-25', 0],
    ['of a promotion that is the price', { promoPrice: 2000 }, '2026-11-25', 2000],
    ['of a promotion that is dearer', { promoPrice: 2500 }, '2026-11-25', 2000],
  ])('%s', (_, overrides, day, price) => {
    expect(priceAt(prices(overrides), day)).toBe(price);
  });

  it('depends on the day only with a price and a date', () => {
    expect(dependsOnDay(prices(BLACK_WEEK))).toBe(true);
    expect(dependsOnDay(prices({ promoPrice: 0, promoEndDate: '2026-11-30' }))).toBe(true);
    expect(dependsOnDay(prices({ promoPrice: 1500 }))).toBe(false);
    expect(dependsOnDay(prices({ promoStartDate: '2026-11-23' }))).toBe(false);
  });
});

describe('the day in a time zone', () => {
  it.each([
    ['UTC', '2026-11-23T00:00:00.000Z', '2026-11-23'],
    ['UTC', '2026-11-22T23:59:59.999Z', '2026-11-22'],
    // Myanmar: UTC+6:30.
    ['Asia/Yangon', '2026-11-22T17:29:59.999Z', '2026-11-22'],
    ['Asia/Yangon', '2026-11-22T17:30:00.000Z', '2026-11-23'],
    ['Pacific/Kiritimati', '2026-12-31T10:00:00.000Z', '2027-01-01'],
    ['Pacific/Pago_Pago', '2027-01-01T10:59:59.999Z', '2026-12-31'],
    // Berlin, 29 March 2026: the day of 23 hours ends at 22:00 UTC, the day before at 23:00.
    ['Europe/Berlin', '2026-03-28T22:59:59.999Z', '2026-03-28'],
    ['Europe/Berlin', '2026-03-28T23:00:00.000Z', '2026-03-29'],
    ['Europe/Berlin', '2026-03-29T21:59:59.999Z', '2026-03-29'],
    ['Europe/Berlin', '2026-03-29T22:00:00.000Z', '2026-03-30'],
    // Berlin, 25 October 2026: the day of 25 hours.
    ['Europe/Berlin', '2026-10-24T22:00:00.000Z', '2026-10-25'],
    ['Europe/Berlin', '2026-10-25T22:59:59.999Z', '2026-10-25'],
    ['Europe/Berlin', '2026-10-25T23:00:00.000Z', '2026-10-26'],
    // New York, 1 November 2026: the hour that comes twice is of one day.
    ['America/New_York', '2026-11-01T04:00:00.000Z', '2026-11-01'],
    ['America/New_York', '2026-11-02T04:59:59.999Z', '2026-11-01'],
    ['America/New_York', '2026-11-02T05:00:00.000Z', '2026-11-02'],
    // Samoa had no 30 December 2011.
    ['Pacific/Apia', '2011-12-30T09:59:59.999Z', '2011-12-29'],
    ['Pacific/Apia', '2011-12-30T10:00:00.000Z', '2011-12-31'],
    ['Asia/Kolkata', '2028-02-28T18:30:00.000Z', '2028-02-29'],
  ])('%s at %s is %s', (timeZone, at, day) => {
    expect(dayIn(timeZone, new Date(at))).toBe(day);
  });

  it('ends a promotion at midnight of the shop, not of the server', () => {
    const promotion = prices(BLACK_WEEK);
    const lastMoment = new Date('2026-11-30T17:29:59.999Z');
    const firstAfter = new Date('2026-11-30T17:30:00.000Z');
    expect(priceAt(promotion, dayIn('Asia/Yangon', lastMoment))).toBe(1500);
    expect(priceAt(promotion, dayIn('Asia/Yangon', firstAfter))).toBe(2000);
    expect(priceAt(promotion, dayIn('UTC', firstAfter))).toBe(1500);
  });

  it('refuses a time zone there is not', () => {
    expect(() => dayIn('Mars/Olympus', new Date())).toThrow(RangeError);
  });
});
