import type { Env } from './env.js';
import { list, withoutSlash } from './values.js';

export interface StripeSettings {
  secretKey: string;
  /** The current one and, while it is being changed, the one before; empty: no webhook is believed. */
  webhookSecrets: string[];
  /** Without a slash at its end. */
  apiBase: string;
}

export interface PaypalSettings {
  clientId: string;
  clientSecret: string;
  /** Undefined: no webhook is believed. */
  webhookId?: string;
  /** Without a slash at its end. */
  apiBase: string;
}

/** Undefined without its key. */
export function stripeSettings(env: Env): StripeSettings | undefined {
  if (!env.STRIPE_SECRET_KEY) return undefined;
  return {
    secretKey: env.STRIPE_SECRET_KEY,
    webhookSecrets: list(env.STRIPE_WEBHOOK_SECRET),
    apiBase: withoutSlash(env.STRIPE_API_BASE ?? 'https://api.stripe.com'),
  };
}

/** Undefined without its client. */
export function paypalSettings(env: Env): PaypalSettings | undefined {
  const { PAYPAL_CLIENT_ID: clientId, PAYPAL_CLIENT_SECRET: clientSecret } = env;
  if (!clientId || !clientSecret) return undefined;
  return {
    clientId,
    clientSecret,
    webhookId: env.PAYPAL_WEBHOOK_ID,
    apiBase: withoutSlash(env.PAYPAL_API_BASE ?? paypalHost(env)),
  };
}

function paypalHost({ NODE_ENV }: Env): string {
  return NODE_ENV === 'production'
    ? 'https://api-m.paypal.com'
    : 'https://api-m.sandbox.paypal.com';
}
