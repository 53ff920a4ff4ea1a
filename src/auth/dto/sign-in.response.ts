import { ApiProperty } from '@nestjs/swagger';
import { UserResponse } from '../../users/dto/user.response.js';
import type { SignIn } from '../auth.service.js';

export class SignInResponse {
  @ApiProperty({ type: UserResponse })
  user: UserResponse;

  @ApiProperty({
    description: 'Access token, 15 minutes: `Authorization: Bearer`.',
    example: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI2NzQxIn0.c2lnbmF0dXJl',
  })
  token: string;

  static from({ user, token }: SignIn): SignInResponse {
    return { user: UserResponse.from(user), token };
  }
}
