import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsMongoId, IsOptional } from 'class-validator';
import { listQuery } from '../../platform/http/list.query.js';
import { PAYMENT_STATUSES, type PaymentStatus } from '../payment-status.js';

export class ListPaymentsQuery extends listQuery({ default: 100, max: 500 }) {
  @ApiPropertyOptional({
    description: 'Only these.',
    enum: PAYMENT_STATUSES,
    example: 'succeeded',
  })
  @IsOptional()
  @IsIn(PAYMENT_STATUSES)
  status?: PaymentStatus;

  @ApiPropertyOptional({
    description: 'Only those of this order, by its id.',
    pattern: '^[0-9a-fA-F]{24}$',
    example: '6741c0c0a5f2d13b8c9e0005',
  })
  @IsOptional()
  @IsMongoId()
  orderId?: string;
}
