import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import {
  MAX_DATA_URL_CHARACTERS,
  PictureInput,
} from '../../platform/http/picture-input.decorator.js';

export class CustomerAttachmentDto {
  @ApiProperty({
    description: 'A file as a data URL, or the address of one that was uploaded to this chat.',
    maxLength: MAX_DATA_URL_CHARACTERS,
    example:
      'https://api.example.com/media/private/6741c0c0a5f2d13b8c9e0041/0f343b0931126a20f133d67c2b018a3b.jpg',
  })
  @PictureInput('file')
  url: string;

  @ApiPropertyOptional({ maxLength: 200, example: 'transfer.jpg' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  name?: string;
}
