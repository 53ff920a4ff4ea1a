import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Matches, MaxLength, MinLength, ValidateIf } from 'class-validator';
import {
  MAX_DATA_URL_CHARACTERS,
  PictureInput,
} from '../../platform/http/picture-input.decorator.js';

export class UpdateProfileDto {
  @ApiPropertyOptional({ pattern: '^[A-Za-z0-9_-]{3,20}$', example: 'mya' })
  @IsOptional()
  @Matches(/^[A-Za-z0-9_-]{3,20}$/, {
    message: 'username must be 3 to 20 letters, digits, _ or -',
  })
  username?: string;

  @ApiPropertyOptional({
    description: 'A picture as a data URL, which is stored, or its address; empty removes it.',
    maxLength: MAX_DATA_URL_CHARACTERS,
    example: 'https://media.example.com/avatars/mya.webp',
  })
  @ValidateIf(({ avatarUrl }: UpdateProfileDto) => (avatarUrl ?? '') !== '')
  @PictureInput()
  avatarUrl?: string;

  @ApiPropertyOptional({
    description:
      "The app's name for a new password, in clear: taken without the old one within 10 minutes " +
      'of a sign-in with the password.',
    minLength: 8,
    maxLength: 200,
    example: 'another pass phrase',
  })
  // Left empty, as a form sends it, it asks for nothing.
  @ValidateIf(({ passwordHash }: UpdateProfileDto) => (passwordHash ?? '') !== '')
  @IsString()
  @MinLength(8)
  @MaxLength(200)
  passwordHash?: string;

  @ApiPropertyOptional({
    description: 'The password of today, with `password`.',
    maxLength: 200,
    example: 'the pass phrase of today',
  })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  currentPassword?: string;

  @ApiPropertyOptional({
    description: 'A new password, with `currentPassword`.',
    minLength: 8,
    maxLength: 200,
    example: 'another pass phrase',
  })
  @IsOptional()
  @IsString()
  @MinLength(8)
  @MaxLength(200)
  password?: string;
}
