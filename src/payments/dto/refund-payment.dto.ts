import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsNumber, IsOptional, IsPositive, IsString, MaxLength } from 'class-validator';

export class RefundPaymentDto {
  @ApiPropertyOptional({
    description: 'Without it all that is left.',
    exclusiveMinimum: true,
    minimum: 0,
    example: 19.99,
  })
  @IsOptional()
  @IsNumber({}, { message: '$property must be a number' })
  @IsPositive()
  amount?: number;

  @ApiPropertyOptional({ maxLength: 200, example: 'One bag was broken.' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  reason?: string;

  @ApiPropertyOptional({
    description: "Returns the order's pieces to the stock as well.",
    default: false,
    example: false,
  })
  @IsOptional()
  @IsBoolean()
  restock?: boolean;
}
