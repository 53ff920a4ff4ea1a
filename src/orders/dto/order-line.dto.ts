import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsMongoId, Max, Min } from 'class-validator';

/** How much of which product; names and prices are the catalogue's. */
export class OrderLineDto {
  @ApiProperty({ pattern: '^[0-9a-fA-F]{24}$', example: '6741c0c0a5f2d13b8c9e0003' })
  @IsMongoId()
  productId: string;

  @ApiProperty({ minimum: 1, maximum: 1000, type: 'integer', example: 2 })
  @IsInt()
  @Min(1)
  @Max(1000)
  quantity: number;
}
