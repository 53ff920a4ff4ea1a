import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Matches, MaxLength, MinLength, ValidateIf } from 'class-validator';

export class UpdateProfileDto {
  @ApiPropertyOptional({ pattern: '^[A-Za-z0-9_-]{3,20}$', example: 'mya' })
  @IsOptional()
  @Matches(/^[A-Za-z0-9_-]{3,20}$/, {
    message: 'username must be 3 to 20 letters, digits, _ or -',
  })
  username?: string;

  @ApiPropertyOptional({
    description: 'Address of a picture; empty removes it.',
    maxLength: 2000,
    example: 'https://media.example.com/avatars/mya.webp',
  })
  @IsOptional()
  @MaxLength(2000, {
    message: 'avatarUrl must be the address of a picture, of at most 2000 characters',
  })
  @Matches(/^(?:https?:\/\/\S+)?$/, {
    message: 'avatarUrl must be the http(s) address of a picture, or empty to remove it',
  })
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
