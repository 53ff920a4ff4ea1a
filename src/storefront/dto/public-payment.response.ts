import { PickType } from '@nestjs/swagger';
import type { Payment } from '../../payments/payment.schema.js';
import { PaymentResponse } from '../../payments/dto/payment.response.js';

/** A payment as the customer sees it: nothing of what the team looks at. */
export class PublicPaymentResponse extends PickType(PaymentResponse, [
  'id',
  'shopId',
  'orderId',
  'orderNumber',
  'provider',
  'providerId',
  'amount',
  'currency',
  'status',
  'capturedAmount',
  'refundedAmount',
  'failure',
  'clientSecret',
  'approveUrl',
  'createdAt',
  'updatedAt',
]) {
  static of(payment: Payment): PublicPaymentResponse {
    const whole = PaymentResponse.from(payment);
    return {
      id: whole.id,
      shopId: whole.shopId,
      orderId: whole.orderId,
      orderNumber: whole.orderNumber,
      provider: whole.provider,
      providerId: whole.providerId,
      amount: whole.amount,
      currency: whole.currency,
      status: whole.status,
      capturedAmount: whole.capturedAmount,
      refundedAmount: whole.refundedAmount,
      failure: whole.failure,
      createdAt: whole.createdAt,
      updatedAt: whole.updatedAt,
    };
  }
}
