import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
} from 'class-validator';
import { WEBHOOK_EVENTS, type WebhookEventName } from '../webhook-events.js';

export class CreateWebhookDto {
  @ApiProperty({
    description:
      'An https:// address on the internet, without user name and fragment: none that is private, ' +
      'loopback or link-local. Each once in a shop.',
    maxLength: 1000,
    example: 'https://integrator.example/cliick',
  })
  @IsString()
  @Matches(/^https?:\/\/\S+$/, { message: 'url must be an https:// address' })
  @MaxLength(1000)
  url: string;

  @ApiProperty({
    description: 'What it is told.',
    enum: WEBHOOK_EVENTS,
    isArray: true,
    minItems: 1,
    maxItems: WEBHOOK_EVENTS.length,
    example: ['order.created', 'order.updated'],
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(WEBHOOK_EVENTS.length)
  @ArrayUnique()
  @IsIn(WEBHOOK_EVENTS, { each: true })
  events: WebhookEventName[];

  @ApiPropertyOptional({ maxLength: 200, default: '', example: 'Bookkeeping' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  description?: string;
}
