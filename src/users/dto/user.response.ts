import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { USER_ROLES, type User, type UserRole } from '../user.schema.js';

/** A person as they see themselves. */
export class UserResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0001' })
  id: string;

  @ApiProperty({ example: 'mya@example.com' })
  email: string;

  @ApiProperty({ example: 'mya' })
  username: string;

  @ApiProperty({ enum: USER_ROLES, example: 'owner' })
  role: UserRole;

  @ApiPropertyOptional({ example: 'https://media.example.com/avatars/mya.webp' })
  avatarUrl?: string;

  @ApiProperty({ description: 'Whether the address was proven by a link.', example: true })
  emailVerified: boolean;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  createdAt: string;

  @ApiPropertyOptional({ format: 'date-time', example: '2026-11-23T10:00:00.000Z' })
  lastLogin?: string;

  static from(user: User): UserResponse {
    return {
      id: user._id.toHexString(),
      email: user.email,
      username: user.username,
      role: user.role,
      avatarUrl: user.avatarUrl,
      emailVerified: user.emailVerifiedAt !== undefined,
      createdAt: user.createdAt.toISOString(),
      lastLogin: user.lastLogin?.toISOString(),
    };
  }
}
