import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsMongoId, IsOptional, IsString, MaxLength } from 'class-validator';
import { IsInstant } from '../../platform/http/instant.decorator.js';
import { listQuery } from '../../platform/http/list.query.js';
import { ORDER_CHANNELS, type OrderChannel } from '../order-channel.js';
import { ORDER_STATUSES, type OrderStatus } from '../order-status.js';
import { IsOrderStatus } from './is-order-status.decorator.js';

export class ListOrdersQuery extends listQuery({ default: 100, max: 500 }) {
  @ApiPropertyOptional({
    description: 'Only these, by any of their names.',
    enum: ORDER_STATUSES,
    example: 'pending',
  })
  @IsOptional()
  @IsOrderStatus()
  status?: OrderStatus;

  @ApiPropertyOptional({
    description: 'Only what was ordered there.',
    enum: ORDER_CHANNELS,
    example: 'web',
  })
  @IsOptional()
  @IsIn(ORDER_CHANNELS)
  channel?: OrderChannel;

  @ApiPropertyOptional({
    description: 'Only orders of this customer.',
    pattern: '^[0-9a-fA-F]{24}$',
    example: '6741c0c0a5f2d13b8c9e0006',
  })
  @IsOptional()
  @IsMongoId()
  customerId?: string;

  @ApiPropertyOptional({
    description: 'Placed at this time or later.',
    format: 'date-time',
    maxLength: 40,
    example: '2026-11-01T00:00:00Z',
  })
  @IsOptional()
  @IsInstant()
  @MaxLength(40)
  from?: string;

  @ApiPropertyOptional({
    description: 'Placed before this time.',
    format: 'date-time',
    maxLength: 40,
    example: '2026-12-01T00:00:00Z',
  })
  @IsOptional()
  @IsInstant()
  @MaxLength(40)
  to?: string;

  @ApiPropertyOptional({
    description: "Beginnings of words in the number or the customer's name, phone or e-mail.",
    maxLength: 100,
    example: 'aung',
  })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  q?: string;
}
