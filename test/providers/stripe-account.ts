import { randomBytes } from 'node:crypto';

/** A JSON object as the protocol has it; `any` as answers are read in tests. */
export type StripeObject = Record<string, any>;
/** Form parameters, nested ones by their names in brackets: `metadata[paymentId]`. */
export type Params = Record<string, string>;

/** An answer that is an error; `stored` when it was found while the request was executed. */
export class StripeFailure extends Error {
  constructor(
    readonly status: number,
    readonly error: StripeObject,
    readonly isStored = false,
  ) {
    super(String(error['message']));
  }
}

const CANCELABLE = [
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
  'requires_capture',
];
const CONFIRMABLE = ['requires_payment_method', 'requires_confirmation', 'requires_action'];
const FINAL = ['succeeded', 'canceled'];
const THREE_DECIMAL = ['bhd', 'jod', 'kwd', 'omr', 'tnd'];
const PADDED = ['isk', 'ugx'];
const CANCEL_REASONS = ['duplicate', 'fraudulent', 'requested_by_customer', 'abandoned'];
const REFUND_REASONS = CANCEL_REASONS.slice(0, 3);

/** What one account holds, by the rules of docs.stripe.com/api. */
export class StripeAccount {
  readonly intents = new Map<string, StripeObject>();
  readonly charges = new Map<string, StripeObject>();
  readonly refunds = new Map<string, StripeObject>();
  /** How refunds begin from now on. */
  refundsStart: 'succeeded' | 'pending' = 'succeeded';

  createIntent(params: Params): StripeObject {
    allow(
      params,
      /^(amount|currency|description|metadata\[\w+\]|automatic_payment_methods\[enabled\])$/,
    );
    const currency = params['currency'] ?? '';
    if (!/^[a-z]{3}$/.test(currency)) throw invalid('Invalid currency: lower case.', 'currency');
    const amount = amountOf(params['amount'], currency);
    if (currency === 'usd' && amount < 50) {
      throw invalid('Amount must be at least $0.50 usd', 'amount', 'amount_too_small');
    }
    if (params['automatic_payment_methods[enabled]'] !== 'true') {
      throw invalid('Only automatic payment methods.', 'automatic_payment_methods');
    }
    const id = newId('pi');
    const intent = {
      id,
      object: 'payment_intent',
      amount,
      amount_received: 0,
      automatic_payment_methods: { allow_redirects: 'always', enabled: true },
      cancellation_reason: null,
      capture_method: 'automatic_async',
      client_secret: `${id}_secret_${randomBytes(12).toString('hex')}`,
      created: seconds(),
      currency,
      description: params['description'] ?? null,
      last_payment_error: null,
      latest_charge: null,
      livemode: false,
      metadata: metadataOf(params),
      next_action: null,
      payment_method: null,
      status: 'requires_payment_method',
    };
    this.intents.set(id, intent);
    return intent;
  }

  confirm(intent: StripeObject, params: Params): StripeObject {
    allow(params, /^(payment_method|return_url)$/);
    if (!CONFIRMABLE.includes(intent['status'])) throw unexpectedState(intent, 'confirm');
    const { payment_method: method, return_url: returnUrl } = params;
    if (!method) throw invalid('You cannot confirm it: a payment method is missing.');
    if (!/^https?:\/\/\S+$/.test(returnUrl ?? '')) {
      throw invalid('To confirm this PaymentIntent you must provide a `return_url`.', 'return_url');
    }
    return this.attempt(intent, method, returnUrl);
  }

  cancel(intent: StripeObject, params: Params): StripeObject {
    allow(params, /^cancellation_reason$/);
    const { cancellation_reason: reason = null } = params;
    if (reason !== null && !CANCEL_REASONS.includes(reason)) {
      throw invalid('Invalid cancellation_reason', 'cancellation_reason');
    }
    if (!CANCELABLE.includes(intent['status'])) throw unexpectedState(intent, 'cancel');
    const canceled = { status: 'canceled', canceled_at: seconds(), cancellation_reason: reason };
    return Object.assign(intent, canceled, { next_action: null });
  }

  createRefund(params: Params): StripeObject {
    allow(params, /^(payment_intent|amount|reason|metadata\[\w+\])$/);
    const { payment_intent: intentId = '', amount: asked, reason = null } = params;
    const intent = this.intents.get(intentId);
    if (!intent) throw missing('payment_intent', intentId);
    if (reason !== null && !REFUND_REASONS.includes(reason))
      throw invalid('Invalid reason', 'reason');
    const charge = this.charges.get(intent['latest_charge'] ?? '');
    if (charge?.['status'] !== 'succeeded') {
      throw invalid(
        `This PaymentIntent (${intentId}) does not have a successful charge to refund.`,
      );
    }
    const left = charge['amount'] - charge['amount_refunded'];
    if (left === 0) {
      const sentence = `Charge ${charge['id']} has already been refunded.`;
      throw invalid(sentence, undefined, 'charge_already_refunded');
    }
    const amount = asked === undefined ? left : amountOf(asked, charge['currency']);
    if (amount > left) {
      const sentence = `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`;
      throw invalid(sentence, 'amount');
    }
    charge['amount_refunded'] += amount;
    charge['refunded'] = charge['amount_refunded'] === charge['amount'];
    const refund = {
      id: newId('re'),
      object: 'refund',
      amount,
      charge: charge['id'],
      created: seconds(),
      currency: charge['currency'],
      metadata: metadataOf(params),
      payment_intent: intentId,
      reason,
      status: this.refundsStart,
    };
    this.refunds.set(refund.id, refund);
    return refund;
  }

