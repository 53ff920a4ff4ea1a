import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength, MinLength } from 'class-validator';

export class ChangePasswordDto {
  @ApiProperty({ maxLength: 200, example: 'the pass phrase of today' })
  @IsString()
  @MaxLength(200)
  currentPassword: string;

  @ApiProperty({ minLength: 8, maxLength: 200, example: 'another pass phrase' })
  @IsString()
  @MinLength(8)
  @MaxLength(200)
  password: string;
}
