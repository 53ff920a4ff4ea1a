import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { type Channel, CHANNELS } from '../conversation.schema.js';

export class CreateConversationDto {
  @ApiProperty({ minLength: 1, maxLength: 100, example: 'Su Su' })
  @IsString()
  @Matches(/\S/, { message: 'customerName must not be empty' })
  @MaxLength(100)
  customerName: string;

  @ApiPropertyOptional({ enum: CHANNELS, default: 'web', example: 'web' })
  @IsOptional()
  @IsIn(CHANNELS)
  channel?: Channel;
}
