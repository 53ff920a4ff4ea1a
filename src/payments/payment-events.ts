/** Who made something happen: a member, a customer, the provider by itself, or this system. */
export const ACTOR_KINDS = ['member', 'customer', 'provider', 'system'] as const;
export interface Actor {
  kind: (typeof ACTOR_KINDS)[number];
  /** Of a member. */
  userId?: string;
}

export const SYSTEM: Actor = { kind: 'system' };
export const PROVIDER: Actor = { kind: 'provider' };

/**
 * What the log of payments holds: what we asked a provider and what it answered, the webhooks it sent,
 * each fact that became known, each change of status, and what the system remarks.
 */
export const PAYMENT_EVENT_KINDS = [
  'request',
  'answer',
  'webhook',
  'fact',
  'transition',
  'remark',
] as const;
export type PaymentEventKind = (typeof PAYMENT_EVENT_KINDS)[number];

/** What makes somebody look at a payment. */
export const PAYMENT_FLAGS = [
  'amount_mismatch',
  'mode_mismatch',
  'other_payment',
  'duplicate_payment',
  'paid_after_end',
  'duplicate_proof',
] as const;
export type PaymentFlag = (typeof PAYMENT_FLAGS)[number];
