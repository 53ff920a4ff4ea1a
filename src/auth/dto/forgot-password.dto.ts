import { ApiProperty } from '@nestjs/swagger';
import { IsEmail, MaxLength } from 'class-validator';

export class ForgotPasswordDto {
  @ApiProperty({ maxLength: 254, example: 'mya@example.com' })
  @IsEmail()
  @MaxLength(254)
  email: string;
}
