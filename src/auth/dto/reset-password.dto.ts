import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength, MinLength } from 'class-validator';
import { OneTimeTokenDto } from './one-time-token.dto.js';

export class ResetPasswordDto extends OneTimeTokenDto {
  @ApiProperty({ minLength: 8, maxLength: 200, example: 'another pass phrase' })
  @IsString()
  @MinLength(8)
  @MaxLength(200)
  password: string;
}
