import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';

export class RefreshDto {
  @ApiPropertyOptional({
    description: 'Only with `X-Token-Transport: body`; browsers send it as a cookie.',
    maxLength: 200,
    example: '6741c0c0a5f2d13b8c9e0001.1.PZ2mSxrTjZL4pJxvW0S7mXfYy4m2hHn0Vn4aU1x0hJk',
  })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  refreshToken?: string;
}
