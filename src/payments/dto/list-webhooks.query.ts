import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { listQuery } from '../../platform/http/list.query.js';
import { WEBHOOK_STATES, type WebhookState } from '../webhook-event.schema.js';

export class ListWebhooksQuery extends listQuery({ default: 100, max: 500 }) {
  @ApiPropertyOptional({
    description: 'Only these; what is `received` was not processed yet, `stuck` could not be.',
    enum: WEBHOOK_STATES,
    example: 'received',
  })
  @IsOptional()
  @IsIn(WEBHOOK_STATES)
  state?: WebhookState;
}
