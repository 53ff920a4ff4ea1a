import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { listQuery } from '../../platform/http/list.query.js';
import { MAX_CURSOR_CHARACTERS, PRODUCT_SORTS, type ProductSort } from '../product-cursor.js';
import { ITEM_TYPES, type ItemType } from '../product.schema.js';

const STOCK_LEVELS = ['in', 'low', 'out', 'uncounted'] as const;
const ORDERS = ['asc', 'desc'] as const;
const MAX_THRESHOLD = 1_000_000;

/** The app does not page: a usual catalogue comes whole. */
export class ListProductsQuery extends listQuery({
  default: 500,
  max: 500,
  cursor: MAX_CURSOR_CHARACTERS,
}) {
  @ApiPropertyOptional({
    description: 'Beginnings of words in the name, the SKU or the category.',
    maxLength: 100,
    example: 'coff',
  })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  q?: string;

  @ApiPropertyOptional({
    description: 'The whole category, in any case.',
    maxLength: 100,
    example: 'Coffee',
  })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  category?: string;

  @ApiPropertyOptional({
    description: 'Products or services.',
    enum: ITEM_TYPES,
    example: 'service',
  })
  @IsOptional()
  @IsIn(ITEM_TYPES)
  itemType?: ItemType;

  @ApiPropertyOptional({
    description:
      '`in`: 1 and more; `low`: from 0 to `threshold`; `out`: 0; `uncounted`: none kept.',
    enum: STOCK_LEVELS,
    example: 'low',
  })
  @IsOptional()
  @IsIn(STOCK_LEVELS)
  stock?: (typeof STOCK_LEVELS)[number];

  @ApiPropertyOptional({
    description: 'Up to which a stock is `low`.',
    type: 'integer',
    minimum: 0,
    maximum: MAX_THRESHOLD,
    default: 10,
    example: 5,
  })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(MAX_THRESHOLD)
  threshold?: number;

  @ApiPropertyOptional({
    description: '`createdAt` where it is offered, else `stock`.',
    enum: PRODUCT_SORTS,
    example: 'name',
  })
  @IsOptional()
  @IsIn(PRODUCT_SORTS)
  sort?: ProductSort;

  @ApiPropertyOptional({
    description: 'Of the sort.',
    enum: ORDERS,
    default: 'asc',
    example: 'desc',
  })
  @IsOptional()
  @IsIn(ORDERS)
  order?: (typeof ORDERS)[number];
}
