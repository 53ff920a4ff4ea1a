import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';

export class FacebookSignInQuery {
  @ApiPropertyOptional({
    description: 'Address in the app to go to afterwards; without it a popup is assumed.',
    maxLength: 1000,
    example: 'https://app.example/auth/callback',
  })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  redirect?: string;
}
