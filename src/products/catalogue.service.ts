import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, ProjectionType } from 'mongoose';
import { decodeCursor } from '../platform/http/cursor.js';
import { Page } from '../platform/http/page.js';
import { productRange } from './product-range.js';
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

/** The catalogue as customers see it, oldest first. */
@Injectable()
export class CatalogueService {
  constructor(@InjectModel(Product.name) private readonly products: Model<Product>) {}

  async list(shopId: string, query: CatalogueQuery): Promise<Page<Product>> {
    return this.page<Product>(shopId, query, {});
  }

  /** The page that `list` gives, by its products' revisions: while these are the same, so is that. */
  async listRevisions(shopId: string, query: CatalogueQuery): Promise<Page<ProductRevision>> {
    return this.page<ProductRevision>(shopId, query, { revision: 1 });
  }

  private async page<Row extends ProductRevision>(
    shopId: string,
    { limit, cursor, category, q }: CatalogueQuery,
    projection: ProjectionType<Product>,
  ): Promise<Page<Row>> {
    const range = productRange({ limit, category, q });
    if (!range) return new Page<Row>([], null);
    const { conditions, order, index, collation } = range;
    const after = cursor ? { _id: { $gt: decodeCursor(cursor).id } } : {};
    const found = this.products
      .find({ shopId, $and: [...conditions, after] }, projection)
      .sort(order)
      .limit(limit + 1)
      .hint(index);
    const rows = await (collation ? found.collation(collation) : found).lean<Row[]>();
    return Page.of(rows, limit, ({ _id }) => ({ at: 0, id: _id.toHexString() }));
  }
}
