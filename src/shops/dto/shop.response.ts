import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { SHOP_ROLES, type ShopRole } from '../permissions.js';
import type { Shop } from '../shop.schema.js';

export class TeamMemberResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0001' })
  userId: string;

  @ApiProperty({ enum: SHOP_ROLES, example: 'owner' })
  role: ShopRole;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  addedAt: string;
}

/** A shop as its team sees it. */
export class ShopResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0002' })
  id: string;

  @ApiProperty({ example: 'Mya Coffee' })
  name: string;

  @ApiProperty({ example: 'mya-coffee' })
  slug: string;

  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0001' })
  ownerId: string;

  @ApiProperty({ type: [TeamMemberResponse] })
  team: TeamMemberResponse[];

  @ApiProperty({ description: 'ISO 4217.', example: 'USD' })
  currency: string;

  @ApiProperty({ description: 'IANA name.', example: 'Asia/Yangon' })
  timeZone: string;

  @ApiProperty({ example: 'Coffee from the Shan hills.' })
  description: string;

  @ApiPropertyOptional({ example: 'https://media.example.com/logos/mya.webp' })
  logoUrl?: string;

  @ApiProperty({ example: '+95 9 123 456' })
  phone: string;

  @ApiProperty({ example: 'hello@mya.example' })
  email: string;

  @ApiProperty({ example: '12 Strand Road, Yangon' })
  address: string;

  @ApiProperty({ description: "Number of the shop's last change.", example: 42 })
  seq: number;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  createdAt: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  updatedAt: string;

  static from(shop: Shop): ShopResponse {
    return {
      id: shop._id.toHexString(),
      name: shop.name,
      slug: shop.slug,
      ownerId: shop.ownerId.toHexString(),
      team: shop.team.map(({ userId, role, addedAt }) => ({
        userId: userId.toHexString(),
        role,
        addedAt: addedAt.toISOString(),
      })),
      currency: shop.currency,
      timeZone: shop.timeZone,
      description: shop.description,
      logoUrl: shop.logoUrl,
      phone: shop.phone,
      email: shop.email,
      address: shop.address,
      seq: shop.seq,
      createdAt: shop.createdAt.toISOString(),
      updatedAt: shop.updatedAt.toISOString(),
    };
  }
}
