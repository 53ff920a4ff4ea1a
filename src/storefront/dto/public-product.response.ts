import { ApiProperty } from '@nestjs/swagger';
import { thumbnailOf } from '../../media/media-paths.js';
import { toDecimal } from '../../platform/money/money.js';
import type { PricedProduct } from '../../products/priced-product.js';
import { ITEM_TYPES, type ItemType } from '../../products/product.schema.js';

/** A product as customers see it: nothing of what the seller paid. */
export class PublicProductResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0003' })
  id: string;

  @ApiProperty({ example: 'Coffee beans, 1 kg' })
  name: string;

  @ApiProperty({ example: 'Roasted this week.' })
  description: string;

  @ApiProperty({ example: 19.99 })
  retailPrice: number;

  @ApiProperty({
    description: "What one costs today, in the shop's time zone: what an order is charged.",
    example: 17.5,
  })
  currentPrice: number;

  @ApiProperty({ type: Number, nullable: true, example: 17.5 })
  promoPrice: number | null;

  @ApiProperty({ type: String, format: 'date', nullable: true, example: '2026-11-23' })
  promoStartDate: string | null;

  @ApiProperty({ type: String, format: 'date', nullable: true, example: '2026-11-30' })
  promoEndDate: string | null;

  @ApiProperty({
    description: 'Pieces left; null: not counted.',
    type: 'integer',
    nullable: true,
    example: 10,
  })
  stock: number | null;

  @ApiProperty({ example: 'https://media.example.com/products/beans.webp' })
  imageUrl: string;

  @ApiProperty({
    description: 'A small WebP picture for lists; `imageUrl` where we do not store the picture.',
    example: 'https://media.example.com/products/beans.webp',
  })
  thumbnailUrl: string;

  @ApiProperty({ example: 'Coffee' })
  category: string;

  @ApiProperty({ enum: ITEM_TYPES, example: 'product' })
  itemType: ItemType;

  @ApiProperty({ example: 'One year' })
  warranty: string;

  @ApiProperty({ description: 'How long a service takes.', example: '45 minutes' })
  duration: string;

  @ApiProperty({ description: 'Where a service is given.', example: '12 Strand Road, Yangon' })
  location: string;

  @ApiProperty({
    description: 'The form by which it is ordered.',
    type: String,
    nullable: true,
    example: '6741c0c0a5f2d13b8c9e0004',
  })
  formId: string | null;

  @ApiProperty({ description: 'ISO 4217, of the amounts.', example: 'USD' })
  currency: string;

  static from(product: PricedProduct): PublicProductResponse {
    const { currency, promoPrice } = product;
    return {
      id: product._id.toHexString(),
      name: product.name,
      description: product.description,
      retailPrice: toDecimal(product.retailPrice, currency),
      currentPrice: toDecimal(product.currentPrice, currency),
      promoPrice: promoPrice === null ? null : toDecimal(promoPrice, currency),
      promoStartDate: product.promoStartDate,
      promoEndDate: product.promoEndDate,
      stock: product.stock,
      imageUrl: product.imageUrl,
      thumbnailUrl: thumbnailOf(product.imageUrl),
      category: product.category,
      itemType: product.itemType,
      warranty: product.warranty,
      duration: product.duration,
      location: product.location,
      formId: product.formId,
      currency,
    };
  }
}
