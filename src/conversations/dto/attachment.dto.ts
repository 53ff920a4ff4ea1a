import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import {
  MAX_DATA_URL_CHARACTERS,
  PictureInput,
} from '../../platform/http/picture-input.decorator.js';
import { ATTACHMENT_TYPES, type AttachmentType } from '../message.schema.js';

export class AttachmentDto {
  @ApiProperty({ enum: ATTACHMENT_TYPES, example: 'image' })
  @IsIn(ATTACHMENT_TYPES)
  type: AttachmentType;

  @ApiProperty({
    description: 'A file as a data URL, which is stored, or the address of one.',
    maxLength: MAX_DATA_URL_CHARACTERS,
    example: 'https://media.example.com/chat/beans.webp',
  })
  @PictureInput('file')
  url: string;

  @ApiPropertyOptional({ maxLength: 200, example: 'beans.webp' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  name?: string;
}
