import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Matches, MaxLength, MinLength, ValidateIf } from 'class-validator';
import { EmailInput } from '../../platform/http/email-input.decorator.js';

/** The app sends `''` for what was left empty. */
const isFilled = (_: object, value: unknown): boolean =>
  value !== undefined && value !== null && value !== '';

/** Whom an order is for. */
export class OrderCustomerDto {
  @ApiProperty({ minLength: 1, maxLength: 100, example: 'Aung Aung' })
  @IsString()
  @MinLength(1)
  @MaxLength(100)
  @Matches(/\S/, { message: 'name must not be blank' })
  name: string;

  @ApiPropertyOptional({ minLength: 5, maxLength: 30, example: '+95 9 123 456' })
  @ValidateIf(isFilled)
  @Matches(/^\+?[\p{Nd}\s().\-/]{5,30}$/u, { message: 'phone must be a phone number' })
  phone?: string;

  @ValidateIf(isFilled)
  @EmailInput({ required: false, example: 'aung@example.com' })
  email?: string;

  @ApiPropertyOptional({ maxLength: 500, example: '12 Strand Road, Yangon' })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  address?: string;
}
