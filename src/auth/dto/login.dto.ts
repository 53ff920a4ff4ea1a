import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';

export class LoginDto {
  @ApiProperty({ maxLength: 254, example: 'mya@example.com' })
  @IsString()
  @MaxLength(254)
  email: string;

  @ApiProperty({ maxLength: 200, example: 'a long pass phrase' })
  @IsString()
  @MaxLength(200)
  password: string;
}
