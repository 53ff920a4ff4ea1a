import { ApiProperty } from '@nestjs/swagger';
import { OrderItemResponse } from '../../orders/dto/order-item.response.js';
import { ORDER_STATUSES, type OrderStatus } from '../../orders/order-status.js';
import { toDecimal } from '../../platform/money/money.js';
import type { Submission } from '../storefront.service.js';

/** A placed order as the customer who placed it sees it. */
export class PublicOrderResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0005' })
  id: string;

  @ApiProperty({ description: 'Short and readable, to name it in a chat.', example: 'MCXX-0042' })
  orderId: string;

  @ApiProperty({ type: [OrderItemResponse] })
  items: OrderItemResponse[];

  @ApiProperty({ example: 39.98 })
  totalAmount: number;

  @ApiProperty({ description: 'ISO 4217, of the amounts.', example: 'USD' })
  currency: string;

  @ApiProperty({ enum: ORDER_STATUSES, example: 'pending' })
  status: OrderStatus;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  submittedAt: string;

  @ApiProperty({
    description: 'Customer token: lets its holder follow this order.',
    example: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI2NzQxIn0.c2lnbmF0dXJl',
  })
  token: string;

  static from({ order, token }: Submission): PublicOrderResponse {
    return {
      id: order._id.toHexString(),
      orderId: order.orderId,
      items: order.items.map((item) => OrderItemResponse.from(item, order.currency)),
      totalAmount: toDecimal(order.totalAmount, order.currency),
      currency: order.currency,
      status: order.status,
      submittedAt: order.submittedAt.toISOString(),
      token,
    };
  }
}
