import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { toDecimal } from '../../platform/money/money.js';
import { PAYMENT_FLAGS, type PaymentFlag } from '../payment-events.js';
import { PAYMENT_STATUSES, type PaymentStatus } from '../payment-status.js';
import {
  type Payment,
  REFUND_STATUSES,
  type Refund,
  type RefundStatus,
} from '../payment.schema.js';
import { PROVIDER_NAMES, type ProviderName } from '../providers/payment-provider.js';

class PaymentFailureResponse {
  @ApiProperty({ description: "The provider's code.", example: 'card_declined' })
  code: string;

  @ApiProperty({ example: 'The card was declined: try another way to pay.' })
  message: string;
}

class RefundResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0009' })
  id: string;

  @ApiProperty({ example: 19.99 })
  amount: number;

  @ApiProperty({
    description: 'unknown: the provider did not answer; it is asked again until it does.',
    enum: REFUND_STATUSES,
    example: 'succeeded',
  })
  status: RefundStatus;

  @ApiProperty({ example: 'One bag was broken.' })
  reason: string;

  @ApiProperty({
    description: 'The member who asked for it; null: the system, or the provider itself.',
    type: String,
    nullable: true,
    example: '6741c0c0a5f2d13b8c9e0001',
  })
  by: string | null;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  at: string;

  static from(refund: Refund, currency: string): RefundResponse {
    return {
      id: refund._id.toHexString(),
      amount: toDecimal(refund.amount, currency),
      status: refund.status,
      reason: refund.reason,
      by: refund.by?.toHexString() ?? null,
      at: refund.at.toISOString(),
    };
  }
}

/** A payment as the shop's team sees it. */
export class PaymentResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0008' })
  id: string;

  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0002' })
  shopId: string;

  @ApiProperty({ description: "The order's id.", example: '6741c0c0a5f2d13b8c9e0005' })
  orderId: string;

  @ApiProperty({ description: "The order's readable number.", example: 'MCXX-0042' })
  orderNumber: string;

  @ApiProperty({ enum: PROVIDER_NAMES, example: 'stripe' })
  provider: ProviderName;

  @ApiProperty({
    description: "The provider's id; null until it has answered.",
    type: String,
    nullable: true,
    example: 'pi_3QOZ0c2eZvKYlo2C1a2b3c4d',
  })
  providerId: string | null;

  @ApiProperty({
    description: 'Whether real money moves; null of a transfer.',
    type: Boolean,
    nullable: true,
    example: false,
  })
  isLive: boolean | null;

  @ApiProperty({ example: 39.98 })
  amount: number;

  @ApiProperty({ description: 'ISO 4217, of the amounts.', example: 'USD' })
  currency: string;

  @ApiProperty({ enum: PAYMENT_STATUSES, example: 'succeeded' })
  status: PaymentStatus;

  @ApiProperty({ description: 'What was taken.', example: 39.98 })
  capturedAmount: number;

  @ApiProperty({ description: 'What was given back of it.', example: 0 })
  refundedAmount: number;

  @ApiProperty({ description: 'Oldest first.', type: [RefundResponse] })
  refunds: RefundResponse[];

  @ApiProperty({
    description: 'Why the last try failed; null when it did not.',
    type: PaymentFailureResponse,
    nullable: true,
  })
  failure: PaymentFailureResponse | null;

  @ApiProperty({
    description: 'What somebody should look at.',
    enum: PAYMENT_FLAGS,
    isArray: true,
    example: [],
  })
  flags: PaymentFlag[];

  @ApiProperty({ description: 'Whether the customer has attached a proof.', example: false })
  hasProof: boolean;

  @ApiProperty({
    description: 'The member who began it; null: the customer.',
    type: String,
    nullable: true,
    example: '6741c0c0a5f2d13b8c9e0001',
  })
  by: string | null;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  createdAt: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  updatedAt: string;

  @ApiPropertyOptional({
    description: 'For the payer, where it is begun or confirmed; kept nowhere.',
    type: String,
    nullable: true,
    example: 'pi_3QOZ0c2eZvKYlo2C1a2b3c4d_secret_4eC39HqLyjWDarjtT1zdp7dc',
  })
  clientSecret?: string | null;

  @ApiPropertyOptional({
    description: 'Where the payer approves it, where the provider asks for that.',
    type: String,
    nullable: true,
    example: 'https://www.paypal.com/checkoutnow?token=5O190127TN364715T',
  })
  approveUrl?: string | null;

  static from(payment: Payment): PaymentResponse {
    const { currency, failure } = payment;
    return {
      id: payment._id.toHexString(),
      shopId: payment.shopId.toHexString(),
      orderId: payment.orderId.toHexString(),
      orderNumber: payment.orderNumber,
      provider: payment.provider,
      providerId: payment.providerId ?? null,
      isLive: payment.isLive,
      amount: toDecimal(payment.amount, currency),
      currency,
      status: payment.status,
      capturedAmount: toDecimal(payment.captured, currency),
      refundedAmount: toDecimal(payment.refunded, currency),
      refunds: payment.refunds.map((refund) => RefundResponse.from(refund, currency)),
      failure: failure ? { code: failure.code, message: failure.message } : null,
      flags: payment.flags,
      hasProof: payment.proofId !== null,
      by: payment.by?.toHexString() ?? null,
      createdAt: payment.createdAt.toISOString(),
      updatedAt: payment.updatedAt.toISOString(),
    };
  }
}
