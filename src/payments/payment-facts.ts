import type { PaymentStatus } from './payment-status.js';
import type { ProviderPayment, ProviderRefund } from './providers/payment-provider.js';

export const FACT_KINDS = [
  'created',
  'requires_action',
  'processing',
  'failed',
  'canceled',
  'succeeded',
  'refund_pending',
  'refund_succeeded',
  'refund_failed',
  'refunded_total',
] as const;
export type FactKind = (typeof FACT_KINDS)[number];

/**
 * One thing that is true of a payment, whoever told it and however often: two reports of it have one
 * `key`. Amounts are integer minor units.
 */
export interface PaymentFact {
  key: string;
  kind: FactKind;
  at: Date;
  /** The try it belongs to, where the provider names tries. */
  attemptId: string | null;
  amount: number | null;
  /** The provider's id of the capture, or of the refund. */
  reference: string | null;
  /** Our id of the refund. */
  ownId: string | null;
  /** Why it failed. */
  code: string;
  message: string;
}

export interface PaymentState {
  status: PaymentStatus;
  captured: number;
  refunded: number;
  /** What refunds are made from. */
  captureId: string | null;
  failure: { code: string; message: string } | null;
}

type Step = 'requires_action' | 'processing' | 'failed';

/** Of one try: the further one counts, whichever was told last. */
const STEPS: readonly Step[] = ['requires_action', 'processing', 'failed'];
const REFUND_STEPS: readonly FactKind[] = ['refund_pending', 'refund_succeeded', 'refund_failed'];
const MAX_MESSAGE = 500;

/** What a provider's view of a payment says, as facts. @param at when it was so, by its clock or ours */
export function factsOf(payment: ProviderPayment, at: Date): PaymentFact[] {
  const { state, attemptId = null, captureId = null, amount, failure, refundedTotal } = payment;
  const facts: PaymentFact[] = [{ ...fact('created', 'created', at), amount }];
  if (isStep(state)) {
    facts.push({
      ...fact(state, `${state}:${attemptId ?? ''}`, at),
      attemptId,
      code: failure?.code ?? '',
      message: (failure?.message ?? '').slice(0, MAX_MESSAGE),
    });
  }
  if (state === 'canceled') facts.push(canceledFact(at));
  if (state === 'succeeded') {
    facts.push({ ...fact('succeeded', 'succeeded', at), amount, attemptId, reference: captureId });
  }
  if (refundedTotal) {
    const key = `refunded_total:${refundedTotal}`;
    facts.push({ ...fact('refunded_total', key, at), amount: refundedTotal, reference: captureId });
  }
  return facts;
}

export function canceledFact(at: Date): PaymentFact {
  return fact('canceled', 'canceled', at);
}

export function factOfRefund(refund: ProviderRefund, at: Date): PaymentFact {
  const { refundId, amount, state, ownId = null } = refund;
  const kind = `refund_${state}` as const;
  return { ...fact(kind, `${kind}:${refundId}`, at), amount, reference: refundId, ownId };
}

/**
 * The state that a set of facts makes, the same in whatever order they were told. Money that was
 * taken outweighs all else; a refund, also one that failed, tells that it was taken before that is told.
 * @param amount what the payment is for, in minor units
 */
export function stateOf(facts: readonly PaymentFact[], amount: number): PaymentState {
  const capture = facts.find(({ kind }) => kind === 'succeeded');
  const refunded = refundedOf(facts);
  const failure = lastFailure(facts);
  if (capture || refunded > 0 || refundsOf(facts).size > 0) {
    const captured = capture?.amount ?? amount;
    const status =
      refunded >= captured ? 'refunded' : refunded > 0 ? 'partially_refunded' : 'succeeded';
    const captureId = capture?.reference ?? totalsOf(facts)[0]?.reference ?? null;
    return { status, captured, refunded, captureId, failure: null };
  }
  const none = { captured: 0, refunded: 0, captureId: null };
  if (facts.some(({ kind }) => kind === 'canceled')) {
    return { ...none, status: 'canceled', failure };
  }
  const step = currentStep(facts);
  const status = step?.kind ?? 'pending';
  return { ...none, status, failure: status === 'failed' ? failure : null };
}

/** A refund's amount and how it stands, by the provider's id of it. */
export function refundsOf(facts: readonly PaymentFact[]): Map<string, PaymentFact> {
  const refunds = new Map<string, PaymentFact>();
  for (const next of facts) {
    if (!REFUND_STEPS.includes(next.kind) || next.reference === null) continue;
    const known = refunds.get(next.reference);
    if (!known || REFUND_STEPS.indexOf(known.kind) < REFUND_STEPS.indexOf(next.kind)) {
      refunds.set(next.reference, { ...next, ownId: next.ownId ?? known?.ownId ?? null });
    }
  }
  return refunds;
}

/**
 * Some events tell the sum of all refunds and not which: it counts as far as it goes beyond the
 * refunds that are known one by one.
 */
function refundedOf(facts: readonly PaymentFact[]): number {
  const refunds = [...refundsOf(facts).values()];
  const known = sum(refunds);
  const succeeded = sum(refunds.filter(({ kind }) => kind === 'refund_succeeded'));
  const total = Math.max(0, ...totalsOf(facts).map(({ amount }) => amount ?? 0));
  return succeeded + Math.max(0, total - known);
}

function totalsOf(facts: readonly PaymentFact[]): PaymentFact[] {
  return facts.filter(({ kind }) => kind === 'refunded_total');
}

/** The furthest step of the newest try; a try is as old as the first that is known of it. */
function currentStep(facts: readonly PaymentFact[]): (PaymentFact & { kind: Step }) | undefined {
  const tries = new Map<string, { since: number; step: PaymentFact & { kind: Step } }>();
  for (const next of facts) {
    if (!isStepFact(next)) continue;
    const known = tries.get(next.attemptId ?? '');
    const isFurther = !known || STEPS.indexOf(known.step.kind) < STEPS.indexOf(next.kind);
    tries.set(next.attemptId ?? '', {
      since: Math.min(known?.since ?? Infinity, next.at.getTime()),
      step: isFurther ? next : known.step,
    });
  }
  const [newest] = [...tries].toSorted(([idA, a], [idB, b]) =>
    a.since === b.since ? (idA < idB ? 1 : -1) : b.since - a.since,
  );
  return newest?.[1].step;
}

function lastFailure(facts: readonly PaymentFact[]): PaymentState['failure'] {
  const failed = facts
    .filter(({ kind }) => kind === 'failed')
    .toSorted((a, b) => b.at.getTime() - a.at.getTime() || (a.key < b.key ? 1 : -1))[0];
  return failed ? { code: failed.code, message: failed.message } : null;
}

function fact(kind: FactKind, key: string, at: Date): PaymentFact {
  return {
    key,
    kind,
    at,
    attemptId: null,
    amount: null,
    reference: null,
    ownId: null,
    code: '',
    message: '',
  };
}

function sum(facts: PaymentFact[]): number {
  return facts.reduce((total, { amount }) => total + (amount ?? 0), 0);
}

function isStep(state: string): state is Step {
  return STEPS.includes(state as Step);
}

/** Whether it tells of a try, and not of money. */
export function isStepFact(known: PaymentFact): known is PaymentFact & { kind: Step } {
  return isStep(known.kind);
}
