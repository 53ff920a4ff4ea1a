import { ApiProperty } from '@nestjs/swagger';
import type { StockMovement } from '../stock-movement.schema.js';
import { STOCK_REASONS, type StockReason } from '../stock-reason.js';

/** One change of a stock. The changes of a product sum to its stock. */
export class StockMovementResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0009' })
  id: string;

  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0003' })
  productId: string;

  @ApiProperty({ type: 'integer', example: -2 })
  change: number;

  @ApiProperty({
    description: 'Pieces left after it; null: counted no more.',
    type: 'integer',
    nullable: true,
    example: 8,
  })
  newStock: number | null;

  @ApiProperty({ enum: STOCK_REASONS, example: 'order' })
  reason: StockReason;

  @ApiProperty({ type: String, nullable: true, example: '6741c0c0a5f2d13b8c9e0005' })
  orderId: string | null;

  @ApiProperty({
    description: 'The member who did it; null: a customer, by an order.',
    type: String,
    nullable: true,
    example: '6741c0c0a5f2d13b8c9e0001',
  })
  by: string | null;

  @ApiProperty({ example: 'Delivery of 23 November.' })
  note: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  at: string;

  static from(movement: StockMovement): StockMovementResponse {
    return {
      id: movement._id.toHexString(),
      productId: movement.productId.toHexString(),
      change: movement.change,
      newStock: movement.newStock,
      reason: movement.reason,
      orderId: movement.orderId?.toHexString() ?? null,
      by: movement.by?.toHexString() ?? null,
      note: movement.note,
      at: movement.at.toISOString(),
    };
  }
}
