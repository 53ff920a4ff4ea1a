import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, IsUrl, MaxLength } from 'class-validator';
import { ATTACHMENT_TYPES, type AttachmentType } from '../message.schema.js';

export class AttachmentDto {
  @ApiProperty({ enum: ATTACHMENT_TYPES, example: 'image' })
  @IsIn(ATTACHMENT_TYPES)
  type: AttachmentType;

  @ApiProperty({ maxLength: 2000, example: 'https://media.example.com/chat/beans.webp' })
  @MaxLength(2000)
  @IsUrl(
    { protocols: ['http', 'https'], require_protocol: true, require_tld: false },
    { message: 'url must be an http or https address' },
  )
  url: string;

  @ApiPropertyOptional({ maxLength: 200, example: 'beans.webp' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  name?: string;
}
