import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { IsOrderStatus } from './is-order-status.decorator.js';
import { ORDER_STATUSES, type OrderStatus } from '../order-status.js';

export class ChangeOrderStatusDto {
  @ApiProperty({
    description: 'Also understood, in any case: Confirmed (processing), Return (returned).',
    enum: ORDER_STATUSES,
    example: 'processing',
  })
  @IsOrderStatus()
  status: OrderStatus;

  @ApiPropertyOptional({ maxLength: 500, example: 'Packed.' })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  note?: string;
}
