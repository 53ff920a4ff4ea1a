import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { listQuery } from '../../platform/http/list.query.js';
import { DELIVERY_STATES, type DeliveryState } from '../webhook-delivery.schema.js';

export class ListDeliveriesQuery extends listQuery({ default: 50, max: 200 }) {
  @ApiPropertyOptional({ description: 'Only those.', enum: DELIVERY_STATES, example: 'failed' })
  @IsOptional()
  @IsIn(DELIVERY_STATES)
  state?: DeliveryState;
}
