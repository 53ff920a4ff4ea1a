import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { SHOP_ROLES, type ShopRole } from '../permissions.js';
import type { TeamPerson } from '../team.service.js';

/** A member of a shop's team, with their name. */
export class TeamPersonResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0003' })
  userId: string;

  @ApiPropertyOptional({ description: 'Left out when the account is gone.', example: 'aung' })
  username?: string;

  @ApiPropertyOptional({ example: 'https://media.example.com/avatars/aung.webp' })
  avatarUrl?: string;

  @ApiProperty({ enum: SHOP_ROLES, example: 'agent' })
  role: ShopRole;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  addedAt: string;

  static from({ member, user }: TeamPerson): TeamPersonResponse {
    return {
      userId: member.userId.toHexString(),
      username: user?.username,
      avatarUrl: user?.avatarUrl,
      role: member.role,
      addedAt: member.addedAt.toISOString(),
    };
  }
}
