import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Matches, MaxLength, MinLength } from 'class-validator';

export class SendCustomerMessageDto {
  @ApiProperty({ minLength: 1, maxLength: 5000, example: 'Two, please.' })
  @IsString()
  @Matches(/\S/, { message: 'text must not be empty' })
  @MaxLength(5000)
  text: string;

  @ApiPropertyOptional({
    description: 'Your own id of this message: sent again, it is answered and not added again.',
    minLength: 1,
    maxLength: 100,
    example: '5b0cf6b2-5d0c-4f0e-9c57-0f1d3c1c2a55',
  })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(100)
  clientMessageId?: string;
}
