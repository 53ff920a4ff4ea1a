import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Shop } from '../../shops/shop.schema.js';
import { PublicPaymentMethodResponse } from './public-payment-method.response.js';

/** A shop as its customers see it. */
export class PublicShopResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0002' })
  id: string;

  @ApiProperty({ example: 'Mya Coffee' })
  name: string;

  @ApiProperty({ example: 'mya-coffee' })
  slug: string;

  @ApiProperty({ example: 'Coffee from the Shan hills.' })
  description: string;

  @ApiProperty({ description: 'ISO 4217.', example: 'USD' })
  currency: string;

  @ApiProperty({ description: 'IANA name.', example: 'Asia/Yangon' })
  timeZone: string;

  @ApiPropertyOptional({ example: 'https://media.example.com/logos/mya.webp' })
  logoUrl?: string;

  @ApiProperty({ example: '+95 9 123 456' })
  phone: string;

  @ApiProperty({ example: 'hello@mya.example' })
  email: string;

  @ApiProperty({ example: '12 Strand Road, Yangon' })
  address: string;

  @ApiProperty({ type: [PublicPaymentMethodResponse] })
  paymentMethods: PublicPaymentMethodResponse[];

  static from(shop: Shop, paymentMethods: PublicPaymentMethodResponse[]): PublicShopResponse {
    return {
      id: shop._id.toHexString(),
      name: shop.name,
      slug: shop.slug,
      description: shop.description,
      currency: shop.currency,
      timeZone: shop.timeZone,
      logoUrl: shop.logoUrl,
      phone: shop.phone,
      email: shop.email,
      address: shop.address,
      paymentMethods,
    };
  }
}
