import { ApiProperty } from '@nestjs/swagger';
import { IsString, Matches, MaxLength } from 'class-validator';

export class LinkFacebookDto {
  @ApiProperty({
    description: 'From the result of the sign-in with Facebook; serves once, for 10 minutes.',
    pattern: '^[A-Za-z0-9_-]{43}$',
    example: 'PZ2mSxrTjZL4pJxvW0S7mXfYy4m2hHn0Vn4aU1x0hJk',
  })
  @Matches(/^[A-Za-z0-9_-]{43}$/, { message: 'handle must be the one of the sign-in result' })
  handle: string;

  @ApiProperty({
    description: 'Of the account that has the same e-mail.',
    maxLength: 200,
    example: 'a long pass phrase',
  })
  @IsString()
  @MaxLength(200)
  password: string;
}
