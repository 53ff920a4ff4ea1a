/** Whoever moves the money. `transfer` is the customer's own bank: the shop looks whether it came. */
export const PROVIDER_NAMES = ['stripe', 'paypal', 'sandbox', 'transfer'] as const;
export type ProviderName = (typeof PROVIDER_NAMES)[number];

/** Those that take payments by themselves. */
export type OnlineProviderName = Exclude<ProviderName, 'transfer'>;

/** How a refund stands at the provider. */
export const REFUND_STATES = ['pending', 'succeeded', 'failed'] as const;
export type RefundState = (typeof REFUND_STATES)[number];

/** Amounts here and below are integer minor units of their currency, as `platform/money` has them. */
export interface ProviderRefund {
  /** The provider's id of it. */
  refundId: string;
  amount: number;
  /** Of what the provider tells: ISO 4217, upper case. */
  currency?: string;
  state: RefundState;
  /** Ours, where the provider keeps it. */
  ownId?: string;
}

/**
 * How a payment stands at its provider: `pending` waits for the payer to begin, `requires_action`
 * for something that they must do or approve, `failed` for another try of theirs.
 */
export const PROVIDER_STATES = [
  'pending',
  'requires_action',
  'processing',
  'failed',
  'succeeded',
  'canceled',
] as const;
export type ProviderState = (typeof PROVIDER_STATES)[number];

/** A payment as its provider tells of it, now or in an event. */
export interface ProviderPayment {
  /** The provider's id of it, such as `pi_...`. */
  providerId: string;
  state: ProviderState;
  amount: number;
  /** ISO 4217, upper case. */
  currency: string;
  /** Whether real money moves. */
  isLive: boolean;
  /** The try it tells of, such as a charge or a capture: two reports of one try bear one id. */
  attemptId?: string;
  /** What a refund is made from, once the money is taken. */
  captureId?: string;
  /** Ours, as it was given at its creation. */
  paymentId?: string;
  /** Why a try failed: the provider's code and a sentence for the payer. */
  failure?: { code: string; message: string };
  /** For the payer alone: neither logged nor stored. */
  clientSecret?: string;
  /** Where the payer approves it. */
  approveUrl?: string;
  /** All that has been given back so far, where the provider tells the sum only. */
  refundedTotal?: number;
}

export interface NewProviderPayment {
  /** Ours; kept by the provider and told in its events. */
  paymentId: string;
  shopId: string;
  /** Readable, for the provider's own screens. */
  orderNumber: string;
  amount: number;
  currency: string;
  idempotencyKey: string;
  /** Where the payer comes back to from the provider's pages. */
  returnUrl: string;
}

export interface NewProviderRefund {
  /** Ours. */
  refundId: string;
  providerId: string;
  captureId?: string;
  amount: number;
  currency: string;
  reason: string;
  idempotencyKey: string;
}

/** A webhook whose signature is right. What it tells of is undefined where it concerns no payment. */
export interface ProviderEvent {
  /** Unique at the provider. */
  id: string;
  type: string;
  isLive: boolean;
  occurredAt: Date;
  /** The payment it is about: by the provider's id, that of its capture, or ours. */
  providerId?: string;
  captureId?: string;
  paymentId?: string;
  payment?: ProviderPayment;
  refund?: ProviderRefund;
  /** The payer has approved: the money is to be taken now, with `confirm`. */
  isApproval?: boolean;
}

/**
 * One way to take money. Every call ends within its time-out.
 *
 * Failures are told by what is known of the outcome: `ProviderRefusal` when the provider has said no,
 * so nothing moved; `ProviderUnknown` when it may or may not have done it (time-out, broken
 * connection, 5xx): the same call with the same key tells later.
 */
export interface PaymentProvider {
  readonly name: OnlineProviderName;
  /** Whether its account moves real money. */
  readonly isLive: boolean;

  /** Which currencies and amounts it takes. @throws AppError 422 `amount_not_payable` saying why */
  requirePayable(amount: number, currency: string): void;
  create(payment: NewProviderPayment): Promise<ProviderPayment>;
  /** Tries to take the money; of what is taken already it tells just that. */
  confirm(
    providerId: string,
    options: { paymentMethodId?: string; returnUrl: string; idempotencyKey: string },
  ): Promise<ProviderPayment>;
  retrieve(providerId: string): Promise<ProviderPayment>;
  /** What cannot be cancelled any more is told as it is, without an error. */
  cancel(providerId: string, idempotencyKey: string): Promise<ProviderPayment>;
  refund(refund: NewProviderRefund): Promise<ProviderRefund>;
  retrieveRefund(refundId: string): Promise<ProviderRefund>;
  /**
   * Proves that a webhook is the provider's; without its secret none is.
   * @param body the very bytes that came
   * @throws AppError 400 `invalid_signature`
   */
  verifyWebhook(
    body: Buffer,
    headers: Record<string, string | string[] | undefined>,
  ): Promise<void>;
  /** Reads an event that was proved before, from its stored text. */
  readEvent(body: string): ProviderEvent;
}

/** The provider said no: nothing has moved. */
export class ProviderRefusal extends Error {
  override readonly name = 'ProviderRefusal';

  constructor(
    readonly code: string,
    message: string,
    /** How the payment stands after it, where the provider says so. */
    readonly payment?: ProviderPayment,
  ) {
    super(message);
  }
}

/** Nobody knows whether the provider did it: ask again with the same key. */
export class ProviderUnknown extends Error {
  override readonly name = 'ProviderUnknown';
}
