import { Types } from 'mongoose';
import type { PaymentEvent } from './payment-event.schema.js';
import type { Actor, PaymentEventKind } from './payment-events.js';
import type { PaymentFact } from './payment-facts.js';
import type { PaymentStatus } from './payment-status.js';
import type { Payment } from './payment.schema.js';

/** A line for the log; amounts in integer minor units. */
export interface NewEvent {
  kind: PaymentEventKind;
  name: string;
  actor: Actor;
  amount?: number | null;
  reference?: string | null;
  from?: PaymentStatus;
  to?: PaymentStatus;
  detail?: string;
  fact?: PaymentFact;
}

const MAX_DETAIL = 500;

export function newEvent(
  { shopId, _id: paymentId }: Pick<Payment, 'shopId' | '_id'>,
  event: NewEvent,
  at: Date,
): PaymentEvent {
  const { kind, name, actor, amount = null, reference = null, detail = '' } = event;
  return {
    _id: new Types.ObjectId(),
    shopId,
    paymentId,
    at,
    kind,
    name,
    actor,
    amount,
    reference,
    from: event.from ?? null,
    to: event.to ?? null,
    detail: detail.slice(0, MAX_DETAIL),
    fact: event.fact ?? null,
  };
}
