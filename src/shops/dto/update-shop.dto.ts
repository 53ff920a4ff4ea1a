import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Matches, MaxLength, ValidateIf } from 'class-validator';
import { EmailInput } from '../../platform/http/email-input.decorator.js';
import {
  MAX_DATA_URL_CHARACTERS,
  PictureInput,
} from '../../platform/http/picture-input.decorator.js';
import { TimeZoneInput } from '../../platform/http/time-zone-input.decorator.js';
import { CURRENCIES } from '../../platform/money/currencies.js';
import type { Settings } from '../shop-settings.js';
import { SLUG_PATTERN } from '../slug.js';
import { WithSettings } from './settings-input.decorator.js';

/** The app sends `''` for what was left empty. */
const isFilled = (_: object, value: unknown): boolean =>
  value !== undefined && value !== null && value !== '';

/** A whole shop or parts of one: what is left out stays, what is not of the shop is dropped. */
@WithSettings()
export class UpdateShopDto {
  @ApiPropertyOptional({ minLength: 1, maxLength: 100, example: 'Mya Coffee' })
  @IsOptional()
  @IsString()
  @Matches(/\S/, { message: 'name must not be blank' })
  @MaxLength(100)
  name?: string;

  @ApiPropertyOptional({
    description: 'Address of the public shop.',
    pattern: SLUG_PATTERN.source,
    example: 'mya-coffee',
  })
  @IsOptional()
  @Matches(SLUG_PATTERN, {
    message: 'slug must be 3 to 60 small letters, digits and hyphens, and not look like an id',
  })
  slug?: string;

  @ApiPropertyOptional({
    description: 'ISO 4217 code; stays once the shop has products.',
    minLength: 3,
    maxLength: 3,
    example: 'USD',
  })
  @IsOptional()
  @IsIn(CURRENCIES, { message: 'currency must be an ISO 4217 code such as USD or MMK' })
  currency?: string;

  @ApiPropertyOptional({ description: 'IANA name.', maxLength: 50, example: 'Asia/Yangon' })
  @IsOptional()
  @TimeZoneInput()
  timeZone?: string;

  @ApiPropertyOptional({ maxLength: 2000, example: 'Coffee from the Shan hills.' })
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  description?: string;

  @ApiPropertyOptional({
    description: 'A picture as a data URL, which is stored, or its address; empty removes it.',
    maxLength: MAX_DATA_URL_CHARACTERS,
    example: 'https://media.example.com/logos/mya.webp',
  })
  @ValidateIf(isFilled)
  @PictureInput()
  logoUrl?: string;

  @ApiPropertyOptional({ maxLength: 30, example: '+95 9 123 456' })
  @ValidateIf(isFilled)
  @Matches(/^\+?[\p{Nd}\s().\-/]{5,30}$/u, { message: 'phone must be a phone number' })
  phone?: string;

  @EmailInput({ required: false, example: 'hello@mya.example' })
  @ValidateIf(isFilled)
  email?: string;

  @ApiPropertyOptional({ maxLength: 500, example: '12 Strand Road, Yangon' })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  address?: string;
}

export type ShopChanges = UpdateShopDto & Partial<Settings>;
