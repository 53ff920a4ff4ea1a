import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';
import { EmailInput } from '../../platform/http/email-input.decorator.js';

export class LoginDto {
  @EmailInput()
  email: string;

  @ApiProperty({ maxLength: 200, example: 'a long pass phrase' })
  @IsString()
  @MaxLength(200)
  password: string;
}
