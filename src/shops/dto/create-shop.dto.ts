import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Matches, MaxLength, MinLength } from 'class-validator';
import { CURRENCIES } from '../../platform/money/currencies.js';
import { TimeZoneInput } from '../../platform/http/time-zone-input.decorator.js';
import { SLUG_PATTERN } from '../slug.js';
import { WithSettings } from './settings-input.decorator.js';

/** The app sends a whole first shop: its settings are kept. */
@WithSettings()
export class CreateShopDto {
  @ApiProperty({ minLength: 1, maxLength: 100, example: 'Mya Coffee' })
  @IsString()
  @MinLength(1)
  @Matches(/\S/, { message: 'name must not be blank' })
  @MaxLength(100)
  name: string;

  @ApiPropertyOptional({
    description: 'Address of the public shop; made from the name when left out.',
    pattern: SLUG_PATTERN.source,
    example: 'mya-coffee',
  })
  @IsOptional()
  @Matches(SLUG_PATTERN, {
    message: 'slug must be 3 to 60 small letters, digits and hyphens, and not look like an id',
  })
  slug?: string;

  @ApiProperty({ description: 'ISO 4217 code.', minLength: 3, maxLength: 3, example: 'USD' })
  @IsIn(CURRENCIES, { message: 'currency must be an ISO 4217 code such as USD or MMK' })
  currency: string;

  @ApiPropertyOptional({
    description: 'IANA name.',
    maxLength: 50,
    default: 'UTC',
    example: 'Asia/Yangon',
  })
  @IsOptional()
  @TimeZoneInput()
  timeZone?: string;

  @ApiPropertyOptional({ maxLength: 2000, example: 'Coffee from the Shan hills.' })
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  description?: string;
}
