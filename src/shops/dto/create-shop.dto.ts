import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Matches, MaxLength, MinLength } from 'class-validator';
import { CURRENCIES } from '../../platform/money/currencies.js';
import { SLUG_PATTERN } from '../slug.js';

export class CreateShopDto {
  @ApiProperty({ minLength: 1, maxLength: 100, example: 'Mya Coffee' })
  @IsString()
  @MinLength(1)
  @MaxLength(100)
  name: string;

  @ApiPropertyOptional({
    description: 'Address of the public shop; made from the name when left out.',
    pattern: SLUG_PATTERN.source,
    example: 'mya-coffee',
  })
  @IsOptional()
  @Matches(SLUG_PATTERN, { message: 'slug must be 3 to 60 small letters, digits and hyphens' })
  slug?: string;

  @ApiProperty({ description: 'ISO 4217 code.', minLength: 3, maxLength: 3, example: 'USD' })
  @IsIn(CURRENCIES, { message: 'currency must be an ISO 4217 code such as USD or MMK' })
  currency: string;
}
