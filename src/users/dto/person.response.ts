import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { User } from '../user.schema.js';

/** A person as others see them. */
export class PersonResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0003' })
  id: string;

  @ApiProperty({ example: 'aung' })
  username: string;

  @ApiPropertyOptional({ example: 'https://media.example.com/avatars/aung.webp' })
  avatarUrl?: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  createdAt: string;

  static from(user: User): PersonResponse {
    return {
      id: user._id.toHexString(),
      username: user.username,
      avatarUrl: user.avatarUrl,
      createdAt: user.createdAt.toISOString(),
    };
  }
}
