import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Matches, MaxLength } from 'class-validator';

export class ConfirmPaymentDto {
  @ApiProperty({
    description: "The payment's id, ours or the provider's.",
    maxLength: 100,
    example: 'pi_3QOZ0c2eZvKYlo2C1a2b3c4d',
  })
  @IsString()
  @MaxLength(100)
  paymentIntentId: string;

  @ApiPropertyOptional({
    description: "The provider's token of a way to pay; never the number of a card.",
    pattern: '^[A-Za-z0-9_-]{1,100}$',
    maxLength: 100,
    example: 'pm_card_visa',
  })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  // A card's number would be digits alone.
  @Matches(/^(?=.*[A-Za-z])[A-Za-z0-9_-]+$/, { message: 'must be a token of the provider' })
  paymentMethodId?: string;
}
