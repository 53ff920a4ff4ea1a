import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Matches, MaxLength, ValidateIf } from 'class-validator';
import { EmailInput } from '../../platform/http/email-input.decorator.js';
import { type Channel, CHANNELS } from '../conversation.schema.js';

/** Forms send `''` for what was left empty. */
const isFilled = (_: object, value: unknown): boolean =>
  value !== undefined && value !== null && value !== '';

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

  @ApiPropertyOptional({
    description: 'By phone or e-mail the customer is known again.',
    minLength: 5,
    maxLength: 30,
    example: '+95 9 123 456',
  })
  @ValidateIf(isFilled)
  @Matches(/^\+?[\p{Nd}\s().\-/]{5,30}$/u, { message: 'phone must be a phone number' })
  phone?: string;

  @ValidateIf(isFilled)
  @EmailInput({ required: false, example: 'aung@example.com' })
  email?: string;
}
