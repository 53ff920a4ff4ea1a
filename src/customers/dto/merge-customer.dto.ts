import { ApiProperty } from '@nestjs/swagger';
import { IsMongoId } from 'class-validator';

export class MergeCustomerDto {
  @ApiProperty({
    description: 'The customer who stays.',
    pattern: '^[0-9a-fA-F]{24}$',
    example: '6741c0c0a5f2d13b8c9e0006',
  })
  @IsMongoId()
  intoId: string;
}
