import { ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { IsInstant } from '../../platform/http/instant.decorator.js';
import { CreateProductDto } from './create-product.dto.js';

/** The whole product, or what is to change of it. */
export class UpdateProductDto extends PartialType(CreateProductDto) {
  @ApiPropertyOptional({
    description:
      'As it was read. With it, a `stock` is refused (409) when the stock has moved since; ' +
      'without it the number is taken as it is.',
    format: 'date-time',
    maxLength: 40,
    example: '2026-11-23T09:00:00.000Z',
  })
  @IsOptional()
  @IsString()
  @MaxLength(40)
  @IsInstant()
  updatedAt?: string;
}
