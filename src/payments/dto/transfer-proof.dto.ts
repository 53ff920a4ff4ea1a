import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import {
  MAX_DATA_URL_CHARACTERS,
  PictureInput,
} from '../../platform/http/picture-input.decorator.js';

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
    description: 'A picture of it as a data URL, or the address of one that was uploaded here.',
    maxLength: MAX_DATA_URL_CHARACTERS,
    example:
      'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  })
  @IsOptional()
  @PictureInput()
  picture?: string;
}
