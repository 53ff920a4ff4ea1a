import { Types } from 'mongoose';
import { newEvent } from './new-event.js';
import type { PaymentEvent } from './payment-event.schema.js';
import type { Actor, PaymentFlag } from './payment-events.js';
import { isStepFact, type PaymentFact, refundsOf, stateOf } from './payment-facts.js';
import { isOpen, type PaymentStatus, requireMove } from './payment-status.js';
import type { Payment, Refund, RefundStatus } from './payment.schema.js';

/** What has become known of a payment, and through whom. */
export interface News {
  facts?: PaymentFact[];
  flags?: PaymentFlag[];
  /** How the provider calls it. */
  providerId?: string;
  /** Our refunds of which nobody knows whether the provider made them. */
  unknownRefunds?: string[];
  /** A refund that is begun. */
  newRefund?: Refund;
  actor: Actor;
  /** What brought it, such as `confirm` or `payment_intent.succeeded`. */
  name: string;
}

/** What is to be written for it. */
export interface PaymentChange {
  set: Partial<Payment>;
  /** Whether the provider has to be asked again. */
  isWatched: boolean;
  events: PaymentEvent[];
  /** Whether something has changed that others see. */
  isVisible: boolean;
}

/** Of more tries than anybody makes in earnest; later ones leave the payment as it is. */
const MAX_STEPS = 300;
const FIRST_CHECK_MS = 60_000;
/** What is on its way may have come in a moment. */
const FIRST_CHECK_OF_PROCESSING_MS = 5_000;

/** What `news` makes of a payment; null when all of it was known. The state follows from the facts alone. */
export function changeOf(payment: Payment, news: News, now: Date): PaymentChange | null {
  const fresh = freshOf(payment, uniqueByKey(news.facts ?? []));
  const flags = (news.flags ?? []).filter((flag) => !payment.flags.includes(flag));
  const link = payment.providerId === undefined ? news.providerId : undefined;
  const facts = [...payment.facts, ...fresh];
  const refunds = refundsAfter(payment, news, facts, now);
  const hasNewRefunds = refunds !== payment.refunds;
  if (fresh.length === 0 && flags.length === 0 && !link && !hasNewRefunds) return null;
  const state = stateOf(facts, payment.amount);
  requireMove(payment.status, state.status);
  const isWatched = isToBeAsked(payment, state.status) || refunds.some(isUndecided);
  return {
    set: {
      facts,
      refunds,
      flags: [...payment.flags, ...flags],
      status: state.status,
      isOpen: isOpen(state.status),
      captured: state.captured,
      refunded: state.refunded,
      failure: state.failure,
      checks: 0,
      unsettledSince: now,
      ...(state.captureId ? { captureId: state.captureId } : {}),
      ...(link ? { providerId: link } : {}),
      ...(isWatched ? { nextCheckAt: firstCheck(state.status, now) } : {}),
    },
    isWatched,
    events: eventsOf(payment, { fresh, flags, to: state.status, news, now }),
    isVisible:
      state.status !== payment.status ||
      state.refunded !== payment.refunded ||
      flags.length > 0 ||
      hasNewRefunds,
  };
}

/** What was not known; of money always, of tries as long as there is room. */
function freshOf({ facts }: Payment, told: PaymentFact[]): PaymentFact[] {
  const known = new Set(facts.map(({ key }) => key));
  let room = MAX_STEPS - facts.filter(isStepFact).length;
  return told.filter((fact) => !known.has(fact.key) && (!isStepFact(fact) || room-- > 0));
}

/** Of one that is cancelled the order waits on, and has to end in its time. */
function isToBeAsked({ provider }: Payment, status: PaymentStatus): boolean {
  return provider !== 'transfer' && (isOpen(status) || status === 'canceled');
}

function firstCheck(status: PaymentStatus, now: Date): Date {
  const wait = status === 'processing' ? FIRST_CHECK_OF_PROCESSING_MS : FIRST_CHECK_MS;
  return new Date(now.getTime() + wait);
}

/** What of a payment's money can still be given back, in minor units. */
export function refundable({ captured, refunded, refunds }: Payment): number {
  const onTheWay = refunds.filter(isUndecided).reduce((sum, { amount }) => sum + amount, 0);
  return captured - refunded - onTheWay;
}

export function isUndecided({ status }: Refund): boolean {
  return status === 'pending' || status === 'unknown';
}

/** The refunds as the facts tell them; those of the provider's own screens are added. */
function refundsAfter(payment: Payment, news: News, facts: PaymentFact[], now: Date): Refund[] {
  const told = [...refundsOf(facts).values()];
  let hasChanged = news.newRefund !== undefined;
  const refunds = [...payment.refunds, ...(news.newRefund ? [news.newRefund] : [])].map(
    (refund) => {
      const id = refund._id.toHexString();
      const fact = told.find(
        ({ ownId, reference }) => ownId === id || reference === refund.reference,
      );
      const isUnknown = !fact && refund.status === 'pending' && news.unknownRefunds?.includes(id);
      const status = fact ? statusOf(fact) : isUnknown ? 'unknown' : refund.status;
      const reference = fact?.reference ?? refund.reference;
      if (status === refund.status && reference === refund.reference) return refund;
      hasChanged = true;
      return { ...refund, status, reference };
    },
  );
  for (const fact of told) {
    if (refunds.some(({ reference }) => reference === fact.reference)) continue;
    hasChanged = true;
    refunds.push(foreignRefund(fact, now));
  }
  return hasChanged ? refunds : payment.refunds;
}

function foreignRefund(fact: PaymentFact, at: Date): Refund {
  return {
    _id: new Types.ObjectId(),
    amount: fact.amount ?? 0,
    status: statusOf(fact),
    reference: fact.reference,
    reason: '',
    restock: false,
    by: null,
    at,
  };
}

function statusOf({ kind }: PaymentFact): RefundStatus {
  if (kind === 'refund_succeeded') return 'succeeded';
  return kind === 'refund_failed' ? 'failed' : 'pending';
}

interface Told {
  fresh: PaymentFact[];
  flags: PaymentFlag[];
  to: Payment['status'];
  news: News;
  now: Date;
}

function eventsOf(payment: Payment, { fresh, flags, to, news, now }: Told): PaymentEvent[] {
  const { actor, name } = news;
  const events = fresh.map((fact) => {
    const { kind, amount, reference, message } = fact;
    return newEvent(
      payment,
      { kind: 'fact', name: kind, actor, amount, reference, detail: message, fact },
      now,
    );
  });
  for (const flag of flags) {
    events.push(newEvent(payment, { kind: 'remark', name: flag, actor, detail: name }, now));
  }
  if (to !== payment.status) {
    const move = { kind: 'transition', name, actor, from: payment.status, to } as const;
    events.push(newEvent(payment, move, now));
  }
  return events;
}

function uniqueByKey(facts: PaymentFact[]): PaymentFact[] {
  return [...new Map(facts.map((fact) => [fact.key, fact])).values()];
}
