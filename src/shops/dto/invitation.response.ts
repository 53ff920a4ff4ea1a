import { ApiProperty } from '@nestjs/swagger';
import type { Invitation } from '../invitation.schema.js';
import { SHOP_ROLES, type ShopRole } from '../permissions.js';

/** An open invitation; its link went to the address alone. */
export class InvitationResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0009' })
  id: string;

  @ApiProperty({ example: 'aung@example.com' })
  email: string;

  @ApiProperty({ enum: SHOP_ROLES, example: 'agent' })
  role: ShopRole;

  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0001' })
  invitedBy: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  createdAt: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-30T09:00:00.000Z' })
  expiresAt: string;

  static from(invitation: Invitation): InvitationResponse {
    return {
      id: invitation._id.toHexString(),
      email: invitation.email,
      role: invitation.role,
      invitedBy: invitation.invitedBy.toHexString(),
      createdAt: invitation.createdAt.toISOString(),
      expiresAt: invitation.expiresAt.toISOString(),
    };
  }
}
