import { Types } from 'mongoose';
import { describe, expect, it } from 'vitest';
import { changeOf, type News, refundable } from './payment-change.js';
import { PROVIDER, SYSTEM } from './payment-events.js';
import { factOfRefund, factsOf, stateOf } from './payment-facts.js';
import type { Payment } from './payment.schema.js';
import type { ProviderPayment } from './providers/payment-provider.js';

const AMOUNT = 3_998;
const at = (second: number): Date => new Date(Date.UTC(2026, 10, 23, 9, 0, second));
const now = at(30);

function aPayment(): Payment {
  const none = { failure: null, facts: [], refunds: [], flags: [], pendingEvents: [] };
  return {
    ...none,
    _id: new Types.ObjectId(),
    shopId: new Types.ObjectId(),
    orderId: new Types.ObjectId(),
    orderNumber: 'MCXX-0042',
    provider: 'stripe',
    isLive: null,
    amount: AMOUNT,
    currency: 'USD',
    status: 'pending',
    isOpen: true,
    captured: 0,
    refunded: 0,
    version: 0,
    checks: 0,
    isCaptureHandled: false,
    proofId: null,
    by: null,
    createdAt: at(0),
    updatedAt: at(0),
  };
}

function seen(
  state: ProviderPayment['state'],
  second: number,
  more: Partial<ProviderPayment> = {},
): News {
  const view = { providerId: 'pi_1', amount: AMOUNT, currency: 'USD', isLive: false, state };
  const facts = factsOf({ ...view, ...more }, at(second));
  return { facts, providerId: 'pi_1', actor: PROVIDER, name: state };
}

function refunded(id: string, amount: number, second: number): News {
  const facts = [factOfRefund({ refundId: id, amount, state: 'succeeded' }, at(second))];
  return { facts, actor: PROVIDER, name: 'refund' };
}

/** A payment that has heard all of `news`, its whole log, and how often others were told. */
function hear(payment: Payment, news: News[]) {
  let current = payment;
  let told = 0;
  const log: Payment['pendingEvents'] = [];
  for (const next of news) {
    const change = changeOf(current, next, now);
    if (!change) continue;
    current = { ...current, ...change.set, version: current.version + 1 };
    log.push(...change.events);
    if (change.isVisible) told++;
  }
  return { payment: current, log, told };
}

function permutations<T>(items: T[]): T[][] {
  if (items.length < 2) return [items];
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  );
}

