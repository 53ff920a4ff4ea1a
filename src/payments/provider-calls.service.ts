import { Injectable, Logger } from '@nestjs/common';
import { AppError } from '../platform/http/app-error.js';
import type { Actor } from './payment-events.js';
import { PaymentLogService } from './payment-log.service.js';
import type { Payment } from './payment.schema.js';
import {
  type PaymentProvider,
  type ProviderPayment,
  type ProviderRefund,
  ProviderRefusal,
  ProviderUnknown,
} from './providers/payment-provider.js';
import { PaymentProvidersService } from './providers/payment-providers.service.js';

/** A call at a provider: what is done, by whom, and its part of the money in minor units. */
export interface ProviderCall {
  name: 'create' | 'confirm' | 'retrieve' | 'cancel' | 'refund' | 'retrieve_refund';
  actor: Actor;
  amount?: number;
  /** The key that makes a repeated call the same call. */
  key?: string;
}

/** Calls providers, and writes into the log what was asked and what was answered. */
@Injectable()
export class ProviderCallsService {
  private readonly logger = new Logger(ProviderCallsService.name);

  constructor(
    private readonly providers: PaymentProvidersService,
    private readonly log: PaymentLogService,
  ) {}

  /** @throws ProviderRefusal or ProviderUnknown, as the provider's own call */
  async run<T extends ProviderPayment | ProviderRefund>(
    payment: Payment,
    { name, actor, amount, key = '' }: ProviderCall,
    call: (provider: PaymentProvider) => Promise<T>,
  ): Promise<T> {
    if (payment.provider === 'transfer') throw new Error('a transfer has no provider to call');
    const provider = this.providers.get(payment.provider);
    const about = { name, actor, amount, reference: payment.providerId };
    await this.log.append(payment, { ...about, kind: 'request', detail: key });
    try {
      const answer = await call(provider);
      const reference = 'refundId' in answer ? answer.refundId : answer.providerId;
      await this.log.append(payment, { ...about, kind: 'answer', reference, detail: answer.state });
      return answer;
    } catch (error) {
      const detail = error instanceof ProviderRefusal ? error.code : String(error);
      await this.log.append(payment, { ...about, kind: 'answer', detail });
      this.logger.warn({ msg: 'payment provider', provider: payment.provider, call: name, detail });
      throw error;
    }
  }
}

/** What a caller hears of a provider's failure; anything else stays as it is. */
export function toPayerError(error: unknown, provider: string): unknown {
  if (error instanceof ProviderRefusal) return new AppError('payment_refused', error.message);
  if (!(error instanceof ProviderUnknown)) return error;
  return new AppError(
    'provider_failed',
    `${provider} did not answer as it should: try again, nothing is paid twice.`,
  );
}
