import { ApiProperty } from '@nestjs/swagger';
import { OrderItemResponse } from '../../orders/dto/order-item.response.js';
import {
  ORDER_PAYMENT_STATUSES,
  type OrderPaymentStatus,
} from '../../orders/order-payment-status.js';
import { ORDER_STATUSES, type OrderStatus } from '../../orders/order-status.js';
import type { Order } from '../../orders/order.schema.js';
import { toDecimal } from '../../platform/money/money.js';

class PublicOrderChangeResponse {
  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  at: string;

  @ApiProperty({ enum: ORDER_STATUSES, example: 'pending' })
  status: OrderStatus;
}

/** An order as the customer who placed it sees it: nothing of what the team says about it. */
export class PublicOrderResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0005' })
  id: string;

  @ApiProperty({ description: 'Short and readable, to name it in a chat.', example: 'MCXX-0042' })
  orderId: string;

  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0002' })
  shopId: string;

  @ApiProperty({ type: [OrderItemResponse] })
  items: OrderItemResponse[];

  @ApiProperty({ example: 39.98 })
  totalAmount: number;

  @ApiProperty({ description: 'ISO 4217, of the amounts.', example: 'USD' })
  currency: string;

  @ApiProperty({ enum: ORDER_STATUSES, example: 'pending' })
  status: OrderStatus;

  @ApiProperty({ enum: ORDER_PAYMENT_STATUSES, example: 'unpaid' })
  paymentStatus: OrderPaymentStatus;

  @ApiProperty({ example: 'Cash on delivery' })
  paymentMethod: string;

  @ApiProperty({ type: [PublicOrderChangeResponse], description: 'Oldest first.' })
  history: PublicOrderChangeResponse[];

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  submittedAt: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  updatedAt: string;

  static from(order: Order): PublicOrderResponse {
    return {
      id: order._id.toHexString(),
      orderId: order.orderId,
      shopId: order.shopId.toHexString(),
      items: order.items.map((item) => OrderItemResponse.from(item, order.currency)),
      totalAmount: toDecimal(order.totalAmount, order.currency),
      currency: order.currency,
      status: order.status,
      paymentStatus: order.paymentStatus,
      paymentMethod: order.paymentMethod,
      history: order.history.map(({ at, to }) => ({ at: at.toISOString(), status: to })),
      submittedAt: order.submittedAt.toISOString(),
      updatedAt: order.updatedAt.toISOString(),
    };
  }
}
