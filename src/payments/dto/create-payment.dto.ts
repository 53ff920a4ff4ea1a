import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsNumber, IsOptional, IsString, Matches, MaxLength, Min } from 'class-validator';
import { PROVIDER_NAMES, type ProviderName } from '../providers/payment-provider.js';

export class CreatePaymentDto {
  @ApiProperty({
    description: "The order's id; with the shop in the path its readable number does too.",
    maxLength: 50,
    example: '6741c0c0a5f2d13b8c9e0005',
  })
  @IsString()
  @MaxLength(50)
  orderId: string;

  @ApiPropertyOptional({
    description: "Held against the order's total, which is what is paid: 39.98, not 3998.",
    minimum: 0,
    example: 39.98,
  })
  @IsOptional()
  @IsNumber({}, { message: '$property must be a number' })
  @Min(0)
  amount?: number;

  @ApiPropertyOptional({
    description: "Held against the order's currency.",
    pattern: '^[A-Za-z]{3}$',
    maxLength: 3,
    example: 'USD',
  })
  @IsOptional()
  @Matches(/^[A-Za-z]{3}$/, { message: 'must be the three letters of a currency' })
  currency?: string;

  @ApiPropertyOptional({
    description:
      'Without it the first that is set up: stripe, paypal, and sandbox outside of production.',
    enum: PROVIDER_NAMES,
    example: 'sandbox',
  })
  @IsOptional()
  @IsIn(PROVIDER_NAMES)
  provider?: ProviderName;
}
