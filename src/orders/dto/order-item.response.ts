import { ApiProperty } from '@nestjs/swagger';
import { toDecimal } from '../../platform/money/money.js';
import type { OrderItem } from '../order.schema.js';

export class OrderItemResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0003' })
  productId: string;

  @ApiProperty({ example: 'Coffee beans, 1 kg' })
  productName: string;

  @ApiProperty({ type: 'integer', example: 2 })
  quantity: number;

  @ApiProperty({ description: 'Of one piece.', example: 19.99 })
  price: number;

  static from(item: OrderItem, currency: string): OrderItemResponse {
    return {
      productId: item.productId.toHexString(),
      productName: item.productName,
      quantity: item.quantity,
      price: toDecimal(item.price, currency),
    };
  }
}
