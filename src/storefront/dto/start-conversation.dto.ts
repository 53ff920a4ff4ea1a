import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsString, Matches, MaxLength, ValidateIf } from 'class-validator';
import { EmailInput } from '../../platform/http/email-input.decorator.js';

/** Forms send `''` for what was left empty. */
const isFilled = (_: object, value: unknown): boolean =>
  value !== undefined && value !== null && value !== '';

export class StartConversationDto {
  @ApiProperty({ minLength: 1, maxLength: 100, example: 'Su Su' })
  @IsString()
  @Matches(/\S/, { message: 'customerName must not be empty' })
  @MaxLength(100)
  customerName: string;

  @ApiProperty({ minLength: 1, maxLength: 5000, example: 'Do you have the beans in 1 kg?' })
  @IsString()
  @Matches(/\S/, { message: 'text must not be empty' })
  @MaxLength(5000)
  text: string;

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
