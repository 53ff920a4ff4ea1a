import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  MaxLength,
  Min,
  MinLength,
  ValidateNested,
} from 'class-validator';
import { AttachmentDto } from './attachment.dto.js';

export class SendMessageDto {
  @ApiProperty({
    description: 'May be empty with an attachment only.',
    maxLength: 5000,
    example: 'Yes, we still have the beans.',
  })
  @IsString()
  @MaxLength(5000)
  text: string;

  @ApiPropertyOptional({ type: AttachmentDto, nullable: true })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => AttachmentDto)
  attachment?: AttachmentDto | null;

  @ApiPropertyOptional({
    description: 'A private note: never shown to the customer.',
    default: false,
    example: false,
  })
  @IsOptional()
  @IsBoolean()
  isNote?: boolean;

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

  @ApiPropertyOptional({
    description:
      'The last message number you have read: when more were given out since, the message is not ' +
      'added, and the answer (409) tells what is new.',
    type: 'integer',
    minimum: 0,
    example: 7,
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  expectedMessageNumber?: number;
}
