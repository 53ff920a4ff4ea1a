import { Injectable } from '@nestjs/common';
import type { CustomerSubject } from '../auth/customer-tokens.service.js';
import type { ConfirmPaymentDto } from '../payments/dto/confirm-payment.dto.js';
import type { TransferProofDto } from '../payments/dto/transfer-proof.dto.js';
import { besideOf } from '../payments/payer-views.js';
import type { Actor } from '../payments/payment-events.js';
import { PaymentsService, type SeenPayment } from '../payments/payments.service.js';
import { TransfersService } from '../payments/transfers.service.js';
import { AppError } from '../platform/http/app-error.js';
import type { PayOrderDto } from './dto/pay-order.dto.js';
import { PublicPaymentResponse } from './dto/public-payment.response.js';

const CUSTOMER: Actor = { kind: 'customer' };

/** What customers do about the payment of their own order, and of no other. */
@Injectable()
export class StorefrontPaymentsService {
  constructor(
    private readonly payments: PaymentsService,
    private readonly transfers: TransfersService,
  ) {}

  async begin(
    { shopId, subjectId }: CustomerSubject,
    dto: PayOrderDto,
  ): Promise<PublicPaymentResponse> {
    return shown(await this.payments.begin(shopId, { ...dto, orderId: subjectId }, CUSTOMER));
  }

  async confirm(
    { shopId, subjectId }: CustomerSubject,
    dto: ConfirmPaymentDto,
  ): Promise<PublicPaymentResponse> {
    const payment = await this.payments.get(shopId, dto.paymentIntentId);
    if (payment.orderId.toHexString() !== subjectId) throw AppError.notFound('payment');
    return shown(await this.payments.confirm(shopId, dto, CUSTOMER));
  }

  async attach(
    { shopId, subjectId }: CustomerSubject,
    dto: TransferProofDto,
  ): Promise<PublicPaymentResponse> {
    return PublicPaymentResponse.of(await this.transfers.attach(shopId, subjectId, dto));
  }
}

function shown({ payment, view }: SeenPayment): PublicPaymentResponse {
  return besideOf(PublicPaymentResponse.of(payment), view);
}
