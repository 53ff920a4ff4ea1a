import { ApiProperty } from '@nestjs/swagger';
import { thumbnailOf } from '../../media/media-paths.js';
import { toDecimal } from '../../platform/money/money.js';
import { ITEM_TYPES, type ItemType, type ProductButton } from '../product.schema.js';
import type { PricedProduct } from '../priced-product.js';

/** A product as the shop's team sees it. */
export class ProductResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0003' })
  id: string;

  @ApiProperty({ example: 'Coffee beans, 1 kg' })
  name: string;

  @ApiProperty({ example: 'Roasted this week.' })
  description: string;

  @ApiProperty({ example: 'Free delivery this week' })
  facebookSubtitle: string;

  @ApiProperty({ example: 19.99 })
  retailPrice: number;

  @ApiProperty({
    description: "What it costs today, in the shop's time zone: `promoPrice` between its days.",
    example: 17.5,
  })
  currentPrice: number;

  @ApiProperty({ description: "The seller's cost.", type: Number, nullable: true, example: 11.5 })
  originalPrice: number | null;

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

  @ApiProperty({ example: 'BEANS-1KG' })
  sku: string;

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

  @ApiProperty({ example: '1 year' })
  warranty: string;

  @ApiProperty({ example: '45 minutes' })
  duration: string;

  @ApiProperty({ example: '12 Strand Road, Yangon' })
  location: string;

  @ApiProperty({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    example: [{ title: 'Order', action: 'open_form' }],
  })
  buttons: ProductButton[];

  @ApiProperty({ type: String, nullable: true, example: '6741c0c0a5f2d13b8c9e0004' })
  formId: string | null;

  @ApiProperty({ description: 'ISO 4217, of the amounts.', example: 'USD' })
  currency: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  createdAt: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  updatedAt: string;

  static from(product: PricedProduct): ProductResponse {
    const decimal = (minor: number | null): number | null =>
      minor === null ? null : toDecimal(minor, product.currency);
    return {
      id: product._id.toHexString(),
      name: product.name,
      description: product.description,
      facebookSubtitle: product.facebookSubtitle,
      retailPrice: toDecimal(product.retailPrice, product.currency),
      currentPrice: toDecimal(product.currentPrice, product.currency),
      originalPrice: decimal(product.originalPrice),
      promoPrice: decimal(product.promoPrice),
      promoStartDate: product.promoStartDate,
      promoEndDate: product.promoEndDate,
      stock: product.stock,
      sku: product.sku,
      imageUrl: product.imageUrl,
      thumbnailUrl: thumbnailOf(product.imageUrl),
      category: product.category,
      itemType: product.itemType,
      warranty: product.warranty,
      duration: product.duration,
      location: product.location,
      buttons: product.buttons,
      formId: product.formId,
      currency: product.currency,
      createdAt: product.createdAt.toISOString(),
      updatedAt: product.updatedAt.toISOString(),
    };
  }
}
