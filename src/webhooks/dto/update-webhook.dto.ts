import { ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import { IsBoolean, IsOptional } from 'class-validator';
import { CreateWebhookDto } from './create-webhook.dto.js';

/** The whole endpoint, or what is to change of it. */
export class UpdateWebhookDto extends PartialType(CreateWebhookDto) {
  @ApiPropertyOptional({
    description: 'False pauses it, true resumes it, also after it was paused by itself.',
    example: true,
  })
  @IsOptional()
  @IsBoolean()
  enabled?: boolean;
}
