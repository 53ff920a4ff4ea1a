import type Stripe from 'stripe';
import { ProviderRefusal, ProviderUnknown } from './payment-provider.js';
import { failureOf, readPaymentIntent } from './stripe-reading.js';

/** Keys and client secrets, as far as Stripe shows them. */
const SECRETS = /\b(?:[sr]k|whsec)_[\w*]+|\w+_secret_\w+/g;

/** What the operator must do, where it is not the payer's affair. */
const FOR_OPERATORS: Record<string, string> = {
  StripeAuthenticationError:
    'Stripe does not accept the key of this server: its operator must check STRIPE_SECRET_KEY.',
  StripePermissionError:
    'Stripe does not allow the key of this server to do this: its operator must give it the right to payments and refunds.',
};

/** Nothing moved, says each of these. docs.stripe.com/error-handling */
const REFUSALS = ['StripeInvalidRequestError', 'StripeIdempotencyError'];

/**
 * A failure of the SDK as what is known of the outcome. Stripe's own error is not kept in it: it
 * carries the payment with its client secret.
 * @param errors of the SDK that threw it
 */
export function toProviderError(
  error: unknown,
  errors: typeof Stripe.errors,
): ProviderRefusal | ProviderUnknown {
  if (!(error instanceof errors.StripeError)) {
    return new ProviderUnknown(`Stripe's answer could not be read (${nameOf(error)}).`);
  }
  const { type, code = '', statusCode, requestId = '', payment_intent: intent } = error;
  const { clientSecret: _, ...payment } = readPaymentIntent(intent) ?? { providerId: '' };
  const known = 'state' in payment ? payment : undefined;
  if (error instanceof errors.StripeCardError) {
    const failure = known?.failure ?? failureOf(error);
    return new ProviderRefusal(failure.code, failure.message, known);
  }
  const forOperators = FOR_OPERATORS[type];
  if (forOperators) return new ProviderRefusal(code || 'provider_setup', forOperators);
  if (REFUSALS.includes(type)) {
    const sentence = `Stripe refuses it: ${error.message.replace(SECRETS, '[redacted]')}`;
    return new ProviderRefusal(code || 'invalid_request', sentence, known);
  }
  const details = [type, statusCode, code, requestId].filter(Boolean).join(', ');
  return new ProviderUnknown(`Stripe did not tell what came of it (${details}).`);
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
