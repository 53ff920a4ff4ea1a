import { type Model, Types } from 'mongoose';
import { boundedScan, rarestFirst } from '../platform/database/bounded-scan.js';
import type { ProductRange } from './product-range.js';
import type { Product } from './product.schema.js';

/** A page of a search for several words, in one of its orders of creation. */
export interface ProductSearch {
  range: ProductRange;
  /** Id of the product after which the page begins. */
  after: string | undefined;
  limit: number;
  fields: Record<string, 0 | 1>;
}

/** The products of a page, and the one after which the next goes on; null when there is none. */
export interface FoundProducts {
  rows: Product[];
  last: Product | null;
}

/**
 * Looks at a bounded number of products: where few have all of the words, a page may be short, or
 * empty, and the next one goes on from there.
 */
export async function searchProducts(
  products: Model<Product>,
  shopId: string,
  { range: { words, order, index }, after, limit, fields }: ProductSearch,
): Promise<FoundProducts> {
  const shop = new Types.ObjectId(shopId);
  const [word, ...others] = await rarestFirst(products, shop, words, index);
  const beyond = order['_id'] === 1 ? '$gt' : '$lt';
  const isAfter = after ? { _id: { [beyond]: new Types.ObjectId(after) } } : {};
  const { rows, stoppedAt } = await boundedScan(products, {
    range: { shopId: shop, searchWords: word, ...isAfter },
    rest: { searchWords: { $all: others } },
    order,
    index,
    limit,
    fields,
  });
  const page = rows.slice(0, limit);
  return { rows: page, last: (rows.length > limit ? page.at(-1) : stoppedAt) ?? null };
}
