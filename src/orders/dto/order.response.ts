import { ApiProperty } from '@nestjs/swagger';
import type { Answer } from '../../forms/form-answers.js';
import { toDecimal } from '../../platform/money/money.js';
import { ORDER_CHANNELS, type OrderChannel } from '../order-channel.js';
import { ORDER_PAYMENT_STATUSES, type OrderPaymentStatus } from '../order-payment-status.js';
import { ORDER_STATUSES, type OrderStatus } from '../order-status.js';
import type { Order } from '../order.schema.js';
import { OrderItemResponse } from './order-item.response.js';

class OrderCustomerResponse {
  @ApiProperty({ example: 'Aung Aung' })
  name: string;

  @ApiProperty({ example: '+95 9 123 456' })
  phone: string;

  @ApiProperty({ example: 'aung@example.com' })
  email: string;

  @ApiProperty({ example: '12 Strand Road, Yangon' })
  address: string;
}

class OrderFieldResponse {
  @ApiProperty({ example: 'full-name' })
  id: string;

  @ApiProperty({ example: 'Full name' })
  label: string;

  @ApiProperty({
    oneOf: [
      { type: 'string' },
      { type: 'number' },
      { type: 'boolean' },
      { type: 'array', items: { type: 'string' } },
    ],
    example: 'Aung Aung',
  })
  value: Answer;
}

class OrderChangeResponse {
  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  at: string;

  @ApiProperty({
    description: 'The member who did it; null: the customer, or the system.',
    type: String,
    nullable: true,
    example: '6741c0c0a5f2d13b8c9e0001',
  })
  by: string | null;

  @ApiProperty({ type: String, enum: [...ORDER_STATUSES, null], nullable: true, example: null })
  from: OrderStatus | null;

  @ApiProperty({ enum: ORDER_STATUSES, example: 'pending' })
  to: OrderStatus;

  @ApiProperty({ example: '' })
  note: string;
}

/** An order as the shop's team sees it. */
export class OrderResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0005' })
  id: string;

  @ApiProperty({ description: 'Short and readable, for people.', example: 'MCXX-0042' })
  orderId: string;

  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0002' })
  shopId: string;

  @ApiProperty({ type: OrderCustomerResponse })
  customer: OrderCustomerResponse;

  @ApiProperty({
    description: 'The person among the customers; null without phone and e-mail.',
    type: String,
    nullable: true,
    example: '6741c0c0a5f2d13b8c9e0006',
  })
  customerId: string | null;

  @ApiProperty({ enum: ORDER_CHANNELS, example: 'web' })
  channel: OrderChannel;

  @ApiProperty({ type: String, nullable: true, example: '6741c0c0a5f2d13b8c9e0004' })
  formId: string | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 1 })
  formVersion: number | null;

  @ApiProperty({ example: 'Coffee order' })
  formName: string;

  @ApiProperty({ description: 'The answers, with their questions.', type: [OrderFieldResponse] })
  fields: OrderFieldResponse[];

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

  @ApiProperty({
    description: 'Of the payment that has paid it, or else is the newest; null before the first.',
    type: String,
    nullable: true,
    example: 'pi_3MtwBwLkdIwHu7ix28a3tqPa',
  })
  paymentIntentId: string | null;

  @ApiProperty({ example: 'Cash on delivery' })
  paymentMethod: string;

  @ApiProperty({ example: 'Calls for it on Friday.' })
  notes: string;

  @ApiProperty({ type: [OrderChangeResponse] })
  history: OrderChangeResponse[];

  @ApiProperty({ description: "The shop's number of its last change.", example: 42 })
  seq: number;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  submittedAt: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  updatedAt: string;

  static from(order: Order): OrderResponse {
    const { name, phone, email, address } = order.customer;
    return {
      id: order._id.toHexString(),
      orderId: order.orderId,
      shopId: order.shopId.toHexString(),
      customer: { name, phone, email, address },
      customerId: order.customerId?.toHexString() ?? null,
      channel: order.channel,
      formId: order.formId?.toHexString() ?? null,
      formVersion: order.formVersion,
      formName: order.formName,
      fields: order.fields.map(({ id, label, value }) => ({ id, label, value })),
      items: order.items.map((item) => OrderItemResponse.from(item, order.currency)),
      totalAmount: toDecimal(order.totalAmount, order.currency),
      currency: order.currency,
      status: order.status,
      paymentStatus: order.paymentStatus,
      // Orders from before there were payments have none.
      paymentIntentId: order.paymentIntentId ?? null,
      paymentMethod: order.paymentMethod,
      notes: order.notes,
      history: order.history.map(({ at, by, from, to, note }) => ({
        at: at.toISOString(),
        by: by?.toHexString() ?? null,
        from,
        to,
        note,
      })),
      seq: order.seq,
      submittedAt: order.submittedAt.toISOString(),
      updatedAt: order.updatedAt.toISOString(),
    };
  }
}
