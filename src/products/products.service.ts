import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, QueryFilter, Types } from 'mongoose';
import { Flights } from '../platform/database/flights.js';
import { AppError } from '../platform/http/app-error.js';
import { Page } from '../platform/http/page.js';
import { ShopEditsService } from '../shops/shop-edits.service.js';
import { ShopsService } from '../shops/shops.service.js';
import type { ListProductsQuery } from './dto/list-products.query.js';
import { type PricedProduct, withPrices } from './priced-product.js';
import { decodePosition, encodePosition, positionOf } from './product-cursor.js';
import { productRange, type ProductRange, rangesAfter } from './product-range.js';
import { searchProducts } from './product-search.js';
import { Product } from './product.schema.js';

/** What products are known by in a file. */
interface ProductKeys {
  ids: string[];
  skus: string[];
  importKeys: string[];
}

/** Products that are there already. */
export interface KnownProducts {
  byId: Map<string, Product>;
  bySku: Map<string, Product>;
  byImportKey: Map<string, Product>;
}

/** What the database keeps for itself, and would only be carried about. */
const NOT_SHOWN = { searchWords: 0, pendingStockChanges: 0 } as const;

/** Reads the catalogue. */
@Injectable()
export class ProductsService implements OnModuleInit {
  private readonly lists = new Flights<Page<PricedProduct>>();
  private readonly chosen = new Flights<Product[]>();

  constructor(
    @InjectModel(Product.name) private readonly products: Model<Product>,
    private readonly shops: ShopsService,
    private readonly shopEdits: ShopEditsService,
  ) {}

  onModuleInit(): void {
    this.shopEdits.keepCurrencyWhile(
      async (shopId) => (await this.products.exists({ shopId })) !== null,
    );
  }

  /** All tabs of a team ask for the same list when they hear of a change: one read answers them. */
  async list(shopId: string, query: ListProductsQuery): Promise<Page<PricedProduct>> {
    return this.lists.share(JSON.stringify([shopId, query]), () => this.readList(shopId, query));
  }

  /** As `listByIds`, for orders: a rush on the same products reads them once. */
  async listOrdered(shopId: string, ids: string[]): Promise<Product[]> {
    return this.chosen.share(JSON.stringify([shopId, ids]), () => this.listByIds(shopId, ids));
  }

  /** Those of `ids` that the shop has, in no order. */
  async listByIds(shopId: string, ids: string[]): Promise<Product[]> {
    return this.products
      .find({ shopId, _id: { $in: ids } })
      .limit(ids.length)
      .lean();
  }

  async mapKnown(shopId: string, { ids, skus, importKeys }: ProductKeys): Promise<KnownProducts> {
    const [withId, withSku, withKey] = await Promise.all([
      this.listByIds(shopId, ids),
      this.products.find({ shopId, sku: { $in: skus } }).lean(),
      this.products.find({ shopId, importKey: { $in: importKeys } }).lean(),
    ]);
    return {
      byId: new Map(withId.map((product) => [product._id.toHexString(), product])),
      bySku: new Map(withSku.map((product) => [product.sku, product])),
      byImportKey: new Map(withKey.map((product) => [product.importKey ?? '', product])),
    };
  }

  /** The whole catalogue in order of creation, `size` products at a time. */
  async *inBatches(shopId: string, size: number): AsyncGenerator<Product[]> {
    for (let after: Types.ObjectId | undefined; ;) {
      const filter = after ? { _id: { $gt: after } } : {};
      const rows = await this.products
        .find({ shopId, ...filter })
        .sort({ _id: 1 })
        .limit(size)
        .lean();
      yield rows;
      after = rows.at(-1)?._id;
      if (rows.length < size) return;
    }
  }

  async get(shopId: string, productId: string): Promise<PricedProduct> {
    const product = await this.products.findOne({ shopId, _id: productId }).lean();
    if (!product) throw AppError.notFound('product');
    const [priced] = await this.priced(shopId, [product]);
    return priced!;
  }

  private async readList(shopId: string, query: ListProductsQuery): Promise<Page<PricedProduct>> {
    const { limit, cursor } = query;
    const range = productRange(query);
    if (!range) return new Page<PricedProduct>([], null);
    const { sort } = range;
    const position = cursor ? decodePosition(cursor, sort) : undefined;
    if (range.words.length > 1) {
      const search = { range, after: position?.id, limit, fields: NOT_SHOWN };
      const { rows, last } = await searchProducts(this.products, shopId, search);
      const next = last && encodePosition(positionOf(last, sort), sort);
      return new Page(await this.priced(shopId, rows), next);
    }
    const parts = position ? rangesAfter(range, position) : [{}];
    const rows: Product[] = [];
    for (const part of parts) {
      const missing = limit + 1 - rows.length;
      if (missing > 0) rows.push(...(await this.read(shopId, range, part, missing)));
    }
    const items = await this.priced(shopId, rows.slice(0, limit));
    const last = rows.length > limit && items.at(-1);
    return new Page(items, last ? encodePosition(positionOf(last, sort), sort) : null);
  }

  private async read(
    shopId: string,
    { conditions, order, index, collation }: ProductRange,
    part: QueryFilter<Product>,
    limit: number,
  ): Promise<Product[]> {
    const found = this.products
      .find({ shopId, $and: [...conditions, part] }, NOT_SHOWN)
      .sort(order)
      .limit(limit)
      .hint(index);
    return (collation ? found.collation(collation) : found).lean<Product[]>();
  }

  private async priced(shopId: string, products: Product[]): Promise<PricedProduct[]> {
    return withPrices(products, () => this.shops.get(shopId));
  }
}
