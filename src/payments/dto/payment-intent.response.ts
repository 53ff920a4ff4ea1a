import { ApiProperty } from '@nestjs/swagger';
import { INTENT_STATUSES, type IntentStatus, intentStatus } from '../payment-status.js';
import type { PaymentResponse } from './payment.response.js';

/** What every answer with a payment shows of it, to whomever. */
export type ShownPayment = Pick<
  PaymentResponse,
  'id' | 'shopId' | 'provider' | 'providerId' | 'amount' | 'currency' | 'status' | 'clientSecret'
>;

/** A payment in the words of the app's payment service. */
export class PaymentIntentResponse {
  @ApiProperty({
    description: "The provider's id, or ours until there is one; either finds the payment.",
    example: 'pi_3QOZ0c2eZvKYlo2C1a2b3c4d',
  })
  id: string;

  @ApiProperty({ type: String, nullable: true, example: null })
  clientSecret: string | null;

  @ApiProperty({ example: 39.98 })
  amount: number;

  @ApiProperty({ example: 'USD' })
  currency: string;

  @ApiProperty({ enum: INTENT_STATUSES, example: 'pending' })
  status: IntentStatus;

  static of(payment: ShownPayment): PaymentIntentResponse {
    return {
      id: payment.providerId ?? payment.id,
      clientSecret: payment.clientSecret ?? null,
      amount: payment.amount,
      currency: payment.currency,
      status: intentStatus(payment.status),
    };
  }
}
