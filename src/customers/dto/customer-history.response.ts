import { ApiProperty } from '@nestjs/swagger';

class CustomerOrderResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0005' })
  id: string;

  @ApiProperty({ description: 'Short and readable, for people.', example: 'MCXX-0042' })
  orderId: string;

  @ApiProperty({ example: 'pending' })
  status: string;

  @ApiProperty({ example: 39.98 })
  totalAmount: number;

  @ApiProperty({ description: 'ISO 4217.', example: 'USD' })
  currency: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  submittedAt: string;
}

class CustomerConversationResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0030' })
  id: string;

  @ApiProperty({ example: 'web' })
  channel: string;

  @ApiProperty({ example: 'open' })
  status: string;

  @ApiProperty({ example: 'Yes, we still have the beans.' })
  lastMessage: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  lastMessageAt: string;
}

/** What a customer has done in the shop. */
export class CustomerHistoryResponse {
  @ApiProperty({ description: 'Of any status; counted to 1000.', type: 'integer', example: 3 })
  orderCount: number;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-11-23T09:00:00.000Z',
  })
  lastOrderAt: string | null;

  @ApiProperty({ description: 'The newest 20, newest first.', type: [CustomerOrderResponse] })
  orders: CustomerOrderResponse[];

  @ApiProperty({
    description: 'Goes on in `GET …/orders?customerId=…&cursor=`; null when these are all.',
    type: String,
    nullable: true,
    example: null,
  })
  nextOrdersCursor: string | null;

  @ApiProperty({
    description: 'The 20 with the newest activity, newest first.',
    type: [CustomerConversationResponse],
  })
  conversations: CustomerConversationResponse[];

  @ApiProperty({
    description: 'Goes on in `GET …/conversations?customerId=…&cursor=`; null when these are all.',
    type: String,
    nullable: true,
    example: null,
  })
  nextConversationsCursor: string | null;

  /** @param parts what each module keeps of the customer */
  static from(parts: Partial<CustomerHistoryResponse>): CustomerHistoryResponse {
    return {
      orderCount: parts.orderCount ?? 0,
      lastOrderAt: parts.lastOrderAt ?? null,
      orders: parts.orders ?? [],
      nextOrdersCursor: parts.nextOrdersCursor ?? null,
      conversations: parts.conversations ?? [],
      nextConversationsCursor: parts.nextConversationsCursor ?? null,
    };
  }
}
