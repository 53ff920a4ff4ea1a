import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { MAX_PICTURE_CHARACTERS, PICTURE_DATA_URL } from '../proof-picture.js';

export class TransferProofDto {
  @ApiPropertyOptional({
    description: "The bank's number of the transfer; this or a picture is needed.",
    maxLength: 100,
    example: '0100 2345 6789',
  })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  reference?: string;

  @ApiPropertyOptional({
    description: 'A picture of it as a data URL: PNG, JPEG or WebP of at most 5 MB.',
    maxLength: MAX_PICTURE_CHARACTERS,
    example:
      'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_PICTURE_CHARACTERS)
  @Matches(PICTURE_DATA_URL, { message: 'must be a PNG, JPEG or WebP picture as a data URL' })
  picture?: string;
}
