import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsEmail,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
} from 'class-validator';
import {
  EMAIL_RULES,
  MAX_EMAIL_CHARACTERS,
  normaliseEmail,
} from '../../platform/http/email-address.js';
import { CUSTOMER_LIMITS } from '../customer-limits.js';

const { contacts, tags, notesCharacters } = CUSTOMER_LIMITS;

export class CreateCustomerDto {
  @ApiProperty({ minLength: 1, maxLength: 100, example: 'Aung Aung' })
  @IsString()
  @Matches(/\S/, { message: 'name must not be blank' })
  @MaxLength(100)
  name: string;

  @ApiPropertyOptional({
    description: 'The customer is known again by each of them, in any way of writing it.',
    type: 'array',
    items: { type: 'string', maxLength: 30 },
    maxItems: contacts,
    example: ['+95 9 123 456'],
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(contacts)
  @Matches(/^\+?[\p{Nd}\s().\-/]{5,30}$/u, {
    each: true,
    message: 'each of phones must be a phone number',
  })
  phones?: string[];

  @ApiPropertyOptional({
    description: 'The customer is known again by each of them.',
    type: 'array',
    items: { type: 'string', maxLength: MAX_EMAIL_CHARACTERS },
    maxItems: contacts,
    example: ['aung@example.com'],
  })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) =>
    Array.isArray(value)
      ? value.map((one: unknown) => (typeof one === 'string' ? normaliseEmail(one) : one))
      : value,
  )
  @IsArray()
  @ArrayMaxSize(contacts)
  @MaxLength(MAX_EMAIL_CHARACTERS, { each: true })
  @IsEmail(EMAIL_RULES, { each: true })
  emails?: string[];

  @ApiPropertyOptional({ maxLength: 500, example: '12 Strand Road, Yangon' })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  address?: string;

  @ApiPropertyOptional({ maxLength: notesCharacters, example: 'Pays on delivery.' })
  @IsOptional()
  @IsString()
  @MaxLength(notesCharacters)
  notes?: string;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength: 50 },
    maxItems: tags,
    example: ['wholesale'],
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(tags)
  @IsString({ each: true })
  @Matches(/\S/, { each: true, message: 'each of tags must not be empty' })
  @MaxLength(50, { each: true })
  tags?: string[];
}
