import { Injectable } from '@nestjs/common';
import { AppError } from '../../platform/http/app-error.js';
import type { OnlineProviderName, PaymentProvider } from './payment-provider.js';
import { PaypalProvider } from './paypal.provider.js';
import { SandboxProvider } from './sandbox.provider.js';
import { StripeProvider } from './stripe.provider.js';

/** The providers, and which of them is taken when nobody names one. */
@Injectable()
export class PaymentProvidersService {
  private readonly inOrder: (PaymentProvider & { isConfigured: boolean })[];

  constructor(stripe: StripeProvider, paypal: PaypalProvider, sandbox: SandboxProvider) {
    this.inOrder = [stripe, paypal, sandbox];
  }

  get(name: OnlineProviderName): PaymentProvider {
    return this.inOrder.find((provider) => provider.name === name)!;
  }

  /** @throws AppError `provider_not_configured` where there is none */
  first(): PaymentProvider {
    const provider = this.inOrder.find(({ isConfigured }) => isConfigured);
    if (provider) return provider;
    throw new AppError(
      'provider_not_configured',
      'No payments are set up here: set STRIPE_SECRET_KEY, or PAYPAL_CLIENT_ID and PAYPAL_CLIENT_SECRET.',
    );
  }
}
