import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import type { Response } from 'express';
import { mergeMap, type Observable } from 'rxjs';
import { Answer } from '../platform/http/answer.js';
import { REPLAYED_HEADER } from '../platform/idempotency/idempotency.interceptor.js';
import { PaymentIntentResponse, type ShownPayment } from './dto/payment-intent.response.js';
import { viewBeside } from './payer-views.js';
import { SYSTEM } from './payment-events.js';
import { isOpen } from './payment-status.js';
import { PaymentsService } from './payments.service.js';
import type { ProviderPayment } from './providers/payment-provider.js';

/** Shows a payment also as `paymentIntent`, where the app reads it, with what only the payer needs. */
@Injectable()
export class PaymentIntentInterceptor implements NestInterceptor {
  constructor(private readonly payments: PaymentsService) {}

  intercept(context: ExecutionContext, next: CallHandler<ShownPayment>): Observable<unknown> {
    return next.handle().pipe(mergeMap((payment) => this.handOver(payment, context)));
  }

  private async handOver(
    payment: ShownPayment,
    context: ExecutionContext,
  ): Promise<Answer<ShownPayment>> {
    const isReplay = context.switchToHttp().getResponse<Response>().hasHeader(REPLAYED_HEADER);
    const view = isReplay ? await this.askAgain(payment) : viewBeside(payment);
    const data = {
      ...payment,
      clientSecret: view?.clientSecret ?? null,
      approveUrl: view?.approveUrl ?? null,
    };
    return new Answer(data, { paymentIntent: PaymentIntentResponse.of(data) });
  }

  /** An answer that is repeated under an idempotency key holds no secret: the provider gives it anew. */
  private async askAgain({
    shopId,
    id,
    provider,
    status,
  }: ShownPayment): Promise<ProviderPayment | undefined> {
    if (provider === 'transfer' || !isOpen(status)) return undefined;
    const payment = await this.payments.get(shopId, id);
    return (await this.payments.refresh(payment, SYSTEM)).view;
  }
}

/**
 * Answers `data` and `paymentIntent`. Stands below `@Idempotent()`, so that what is remembered under a
 * key holds no client secret.
 */
export function AnswersPaymentIntent(): MethodDecorator {
  return UseInterceptors(PaymentIntentInterceptor);
}
