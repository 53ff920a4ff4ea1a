import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Shop } from '../../shops/shop.schema.js';

/** A shop as its customers see it. */
export class PublicShopResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0002' })
  id: string;

  @ApiProperty({ example: 'Mya Coffee' })
  name: string;

  @ApiProperty({ example: 'mya-coffee' })
  slug: string;

  @ApiProperty({ description: 'ISO 4217.', example: 'USD' })
  currency: string;

  @ApiPropertyOptional({ example: 'https://media.example.com/logos/mya.webp' })
  logoUrl?: string;

  static from(shop: Shop): PublicShopResponse {
    return {
      id: shop._id.toHexString(),
      name: shop.name,
      slug: shop.slug,
      currency: shop.currency,
      logoUrl: shop.logoUrl,
    };
  }
}
