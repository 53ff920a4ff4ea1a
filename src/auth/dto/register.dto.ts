import { ApiProperty } from '@nestjs/swagger';
import { IsString, Matches, MaxLength, MinLength } from 'class-validator';
import { EmailInput } from '../../platform/http/email-input.decorator.js';

export class RegisterDto {
  @EmailInput()
  email: string;

  @ApiProperty({ minLength: 8, maxLength: 200, example: 'a long pass phrase' })
  @IsString()
  @MinLength(8)
  @MaxLength(200)
  password: string;

  @ApiProperty({ pattern: '^[A-Za-z0-9_-]{3,20}$', example: 'mya' })
  @Matches(/^[A-Za-z0-9_-]{3,20}$/, {
    message: 'username must be 3 to 20 letters, digits, _ or -',
  })
  username: string;
}
