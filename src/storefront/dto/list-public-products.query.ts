import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { listQuery } from '../../platform/http/list.query.js';

export class ListPublicProductsQuery extends listQuery({ default: 500, max: 500 }) {
  @ApiPropertyOptional({
    description: 'The whole category, in any case; not together with `q`.',
    maxLength: 100,
    example: 'Coffee',
  })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  category?: string;

  @ApiPropertyOptional({
    description: 'Beginnings of words in the name or the category.',
    maxLength: 100,
    example: 'coffee be',
  })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  q?: string;
}
