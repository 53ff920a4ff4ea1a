import { describe, expect, it } from 'vitest';
import { factOfRefund, factsOf, type PaymentFact, stateOf } from './payment-facts.js';
import { NEXT_PAYMENT_STATUSES, type PaymentStatus } from './payment-status.js';
import type { ProviderPayment } from './providers/payment-provider.js';

const AMOUNT = 3_998;
const at = (second: number): Date => new Date(Date.UTC(2026, 10, 23, 9, 0, second));

function seen(
  state: ProviderPayment['state'],
  second: number,
  more: Partial<ProviderPayment> = {},
) {
  const payment = { providerId: 'pi_1', amount: AMOUNT, currency: 'USD', isLive: false };
  return factsOf({ ...payment, state, ...more }, at(second));
}

function refund(id: string, amount: number, state: 'pending' | 'succeeded' | 'failed', second = 9) {
  return factOfRefund({ refundId: id, amount, state }, at(second));
}

/** What a payment that has been told these facts in this order has become. */
function tell(facts: PaymentFact[]): { status: PaymentStatus; moves: string[]; count: number } {
  const known: PaymentFact[] = [];
  const moves: string[] = [];
  let status: PaymentStatus = 'pending';
  for (const fact of facts) {
    if (known.some(({ key }) => key === fact.key)) continue;
    known.push(fact);
    const next = stateOf(known, AMOUNT).status;
    if (next !== status) moves.push(`${status} > ${next}`);
    status = next;
  }
  return { status, moves, count: known.length };
}

function permutations<T>(items: T[]): T[][] {
  if (items.length < 2) return [items];
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  );
}

describe('the state that facts make', () => {
  it('is pending without any, and follows a payment on its way', () => {
    expect(stateOf([], AMOUNT)).toMatchObject({ status: 'pending', captured: 0 });
    const way = [...seen('requires_action', 1), ...seen('processing', 2, { attemptId: 'ch_1' })];
    expect(stateOf(way, AMOUNT).status).toBe('processing');
    const end = [...way, ...seen('succeeded', 3, { attemptId: 'ch_1', captureId: 'ch_1' })];
    expect(stateOf(end, AMOUNT)).toEqual({
      status: 'succeeded',
      captured: AMOUNT,
      refunded: 0,
      captureId: 'ch_1',
      failure: null,
    });
  });

  it('is the same in every order of the facts, and moves only where the table lets it', () => {
    const facts = [
      ...seen('processing', 2, { attemptId: 'ch_1' }),
      ...seen('failed', 3, { attemptId: 'ch_1', failure: { code: 'declined', message: 'No.' } }),
      ...seen('succeeded', 4, { attemptId: 'ch_2', captureId: 'ch_2' }),
      refund('re_1', 1_000, 'succeeded'),
      refund('re_2', AMOUNT - 1_000, 'succeeded'),
    ];
    const distinct = [...new Map(facts.map((fact) => [fact.key, fact])).values()];
    expect(distinct).toHaveLength(6);
    for (const order of permutations(distinct)) {
      const { status, moves, count } = tell([...order, ...order]);
      expect({ status, count }).toEqual({ status: 'refunded', count: 6 });
      for (const move of moves) {
        const [from, to] = move.split(' > ') as [PaymentStatus, PaymentStatus];
        expect(NEXT_PAYMENT_STATUSES[from], move).toContain(to);
      }
    }
  });

  it('is the same in every order when a refund fails after all', () => {
    const facts = [
      ...seen('failed', 3, { attemptId: 'ch_1' }),
      ...seen('succeeded', 4, { attemptId: 'ch_2', captureId: 'ch_2' }).slice(1),
      refund('re_1', AMOUNT, 'pending'),
      refund('re_1', AMOUNT, 'succeeded'),
      refund('re_1', AMOUNT, 'failed'),
    ];
    for (const order of permutations(facts)) {
      const { status, moves } = tell([...order, ...order]);
      expect(status).toBe('succeeded');
      for (const move of moves) {
        const [from, to] = move.split(' > ') as [PaymentStatus, PaymentStatus];
        expect(NEXT_PAYMENT_STATUSES[from], move).toContain(to);
      }
    }
  });

  it('is failed when the newest try failed, and not when an older one is told late', () => {
    const first = seen('failed', 1, { attemptId: 'ch_1' });
    const second = seen('processing', 2, { attemptId: 'ch_2' });
    expect(stateOf([...second, ...first], AMOUNT).status).toBe('processing');
    const failed = seen('failed', 1, { attemptId: 'ch_2' });
    expect(stateOf([...second, ...first, ...failed], AMOUNT).status).toBe('failed');
  });

  it('stays canceled until the money was taken all the same', () => {
    const canceled = seen('canceled', 1);
    const late = seen('processing', 2, { attemptId: 'ch_1' });
    expect(stateOf([...canceled, ...late], AMOUNT).status).toBe('canceled');
    const taken = seen('succeeded', 3);
    expect(stateOf([...canceled, ...late, ...taken], AMOUNT).status).toBe('succeeded');
  });

  it('counts a refund once it has succeeded, and no more when it failed after all', () => {
    const paid = seen('succeeded', 1, { captureId: 'ch_1' });
    const pending = refund('re_1', AMOUNT, 'pending');
    expect(stateOf([...paid, pending], AMOUNT).status).toBe('succeeded');
    const done = refund('re_1', AMOUNT, 'succeeded');
    expect(stateOf([...paid, done, pending], AMOUNT).status).toBe('refunded');
    const failed = refund('re_1', AMOUNT, 'failed');
    expect(stateOf([...paid, failed, done, pending], AMOUNT).status).toBe('succeeded');
  });

  it('counts a sum of refunds only beyond those known one by one', () => {
    const paid = seen('succeeded', 1, { captureId: 'ch_1', refundedTotal: 1_500 });
    expect(stateOf(paid, AMOUNT).refunded).toBe(1_500);
    const one = refund('re_1', 1_000, 'succeeded');
    expect(stateOf([...paid, one], AMOUNT).refunded).toBe(1_500);
    const other = refund('re_2', 500, 'succeeded');
    expect(stateOf([...paid, one, other], AMOUNT).refunded).toBe(1_500);
  });
});
