import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';

export class OneTimeTokenDto {
  @ApiProperty({
    description: 'The token of the link in the e-mail.',
    maxLength: 100,
    example: 'dGhlIHRva2VuIG9mIHRoZSBsaW5rIGluIHRoZSBtYWls',
  })
  @IsString()
  @MaxLength(100)
  token: string;
}