  /** What becomes of a refund that was pending. */
  finishRefund(id: string, status: 'succeeded' | 'failed'): StripeObject {
    const refund = this.refunds.get(id)!;
    if (refund['status'] !== 'pending') throw new Error(`${id} is ${refund['status']}`);
    if (status === 'failed') {
      const charge = this.charges.get(refund['charge'])!;
      charge['amount_refunded'] -= refund['amount'];
      charge['refunded'] = false;
    }
    return Object.assign(refund, { status });
  }

  /** What becomes of a payment that waits for the payer or for a bank. */
  finish(intent: StripeObject, status: 'succeeded' | 'failed'): StripeObject {
    if (FINAL.includes(intent['status'])) throw new Error(`it is ${intent['status']} already`);
    if (status === 'succeeded') return this.succeed(intent);
    // Who does not pass the bank's question is not charged.
    const isRefusedAction = intent['status'] === 'requires_action';
    return isRefusedAction
      ? fail(intent, {
          code: 'payment_intent_authentication_failure',
          message: 'The provided PaymentMethod has failed authentication.',
        })
      : this.decline(intent);
  }

  /** One try with one of Stripe's test cards. */
  attempt(intent: StripeObject, method: string, returnUrl = 'https://shop.example'): StripeObject {
    const tried = { payment_method: newId('pm'), next_action: null, last_payment_error: null };
    if (method === 'pm_card_visa') return this.succeed(Object.assign(intent, tried));
    if (method === 'pm_card_chargeDeclined') {
      this.decline(Object.assign(intent, tried));
      const error = { ...intent['last_payment_error'], payment_intent: { ...intent } };
      throw new StripeFailure(402, error, true);
    }
    if (method === 'pm_card_authenticationRequired') {
      const url = `https://hooks.stripe.com/3d_secure_2/${intent['id']}`;
      const next = { type: 'redirect_to_url', redirect_to_url: { url, return_url: returnUrl } };
      return Object.assign(intent, tried, { status: 'requires_action', next_action: next });
    }
    if (method === 'pm_processing') {
      const { id } = this.charge(intent, 'pending');
      return Object.assign(intent, tried, { status: 'processing', latest_charge: id });
    }
    throw missing('PaymentMethod', method);
  }

  private succeed(intent: StripeObject): StripeObject {
    const { id } = this.charge(intent, 'succeeded');
    const { amount } = intent;
    const done = { status: 'succeeded', amount_received: amount, latest_charge: id };
    return Object.assign(intent, done, { next_action: null, last_payment_error: null });
  }

  private decline(intent: StripeObject): StripeObject {
    const { id } = this.charge(intent, 'failed');
    return fail(Object.assign(intent, { latest_charge: id }), {
      code: 'card_declined',
      decline_code: 'generic_decline',
      message: 'Your card was declined.',
      charge: id,
    });
  }

  /** The charge of the present try, begun or brought further. */
  private charge(intent: StripeObject, status: string): StripeObject {
    const { id: intentId, amount, currency, metadata, latest_charge: latest } = intent;
    const open = this.charges.get(latest ?? '');
    const isSame = open?.['status'] === 'pending';
    const charge: StripeObject = isSame
      ? open
      : {
          id: newId('ch'),
          object: 'charge',
          amount,
          amount_refunded: 0,
          created: seconds(),
          currency,
          livemode: false,
          metadata: { ...metadata },
          payment_intent: intentId,
          refunded: false,
        };
    const isTaken = status === 'succeeded';
    const taken = { captured: isTaken, paid: isTaken, amount_captured: isTaken ? amount : 0 };
    this.charges.set(charge['id'], Object.assign(charge, taken, { status }));
    return charge;
  }
}

export function missing(what: string, id: string): StripeFailure {
  const message = `No such ${what}: '${id}'`;
  const code = 'resource_missing';
  return new StripeFailure(404, { type: 'invalid_request_error', code, message, param: 'intent' });
}

export function invalid(message: string, param?: string, code?: string): StripeFailure {
  return new StripeFailure(400, { type: 'invalid_request_error', code, message, param });
}

function unexpectedState(intent: StripeObject, action: string): StripeFailure {
  const message = `You cannot ${action} this PaymentIntent because it has a status of ${intent['status']}.`;
  const code = 'payment_intent_unexpected_state';
  const error = { type: 'invalid_request_error', code, message, payment_intent: { ...intent } };
  return new StripeFailure(400, error, true);
}

function fail(intent: StripeObject, error: StripeObject): StripeObject {
  const { payment_method: id } = intent;
  const last_payment_error = {
    type: 'card_error',
    ...error,
    payment_method: { id, object: 'payment_method', type: 'card' },
  };
  const status = 'requires_payment_method';
  return Object.assign(intent, {
    status,
    last_payment_error,
    next_action: null,
    payment_method: null,
  });
}

function amountOf(text: string | undefined, currency: string): number {
  if (!/^[1-9]\d{0,7}$/.test(text ?? '')) throw invalid('Invalid integer: amount', 'amount');
  const amount = Number(text);
  const step = PADDED.includes(currency) ? 100 : THREE_DECIMAL.includes(currency) ? 10 : 1;
  if (amount % step !== 0) throw invalid(`${currency} amounts must end in zeros`, 'amount');
  return amount;
}

function metadataOf(params: Params): StripeObject {
  return Object.fromEntries(
    Object.entries(params).flatMap(([name, value]) => {
      const key = /^metadata\[(\w+)\]$/.exec(name)?.[1];
      return key ? [[key, value]] : [];
    }),
  );
}

function allow(params: Params, names: RegExp): void {
  const unknown = Object.keys(params).find((name) => !names.test(name));
  if (unknown) {
    throw invalid(`Received unknown parameter: ${unknown}`, unknown, 'parameter_unknown');
  }
}

function newId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString('hex')}`;
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
