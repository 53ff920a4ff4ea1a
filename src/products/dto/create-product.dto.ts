import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsIn,
  IsInt,
  IsISO8601,
  IsMongoId,
  IsNumber,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateIf,
} from 'class-validator';
import { OneLine } from '../../platform/http/one-line.decorator.js';
import {
  MAX_DATA_URL_CHARACTERS,
  PictureInput,
} from '../../platform/http/picture-input.decorator.js';
import { ITEM_TYPES, type ItemType, type ProductButton } from '../product.schema.js';
import { IsButtons, MAX_BUTTONS } from './is-buttons.decorator.js';

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
  @Matches(/\S/, { message: 'name must be more than spaces' })
  @OneLine()
  name: string;

  @ApiPropertyOptional({ maxLength: 5000, example: 'Roasted this week.' })
  @IsOptional()
  @IsString()
  @MaxLength(5000)
  description?: string;

  @ApiPropertyOptional({
    description: "Line below the name in Facebook's chats.",
    maxLength: 200,
    example: 'Free delivery this week',
  })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  facebookSubtitle?: string;

  @ApiProperty({ description: "In the shop's currency.", minimum: 0, example: 19.99 })
  @IsNumber({}, { message: '$property must be a number' })
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
  @IsNumber({}, { message: '$property must be a number' })
  @Min(0)
  originalPrice?: number | null;

  @ApiPropertyOptional({ type: Number, nullable: true, minimum: 0, example: 17.5 })
  @IsOptional()
  @IsNumber({}, { message: '$property must be a number' })
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

  @ApiPropertyOptional({
    description: 'Once in a shop, where it is not empty.',
    maxLength: 100,
    example: 'BEANS-1KG',
  })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @OneLine()
  sku?: string;

  @ApiPropertyOptional({
    description: 'A picture as a data URL, which is stored, or its address, or empty.',
    maxLength: MAX_DATA_URL_CHARACTERS,
    example: 'https://media.example.com/products/beans.webp',
  })
  @ValidateIf(isFilled)
  @PictureInput()
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

  @ApiPropertyOptional({ maxLength: 500, example: '1 year' })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  warranty?: string;

  @ApiPropertyOptional({
    description: 'How long a service takes.',
    maxLength: 100,
    example: '45 minutes',
  })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  duration?: string;

  @ApiPropertyOptional({
    description: 'Where a service is given.',
    maxLength: 500,
    example: '12 Strand Road, Yangon',
  })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  location?: string;

  @ApiPropertyOptional({
    description: 'Flat objects, kept as the app sends them.',
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    maxItems: MAX_BUTTONS,
    example: [{ title: 'Order', action: 'open_form' }],
  })
  @IsOptional()
  @IsButtons()
  buttons?: ProductButton[];

  @ApiPropertyOptional({
    description: 'The form by which it is ordered; null or empty: any.',
    type: String,
    nullable: true,
    pattern: '^[0-9a-fA-F]{24}$',
    example: '6741c0c0a5f2d13b8c9e0004',
  })
  @ValidateIf(isFilled)
  @IsMongoId()
  formId?: string | null;
}
