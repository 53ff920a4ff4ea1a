import { ApiProperty } from '@nestjs/swagger';
import { PublicOrderResponse } from './public-order.response.js';

/** A new order, handed to the customer who placed it. */
export class SubmittedOrderResponse extends PublicOrderResponse {
  @ApiProperty({
    description: 'Customer token: opens this order, and no other, to its holder for 30 days.',
    example: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI2NzQxIn0.c2lnbmF0dXJl',
  })
  token: string;
}