describe('the news of a payment', () => {
  it('makes the same of it in each of the 720 orders, twice, with a confirm in between', () => {
    const news = [
      seen('pending', 1),
      seen('processing', 2, { attemptId: 'ch_1' }),
      seen('failed', 3, { attemptId: 'ch_1', failure: { code: 'declined', message: 'No.' } }),
      seen('succeeded', 4, { attemptId: 'ch_2', captureId: 'ch_2' }),
      refunded('re_1', 1_000, 5),
      refunded('re_2', AMOUNT - 1_000, 6),
    ];
    const confirm = seen('succeeded', 20, { attemptId: 'ch_2', captureId: 'ch_2' });
    const orders = permutations(news);
    expect(orders).toHaveLength(720);
    for (const [index, order] of orders.entries()) {
      const twice = [...order, ...order];
      const { payment, log, told } = hear(aPayment(), twice.toSpliced(index % 12, 0, confirm));
      expect(payment).toMatchObject({
        status: 'refunded',
        isOpen: false,
        captured: AMOUNT,
        refunded: AMOUNT,
        captureId: 'ch_2',
        failure: null,
      });
      const facts = log.flatMap(({ fact }) => fact ?? []);
      expect(facts.map(({ key }) => key).toSorted()).toEqual([
        'created',
        'failed:ch_1',
        'processing:ch_1',
        'refund_succeeded:re_1',
        'refund_succeeded:re_2',
        'succeeded',
      ]);
      const moves = log.filter(({ kind }) => kind === 'transition');
      expect(moves[0]?.from).toBe('pending');
      for (let step = 1; step < moves.length; step++) {
        expect(moves[step]!.from).toBe(moves[step - 1]!.to);
      }
      // Each refund is seen, and each move that is not one.
      expect(told).toBe(2 + moves.filter(({ name }) => name !== 'refund').length);
      expect(stateOf(facts, AMOUNT)).toMatchObject({ status: payment.status });
    }
  });

  it('is written once however often it comes', () => {
    const paid = seen('succeeded', 1, { captureId: 'ch_1' });
    const { payment } = hear(aPayment(), [paid]);
    expect(changeOf(payment, paid, now)).toBeNull();
  });

  it('hears of the money after more failures than it keeps', () => {
    const failures = Array.from({ length: 400 }, (_, index) =>
      seen('failed', 1, { attemptId: `ch_${index}` }),
    );
    const { payment } = hear(aPayment(), failures);
    expect(payment.facts.length).toBe(301);
    const paid = hear(payment, [seen('succeeded', 2, { captureId: 'ch_x' })]).payment;
    expect(paid).toMatchObject({ status: 'succeeded', captured: AMOUNT });
    const back = hear(paid, [refunded('re_1', AMOUNT, 3)]).payment;
    expect(back).toMatchObject({ status: 'refunded' });
  });

  it('flags once, and says so', () => {
    const news: News = { flags: ['amount_mismatch'], actor: SYSTEM, name: 'confirm' };
    const { payment, log } = hear(aPayment(), [news, news]);
    expect(payment).toMatchObject({ flags: ['amount_mismatch'], status: 'pending' });
    expect(log).toMatchObject([{ kind: 'remark', name: 'amount_mismatch' }]);
  });

  it('has the provider asked again while something is open, and no more then', () => {
    const begun = hear(aPayment(), [seen('pending', 1)]).payment;
    expect(changeOf(begun, seen('processing', 2), now)?.isWatched).toBe(true);
    const paid = seen('succeeded', 3, { captureId: 'ch_1' });
    expect(changeOf(begun, paid, now)?.isWatched).toBe(false);
  });
});

describe('refunds', () => {
  const newRefund = (amount: number) => ({
    _id: new Types.ObjectId(),
    amount,
    status: 'pending' as const,
    reference: null,
    reason: '',
    restock: false,
    by: null,
    at: now,
  });
  const paid = () => hear(aPayment(), [seen('succeeded', 1, { captureId: 'ch_1' })]).payment;

  it('set their part aside until it is known what became of them', () => {
    const refund = newRefund(3_000);
    const id = refund._id.toHexString();
    const asked = { newRefund: refund, actor: SYSTEM, name: 'refund' };
    const { payment } = hear(paid(), [asked]);
    expect(refundable(payment)).toBe(998);
    const unknown = { unknownRefunds: [id], actor: SYSTEM, name: 'refund' };
    const waiting = hear(payment, [unknown]).payment;
    expect(waiting.refunds).toMatchObject([{ status: 'unknown' }]);
    expect(refundable(waiting)).toBe(998);
    const told = { refundId: 're_1', amount: 3_000, ownId: id };
    const failed = factOfRefund({ ...told, state: 'failed' }, at(5));
    const gone = hear(waiting, [{ facts: [failed], actor: SYSTEM, name: 'refund' }]).payment;
    expect(gone.refunds).toMatchObject([{ status: 'failed', reference: 're_1' }]);
    expect(refundable(gone)).toBe(AMOUNT);
    const done = factOfRefund({ ...told, state: 'succeeded' }, at(5));
    const back = hear(waiting, [{ facts: [done], actor: SYSTEM, name: 'refund' }]).payment;
    expect(back).toMatchObject({ status: 'partially_refunded', refunded: 3_000 });
    expect(refundable(back)).toBe(998);
  });

  it("of the provider's own screens are added to ours", () => {
    const { payment } = hear(paid(), [refunded('re_9', 500, 5)]);
    expect(payment.refunds).toMatchObject([{ amount: 500, status: 'succeeded', by: null }]);
    expect(refundable(payment)).toBe(AMOUNT - 500);
  });
});
