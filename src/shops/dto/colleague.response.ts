import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { User } from '../../users/user.schema.js';

/** A person of one of the caller's shops, by what colleagues see of each other. */
export class ColleagueResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0003' })
  id: string;

  @ApiProperty({ example: 'aung' })
  username: string;

  @ApiPropertyOptional({ example: 'https://media.example.com/avatars/aung.webp' })
  avatarUrl?: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  createdAt: string;

  static from(user: User): ColleagueResponse {
    return {
      id: user._id.toHexString(),
      username: user.username,
      avatarUrl: user.avatarUrl,
      createdAt: user.createdAt.toISOString(),
    };
  }
}
