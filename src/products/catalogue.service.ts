import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { type Cursor, decodeCursor, encodeCursor } from '../platform/http/cursor.js';
import { Page } from '../platform/http/page.js';
import { productRange } from './product-range.js';
import { searchProducts } from './product-search.js';
import { Product } from './product.schema.js';

/** A page of what a shop sells, as customers turn it. */
export interface CatalogueQuery {
  limit: number;
  cursor?: string;
  category?: string;
  q?: string;
}

/** Tells whether a product is still what it was. */
export type ProductRevision = Pick<Product, '_id' | 'revision'>;

/** What the database keeps for itself, and would only be carried about. */
const NOT_SHOWN = { searchWords: 0, pendingStockChanges: 0 } as const;

/** The catalogue as customers see it, oldest first. */
@Injectable()
export class CatalogueService {
  constructor(@InjectModel(Product.name) private readonly products: Model<Product>) {}

  async list(shopId: string, query: CatalogueQuery): Promise<Page<Product>> {
    return this.page<Product>(shopId, query, NOT_SHOWN);
  }

  /** The page that `list` gives, by its products' revisions: while these are the same, so is that. */
  async listRevisions(shopId: string, query: CatalogueQuery): Promise<Page<ProductRevision>> {
    return this.page<ProductRevision>(shopId, query, { revision: 1 });
  }

  private async page<Row extends ProductRevision>(
    shopId: string,
    { limit, cursor, category, q }: CatalogueQuery,
    fields: Record<string, 0 | 1>,
  ): Promise<Page<Row>> {
    const range = productRange({ limit, category, q });
    if (!range) return new Page<Row>([], null);
    const { conditions, order, index, collation } = range;
    const afterId = cursor ? decodeCursor(cursor).id : undefined;
    if (range.words.length > 1) {
      const search = { range, after: afterId, limit, fields };
      const { rows, last } = await searchProducts(this.products, shopId, search);
      return new Page<Row>(rows as unknown as Row[], last && encodeCursor(positionOf(last)));
    }
    const after = afterId ? { _id: { $gt: afterId } } : {};
    const found = this.products
      .find({ shopId, $and: [...conditions, after] }, fields)
      .sort(order)
      .limit(limit + 1)
      .hint(index);
    const rows = await (collation ? found.collation(collation) : found).lean<Row[]>();
    return Page.of(rows, limit, positionOf);
  }
}

function positionOf({ _id }: ProductRevision): Cursor {
  return { at: 0, id: _id.toHexString() };
}
