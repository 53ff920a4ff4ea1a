import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min, NotEquals } from 'class-validator';

const MAX_CHANGE = 1_000_000;

export class AdjustStockDto {
  @ApiProperty({
    description: 'Pieces that came (above 0) or went (below 0).',
    type: 'integer',
    minimum: -MAX_CHANGE,
    maximum: MAX_CHANGE,
    example: 12,
  })
  @IsInt()
  @Min(-MAX_CHANGE)
  @Max(MAX_CHANGE)
  @NotEquals(0, { message: 'change must not be 0' })
  change: number;

  @ApiPropertyOptional({ maxLength: 500, example: 'Delivery of 23 November.' })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  note?: string;
}
