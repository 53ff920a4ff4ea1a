import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsMongoId,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  MinLength,
} from 'class-validator';
import { FIELD_TYPES, type FieldType } from '../form.schema.js';

/** Answers are keyed by it, so it is no name that an object has of itself. */
const FIELD_ID = /^(?!__proto__$|constructor$|prototype$)[A-Za-z0-9_-]{1,64}$/;

export class FormFieldDto {
  @ApiPropertyOptional({
    description: 'Unique within the form; made when left out.',
    pattern: FIELD_ID.source,
    example: 'full-name',
  })
  @IsOptional()
  @Matches(FIELD_ID, { message: 'id must be 1 to 64 letters, digits, _ or -' })
  id?: string;

  @ApiProperty({ enum: FIELD_TYPES, example: 'Short Text' })
  @IsIn(FIELD_TYPES)
  type: FieldType;

  @ApiProperty({ minLength: 1, maxLength: 200, example: 'Full name' })
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  label: string;

  @ApiPropertyOptional({ default: false, example: true })
  @IsOptional()
  @IsBoolean()
  required?: boolean;

  @ApiPropertyOptional({ maxLength: 200, example: 'As on your parcel' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  placeholder?: string;

  @ApiPropertyOptional({
    description: 'For Dropdown, Multiple Choice and Checkbox.',
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength: 200 },
    maxItems: 100,
    example: ['Whole', 'Ground'],
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @MinLength(1, { each: true })
  @MaxLength(200, { each: true })
  options?: string[];

  @ApiPropertyOptional({
    description: 'For Item Selector: the products offered; none for the whole catalogue.',
    type: 'array',
    items: { type: 'string', pattern: '^[0-9a-fA-F]{24}$' },
    maxItems: 500,
    example: ['6741c0c0a5f2d13b8c9e0003'],
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(500)
  @IsMongoId({ each: true })
  itemIds?: string[];

  @ApiPropertyOptional({
    description: "For Payment Selector: ids of the shop's ways to pay; none for all of them.",
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength: 100 },
    maxItems: 50,
    example: ['cash'],
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @MinLength(1, { each: true })
  @MaxLength(100, { each: true })
  paymentMethodIds?: string[];
}
