import { AppError } from '../platform/http/app-error.js';
import { isObjectIdHex } from '../platform/http/object-id.pipe.js';
import type { Product } from './product.schema.js';

export const PRODUCT_SORTS = ['createdAt', 'name', 'retailPrice', 'stock'] as const;
export type ProductSort = (typeof PRODUCT_SORTS)[number];

/** Where a page of products ended. */
export interface ProductPosition {
  /** What it is sorted by; null in the order of creation, which is that of the ids. */
  value: string | number | null;
  id: string;
}

/** A name of 200 characters, each of which takes six. */
export const MAX_CURSOR_CHARACTERS = 2_000;

export function positionOf(product: Product, sort: ProductSort): ProductPosition {
  return { value: sort === 'createdAt' ? null : product[sort], id: product._id.toHexString() };
}

/** The opaque form in which a position travels; it tells its order, and fits no other. */
export function encodePosition({ value, id }: ProductPosition, sort: ProductSort): string {
  return Buffer.from(JSON.stringify([sort, value, id])).toString('base64url');
}

/** @throws AppError `invalid_cursor` for anything `encodePosition` did not make for this `sort` */
export function decodePosition(text: string, sort: ProductSort): ProductPosition {
  const [madeFor, value, id] = readJson(Buffer.from(text, 'base64url').toString());
  if (madeFor === sort && isObjectIdHex(id) && isValue(value, sort)) return { value, id };
  throw new AppError(
    'invalid_cursor',
    'The cursor is not one of this order: pass meta.nextCursor of the page before, or leave it out.',
  );
}

function isValue(value: unknown, sort: ProductSort): value is ProductPosition['value'] {
  if (sort === 'createdAt') return value === null;
  return sort === 'name' ? typeof value === 'string' : Number.isFinite(value);
}

function readJson(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
