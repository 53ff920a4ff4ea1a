import { ApiProperty } from '@nestjs/swagger';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';

export class RejectTransferDto {
  @ApiProperty({
    description: 'What the customer is told.',
    minLength: 1,
    maxLength: 300,
    example: 'The picture shows another amount.',
  })
  @IsString()
  @IsNotEmpty()
  @MaxLength(300)
  reason: string;
}
