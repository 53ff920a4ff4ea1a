import { ProviderRefusal } from './payment-provider.js';
import { type Json, objectsOf, textOf } from './paypal-reading.js';

const UNKNOWN_RESOURCE = 'PayPal does not know this payment: begin a new one.';

/** By PayPal's issue, where what the caller can do is known. */
const SENTENCES: Record<string, string> = {
  INSTRUMENT_DECLINED: 'The bank or the card declined it: choose another way to pay at PayPal.',
  ORDER_NOT_APPROVED: 'The payer has not approved this payment yet: approve it at PayPal first.',
  PAYER_ACTION_REQUIRED: 'PayPal asks the payer for one more step: go back to PayPal.',
  ORDER_ALREADY_CAPTURED: 'This payment has been taken already.',
  DUPLICATE_INVOICE_ID: 'PayPal has taken a payment of this number before: look there for it.',
  CAPTURE_FULLY_REFUNDED: 'All of this payment was refunded before: nothing is left to refund.',
  REFUND_AMOUNT_EXCEEDED: 'This is more than what is left of the payment: refund less.',
  RESOURCE_NOT_FOUND: UNKNOWN_RESOURCE,
  INVALID_RESOURCE_ID: UNKNOWN_RESOURCE,
};

const CODE = /^[A-Za-z0-9_.-]{1,80}$/;

/** PayPal's own no, with what its error carries beside the code. */
export class PaypalRefusal extends ProviderRefusal {
  constructor(
    code: string,
    message: string,
    /** Where it sends the payer, in the shape of its other links. */
    readonly links?: unknown,
  ) {
    super(code, message);
  }

  /** Of an error in PayPal's shape: `{name, message, debug_id, details?[{issue}], links?}`. */
  static from({ name, debug_id, details, links }: Json): PaypalRefusal {
    const code = codeOf(objectsOf(details)[0]?.['issue']) ?? codeOf(name) ?? 'refused';
    const trace = codeOf(debug_id);
    const cause = trace ? `${code}, debug id ${trace}` : code;
    const sentence = SENTENCES[code] ?? `PayPal refused it (${cause}): try another way to pay.`;
    return new PaypalRefusal(code, sentence, links);
  }

  /** For the operator: the account is wrong, not the payment. Names no secret. */
  static ofCredentials(status: number): PaypalRefusal {
    const sentence =
      status === 403
        ? 'PayPal does not allow this to our account: its operator must enable it there.'
        : 'PayPal does not know our account: the operator must check PAYPAL_CLIENT_ID and PAYPAL_CLIENT_SECRET.';
    return new PaypalRefusal(NOT_AUTHORIZED, sentence);
  }
}

/** The code of a refusal that says nothing about the payment itself. */
export const NOT_AUTHORIZED = 'not_authorized';

function codeOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text && CODE.test(text) ? text : undefined;
}
