import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsIn,
  IsInt,
  IsISO8601,
  IsNumber,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateIf,
} from 'class-validator';
import { ITEM_TYPES, type ItemType } from '../product.schema.js';

const MAX_STOCK = 1_000_000_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** The app sends `''` for what was left empty. */
const isFilled = (_: object, value: unknown): boolean =>
  value !== undefined && value !== null && value !== '';

export class CreateProductDto {
  @ApiProperty({ minLength: 1, maxLength: 200, example: 'Coffee beans, 1 kg' })
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  name: string;

  @ApiPropertyOptional({ maxLength: 5000, example: 'Roasted this week.' })
  @IsOptional()
  @IsString()
  @MaxLength(5000)
  description?: string;

  @ApiProperty({ description: "In the shop's currency.", minimum: 0, example: 19.99 })
  @IsNumber()
  @Min(0)
  retailPrice: number;

  @ApiPropertyOptional({
    description: "The seller's buying cost; never public.",
    type: Number,
    nullable: true,
    minimum: 0,
    example: 11.5,
  })
  @IsOptional()
  @IsNumber()
  @Min(0)
  originalPrice?: number | null;

  @ApiPropertyOptional({ type: Number, nullable: true, minimum: 0, example: 17.5 })
  @IsOptional()
  @IsNumber()
  @Min(0)
  promoPrice?: number | null;

  @ApiPropertyOptional({
    description: 'First day of the promotion.',
    type: String,
    nullable: true,
    format: 'date',
    example: '2026-11-23',
  })
  @ValidateIf(isFilled)
  @Matches(DAY, { message: 'promoStartDate must be a date YYYY-MM-DD' })
  @IsISO8601({ strict: true }, { message: 'promoStartDate must be a day of the calendar' })
  promoStartDate?: string | null;

  @ApiPropertyOptional({
    description: 'Last day of the promotion.',
    type: String,
    nullable: true,
    format: 'date',
    example: '2026-11-30',
  })
  @ValidateIf(isFilled)
  @Matches(DAY, { message: 'promoEndDate must be a date YYYY-MM-DD' })
  @IsISO8601({ strict: true }, { message: 'promoEndDate must be a day of the calendar' })
  promoEndDate?: string | null;

  @ApiPropertyOptional({
    description: 'Pieces left; null or left out: not counted. A service has none.',
    type: 'integer',
    nullable: true,
    minimum: 0,
    maximum: MAX_STOCK,
    example: 10,
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MAX_STOCK)
  stock?: number | null;

  @ApiPropertyOptional({ maxLength: 100, example: 'BEANS-1KG' })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  sku?: string;

  @ApiPropertyOptional({
    description: 'Address of the picture, or empty.',
    maxLength: 2000,
    example: 'https://media.example.com/products/beans.webp',
  })
  @ValidateIf(isFilled)
  @IsUrl(
    { protocols: ['http', 'https'], require_protocol: true, require_tld: false },
    { message: 'imageUrl must be an address that begins with http:// or https://' },
  )
  @MaxLength(2000)
  imageUrl?: string;

  @ApiPropertyOptional({ maxLength: 100, example: 'Coffee' })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  category?: string;

  @ApiPropertyOptional({ enum: ITEM_TYPES, default: 'product', example: 'product' })
  @IsOptional()
  @IsIn(ITEM_TYPES)
  itemType?: ItemType;
}
