import { describe, expect, it } from 'vitest';
import {
  isPaidByOthers,
  type KeptPayment,
  paymentStatusOf,
  shownPaymentId,
  withPayment,
} from './order-payment-status.js';

const aPayment = (overrides: Partial<KeptPayment> = {}): KeptPayment => ({
  paymentId: 'a',
  version: 1,
  provider: 'stripe',
  providerId: 'pi_a',
  state: 'open',
  captured: 0,
  refunded: 0,
  captureRank: 0,
  ...overrides,
});

describe('what of an order is paid', () => {
  const paid = (captured: number, refunded = 0) => aPayment({ captured, refunded, state: 'ended' });

  it.each([
    ['nothing, without payments', [], 'unpaid'],
    ['nothing, by an open one', [aPayment()], 'unpaid'],
    ['nothing, by one that ended', [aPayment({ state: 'ended' })], 'unpaid'],
    ['perhaps, by one on its way', [aPayment({ state: 'processing' })], 'pending'],
    ['all', [paid(1_000)], 'paid'],
    ['all, with another one on its way', [paid(1_000), aPayment({ state: 'processing' })], 'paid'],
    ['all, by two', [paid(400), paid(600)], 'paid'],
    ['all, after one of two was given back', [paid(1_000, 1_000), paid(1_000)], 'paid'],
    ['more', [paid(1_000), paid(1_000, 300)], 'paid'],
    ['all but a cent', [paid(1_000, 1)], 'partially_refunded'],
    ['a part', [paid(400)], 'partially_refunded'],
    ['nothing any more', [paid(1_000, 1_000)], 'refunded'],
    ['less than nothing', [paid(1_000, 1_001)], 'refunded'],
    [
      'nothing any more, with another one on its way',
      [paid(1_000, 1_000), aPayment({ state: 'processing' })],
      'refunded',
    ],
  ] as const)('%s', (_, payments, status) => {
    expect(paymentStatusOf([...payments], 1_000)).toBe(status);
  });

  it('is nothing when the order costs nothing, whatever came', () => {
    expect(paymentStatusOf([], 0)).toBe('unpaid');
    expect(paymentStatusOf([paid(5)], 0)).toBe('unpaid');
  });
});

describe('the payments that an order keeps', () => {
  it('are replaced by a higher version only', () => {
    const known = [aPayment({ version: 3 })];
    expect(withPayment(known, aPayment({ version: 3, captured: 5 }))).toBe(known);
    expect(withPayment(known, aPayment({ version: 2, captured: 5 }))).toBe(known);
    const newer = aPayment({ version: 4, captured: 5 });
    expect(withPayment(known, newer)).toEqual([{ ...newer, captureRank: 1 }]);
  });

  it('stand by their age, however they come', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((paymentId) => aPayment({ paymentId }));
    const kept = [c!, a!, b!].reduce(withPayment, []);
    expect(kept).toEqual([a, b, c]);
  });

  it('are twenty, without the oldest that brought nothing', () => {
    const many = Array.from({ length: 24 }, (_, index) =>
      aPayment({
        paymentId: String.fromCharCode(97 + index),
        captured: index === 0 ? 5 : 0,
        state: index === 1 ? 'processing' : 'ended',
      }),
    );
    const kept = many.reduce(withPayment, []).map(({ paymentId }) => paymentId);
    expect(kept).toHaveLength(20);
    expect(kept.slice(0, 3)).toEqual(['a', 'b', 'g']);
    const all = many.map((payment) => ({ ...payment, captured: 1 }));
    expect(all.reduce(withPayment, [])).toHaveLength(24);
  });

  it('do not change by an old one for which there is no room', () => {
    const full = Array.from({ length: 20 }, (_, index) => aPayment({ paymentId: `b${index}` }));
    const kept = full.reduce(withPayment, []);
    expect(withPayment(kept, aPayment({ paymentId: 'a' }))).toBe(kept);
    expect(withPayment(kept, aPayment({ paymentId: 'a', captured: 1 }))).toHaveLength(20);
  });
});

describe('the payment that an order shows', () => {
  it.each([
    ['none', [], null],
    ['the newest', [aPayment(), aPayment({ providerId: 'pi_b' })], 'pi_b'],
    ['ours where the provider has none', [aPayment({ providerId: null })], 'a'],
    ['the one that paid', [aPayment({ captured: 5 }), aPayment({ providerId: 'pi_b' })], 'pi_a'],
    [
      'the one that still has the money',
      [aPayment({ captured: 5 }), aPayment({ providerId: 'pi_b', captured: 5, refunded: 5 })],
      'pi_a',
    ],
    [
      'the one that had it',
      [aPayment({ captured: 5, refunded: 5 }), aPayment({ providerId: 'pi_b' })],
      'pi_a',
    ],
  ] as const)('is %s', (_, payments, id) => {
    expect(shownPaymentId([...payments])).toBe(id);
  });
});

describe('two payments of one order', () => {
  const summary = (paymentId: string, captured: number, refunded = 0) =>
    aPayment({ paymentId, version: captured + refunded, captured, refunded });

  it('are both open, and the first that brings the money keeps it', () => {
    let payments = withPayment([], summary('b', 1_000));
    payments = withPayment(payments, summary('a', 1_000));
    expect(isPaidByOthers(payments, 'b', 1_000)).toBe(false);
    expect(isPaidByOthers(payments, 'a', 1_000)).toBe(true);
  });

  it('leave the money with the second when the first was given back', () => {
    let payments = withPayment([], summary('b', 1_000, 1_000));
    payments = withPayment(payments, summary('a', 1_000));
    expect(isPaidByOthers(payments, 'a', 1_000)).toBe(false);
  });
});
