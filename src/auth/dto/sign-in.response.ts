import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
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

  @ApiPropertyOptional({
    description: 'Only with `X-Token-Transport: body`; browsers get it as a cookie.',
    example: '6741c0c0a5f2d13b8c9e0001.1.PZ2mSxrTjZL4pJxvW0S7mXfYy4m2hHn0Vn4aU1x0hJk',
  })
  refreshToken?: string;

  static from(
    { user, accessToken, refreshToken }: SignIn,
    { withRefreshToken }: { withRefreshToken: boolean },
  ): SignInResponse {
    return {
      user: UserResponse.from(user),
      token: accessToken,
      ...(withRefreshToken ? { refreshToken } : {}),
    };
  }
}
