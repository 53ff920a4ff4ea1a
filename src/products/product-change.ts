import { isDeepStrictEqual } from 'node:util';
import { type PipelineStage, type QueryFilter, Types } from 'mongoose';
import { AppError } from '../platform/http/app-error.js';
import type { Shop } from '../shops/shop.schema.js';
import type { UpdateProductDto } from './dto/update-product.dto.js';
import {
  contentOf,
  type KeptProductDto,
  pickContent,
  type ProductContent,
} from './product-content.js';
import type { Product } from './product.schema.js';
import { stockUpdate } from './stock-change.js';
import type { StockCause } from './stock.service.js';

/** Who changes the products of a shop, and why their stock moves with them. */
export interface ChangeCause extends StockCause {
  shop: Shop;
}

/** A product but for what it gets when it is written. */
export type NewProduct = Omit<Product, 'createdAt' | 'updatedAt' | 'revision'>;

/** An update that is made only while what it was computed from still holds. */
interface ProductChange {
  filter: QueryFilter<Product>;
  stages: Extract<PipelineStage, { $set: unknown }>[];
}

/**
 * What makes `known` into what `dto` says; undefined when it is so already.
 * @throws AppError `validation_failed`, or `conflict` for a stock that has moved since it was read
 */
export function changeOf(
  known: Product,
  dto: KeptProductDto,
  cause: ChangeCause,
): ProductChange | undefined {
  const content = contentOf(dto, cause.shop.currency, known);
  const stock = stockOf(known, dto, content);
  const setsStock = stock !== known.stock;
  if (!setsStock && isDeepStrictEqual(content, pickContent(known))) return undefined;
  const at = new Date();
  const change = {
    _id: new Types.ObjectId(),
    reason: cause.reason,
    orderId: null,
    by: cause.by,
    note: cause.note ?? '',
    at,
    held: false,
  };
  const { shopId, _id, contentVersion, stockVersion } = known;
  return {
    filter: { shopId, _id, contentVersion, ...(setsStock ? { stockVersion } : {}) },
    stages: [contentStage(content, at), ...(setsStock ? stockUpdate(stock, change) : [])],
  };
}

/** Only counted things have a stock, and nobody sets one over a change they have not seen. */
function stockOf(known: Product, dto: UpdateProductDto, { itemType }: ProductContent) {
  if (itemType === 'service') return null;
  if (dto.stock === undefined || dto.stock === known.stock) return known.stock;
  const readAt = dto.updatedAt ? new Date(dto.updatedAt) : null;
  if (readAt && known.stockChangedAt && known.stockChangedAt > readAt) {
    const now = known.stock === null ? 'it is not counted now' : `${known.stock} are left now`;
    throw AppError.conflict(
      'conflict',
      `The stock has changed since you read this product, ${now}: read it again.`,
    );
  }
  return dto.stock;
}

/** As they are: a text that begins with $ is not the name of a field. */
function contentStage(content: ProductContent, at: Date): ProductChange['stages'][number] {
  const literals = Object.entries(content).map(([field, value]) => [field, { $literal: value }]);
  return {
    $set: {
      ...Object.fromEntries(literals),
      contentVersion: { $add: [{ $ifNull: ['$contentVersion', 0] }, 1] },
      updatedAt: at,
    },
  };
}
