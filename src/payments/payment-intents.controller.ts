import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiAnswer } from '../platform/http/api-docs.decorators.js';
import { Idempotent } from '../platform/idempotency/idempotent.decorator.js';
import { OperationId } from '../platform/idempotency/operation-id.decorator.js';
import { MemberId, RequirePermission, ShopId } from '../shops/shop-access.decorators.js';
import { ConfirmPaymentDto } from './dto/confirm-payment.dto.js';
import { CreatePaymentDto } from './dto/create-payment.dto.js';
import { PaymentIntentResponse } from './dto/payment-intent.response.js';
import { PaymentResponse } from './dto/payment.response.js';
import { RefundPaymentDto } from './dto/refund-payment.dto.js';
import { besideOf } from './payer-views.js';
import { AnswersPaymentIntent } from './payment-intent.interceptor.js';
import { PaymentsService } from './payments.service.js';
import { RefundsService } from './refunds.service.js';

const BESIDE = { paymentIntent: PaymentIntentResponse };
const ID = {
  name: 'paymentId',
  description: "The payment's id, ours or the provider's.",
  example: '6741c0c0a5f2d13b8c9e0008',
};

/**
 * What is done with one payment. The app's payment service names no shop: there it follows from the
 * order or the payment, and the same membership is checked.
 */
@ApiTags('payments')
@Controller(['api/shops/:shopId/payments', 'api/payments'])
export class PaymentIntentsController {
  constructor(
    private readonly payments: PaymentsService,
    private readonly refunds: RefundsService,
  ) {}

  @Post('intent')
  @RequirePermission('payments:write', 'order')
  @Idempotent()
  @AnswersPaymentIntent()
  @ApiAnswer(PaymentResponse, {
    status: 201,
    beside: BESIDE,
    summary: 'Begin the payment of an order',
    description:
      "What is paid is the order's total in its currency. Begun twice by one provider, it is the " +
      'same payment. The sandbox behaves by the amount: one that ends in .01 is declined, in .02 ' +
      'needs a second confirm, in .03 settles after some seconds.',
    errors: [
      'already_paid',
      'not_payable',
      'amount_mismatch',
      'amount_not_payable',
      'payment_refused',
      'provider_not_configured',
      'provider_failed',
    ],
  })
  async begin(
    @ShopId() shopId: string,
    @MemberId() userId: string,
    @Body() body: CreatePaymentDto,
  ): Promise<PaymentResponse> {
    const { payment, view } = await this.payments.begin(shopId, body, { kind: 'member', userId });
    return besideOf(PaymentResponse.from(payment), view);
  }

  @Post('confirm')
  @HttpCode(200)
  @RequirePermission('payments:write', 'payment')
  @Idempotent()
  @AnswersPaymentIntent()
  @ApiAnswer(PaymentResponse, {
    beside: BESIDE,
    summary: 'Take the money, or hear how far the payer has come',
    description: 'A declined card is an answer: `status` is failed and `failure` says why.',
    errors: ['payment_refused', 'provider_failed', 'provider_not_configured'],
  })
  async confirm(
    @ShopId() shopId: string,
    @MemberId() userId: string,
    @Body() body: ConfirmPaymentDto,
  ): Promise<PaymentResponse> {
    const { payment, view } = await this.payments.confirm(shopId, body, { kind: 'member', userId });
    return besideOf(PaymentResponse.from(payment), view);
  }

  @Get(':paymentId')
  @RequirePermission('payments:read', 'payment')
  @AnswersPaymentIntent()
  @ApiParam(ID)
  @ApiAnswer(PaymentResponse, { beside: BESIDE, summary: 'One payment' })
  async get(@ShopId() shopId: string, @Param('paymentId') id: string): Promise<PaymentResponse> {
    return PaymentResponse.from(await this.payments.get(shopId, id));
  }

  @Post(':paymentId/cancel')
  @HttpCode(200)
  @RequirePermission('payments:write', 'payment')
  @AnswersPaymentIntent()
  @ApiParam(ID)
  @ApiAnswer(PaymentResponse, {
    beside: BESIDE,
    summary: 'Cancel a payment that was not made',
    errors: ['conflict', 'payment_refused', 'provider_failed'],
  })
  async cancel(
    @ShopId() shopId: string,
    @MemberId() userId: string,
    @Param('paymentId') id: string,
  ): Promise<PaymentResponse> {
    const { payment } = await this.payments.cancel(shopId, id, { kind: 'member', userId });
    return PaymentResponse.from(payment);
  }

  @Post(':paymentId/refund')
  @HttpCode(200)
  @RequirePermission('payments:refund', 'payment')
  @Idempotent()
  @AnswersPaymentIntent()
  @ApiParam(ID)
  @ApiAnswer(PaymentResponse, {
    beside: BESIDE,
    summary: 'Give the money back, all or in part',
    description:
      'Never more than was taken. Where the provider does not answer, the refund is `unknown` ' +
      'and is asked for again, with the same key, until it is known.',
    errors: ['not_refundable', 'payment_refused', 'conflict'],
  })
  async refund(
    @ShopId() shopId: string,
    @MemberId() userId: string,
    @Param('paymentId') id: string,
    @Body() body: RefundPaymentDto,
    @OperationId() operationId: string | undefined,
  ): Promise<PaymentResponse> {
    const asked = { actor: { kind: 'member', userId }, operationId } as const;
    return PaymentResponse.from(await this.refunds.refund(shopId, id, body, asked));
  }
}
