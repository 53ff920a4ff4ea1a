import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { Throttle } from '@nestjs/throttler';
import type { CustomerSubject } from '../auth/customer-tokens.service.js';
import { PaymentIntentResponse } from '../payments/dto/payment-intent.response.js';
import { TransferProofDto } from '../payments/dto/transfer-proof.dto.js';
import { AnswersPaymentIntent } from '../payments/payment-intent.interceptor.js';
import { ApiAnswer } from '../platform/http/api-docs.decorators.js';
import { AcceptsPictures } from '../platform/http/json-body.js';
import { Idempotent } from '../platform/idempotency/idempotent.decorator.js';
import { Customer, RequireCustomer } from './customer-access.decorators.js';
import { ConfirmPaymentDto } from '../payments/dto/confirm-payment.dto.js';
import { PayOrderDto } from './dto/pay-order.dto.js';
import { PublicPaymentResponse } from './dto/public-payment.response.js';
import { StorefrontPaymentsService } from './storefront-payments.service.js';

const MINUTE_MS = 60_000;
const PER_MINUTE = 30;
const ORDER = {
  name: 'orderId',
  description: "The order's `id`, not its readable number.",
  example: '6741c0c0a5f2d13b8c9e0005',
};
const BESIDE = { paymentIntent: PaymentIntentResponse };

/** Customers pay their own order, with the token that came with it as Bearer. */
@ApiTags('storefront')
@Controller('api/public/orders/:orderId')
@Throttle({ default: { limit: PER_MINUTE, ttl: MINUTE_MS } })
export class StorefrontPaymentsController {
  constructor(private readonly payments: StorefrontPaymentsService) {}

  @Post('payments')
  @RequireCustomer('order')
  @Idempotent()
  @AnswersPaymentIntent()
  @ApiParam(ORDER)
  @ApiAnswer(PublicPaymentResponse, {
    status: 201,
    beside: BESIDE,
    summary: 'Begin the payment of my order',
    errors: [
      'unauthenticated',
      'already_paid',
      'not_payable',
      'amount_mismatch',
      'amount_not_payable',
      'payment_refused',
      'provider_not_configured',
      'provider_failed',
    ],
  })
  begin(
    @Customer() customer: CustomerSubject,
    @Body() body: PayOrderDto,
  ): Promise<PublicPaymentResponse> {
    return this.payments.begin(customer, body);
  }

  @Post('payments/confirm')
  @HttpCode(200)
  @RequireCustomer('order')
  @Idempotent()
  @AnswersPaymentIntent()
  @ApiParam(ORDER)
  @ApiAnswer(PublicPaymentResponse, {
    beside: BESIDE,
    summary: 'Pay, or hear how far I have come',
    errors: ['unauthenticated', 'payment_refused', 'provider_failed', 'provider_not_configured'],
  })
  confirm(
    @Customer() customer: CustomerSubject,
    @Body() body: ConfirmPaymentDto,
  ): Promise<PublicPaymentResponse> {
    return this.payments.confirm(customer, body);
  }

  @Post('transfer')
  @HttpCode(200)
  @RequireCustomer('order')
  @AcceptsPictures()
  @ApiParam(ORDER)
  @ApiAnswer(PublicPaymentResponse, {
    summary: 'Show the proof of my transfer',
    description: "The bank's number, a picture, or both; the shop then looks whether it has come.",
    errors: ['unauthenticated', 'already_paid', 'not_payable', 'conflict'],
  })
  attach(
    @Customer() customer: CustomerSubject,
    @Body() body: TransferProofDto,
  ): Promise<PublicPaymentResponse> {
    return this.payments.attach(customer, body);
  }
}
