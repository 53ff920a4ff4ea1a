import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsObject,
  IsOptional,
  IsString,
  MaxLength,
  MinLength,
  ValidateNested,
} from 'class-validator';
import { CustomerAttachmentDto } from './customer-attachment.dto.js';

export class SendCustomerMessageDto {
  @ApiProperty({
    description: 'May be empty with an attachment only.',
    maxLength: 5000,
    example: 'Two, please.',
  })
  @IsString()
  @MaxLength(5000)
  text: string;

  @ApiPropertyOptional({ type: CustomerAttachmentDto, nullable: true })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => CustomerAttachmentDto)
  attachment?: CustomerAttachmentDto | null;

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
