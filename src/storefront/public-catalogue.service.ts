import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Flights } from '../platform/database/flights.js';
import type { Page } from '../platform/http/page.js';
import { CatalogueService, type ProductRevision } from '../products/catalogue.service.js';
import { dayIn, priceAt } from '../products/product-price.js';
import type { Product } from '../products/product.schema.js';
import { ShopsService } from '../shops/shops.service.js';
import { BoundedCache } from './bounded-cache.js';
import type { ListPublicProductsQuery } from './dto/list-public-products.query.js';
import { PublicProductResponse } from './dto/public-product.response.js';
import type { ReadyJson } from './ready-json.js';

/** An answer, and what it was made of. */
interface ReadyPage extends ReadyJson {
  shopId: string;
  state: string;
}

const MAX_CHARACTERS = 32 * 1024 * 1024;

/**
 * The public catalogue as ready-made answers. At each request the database tells which products
 * stand on the page and in which revision; only an answer made of just those, on this day, is given
 * again. So a change shows on the next read in every process, and nothing has to be told of it.
 */
@Injectable()
export class PublicCatalogueService {
  private readonly flights = new Flights<ReadyJson>();
  private readonly ready = new BoundedCache<ReadyPage>(MAX_CHARACTERS);

  constructor(
    private readonly shops: ShopsService,
    private readonly catalogue: CatalogueService,
  ) {}

  async list(slugOrId: string, query: ListPublicProductsQuery): Promise<ReadyJson> {
    const key = JSON.stringify([slugOrId, query]);
    return this.flights.share(key, () => this.answer(key, slugOrId, query));
  }

  private async answer(
    key: string,
    slugOrId: string,
    query: ListPublicProductsQuery,
  ): Promise<ReadyJson> {
    const known = this.ready.get(key);
    const [shop, revisions] = await Promise.all([
      this.shops.getBySlugOrId(slugOrId),
      known && this.catalogue.listRevisions(known.shopId, query),
    ]);
    const shopId = shop._id.toHexString();
    const day = dayIn(shop.timeZone, new Date());
    if (known?.shopId === shopId && revisions && known.state === stateOf(revisions, day)) {
      return known;
    }
    const page = await this.catalogue.list(shopId, query);
    const made = { ...readyJson(page, day), shopId, state: stateOf(page, day) };
    this.ready.set(key, made);
    return made;
  }
}

function readyJson({ items, nextCursor }: Page<Product>, day: string): ReadyJson {
  const data = items.map((product) =>
    PublicProductResponse.from({ ...product, currentPrice: priceAt(product, day) }),
  );
  const text = JSON.stringify({ success: true, data, meta: { nextCursor } });
  // Of the text, not of its state: after a change of the program the same state may read differently.
  return { text, etag: `"${createHash('sha256').update(text).digest('base64url')}"` };
}

function stateOf({ items, nextCursor }: Page<ProductRevision>, day: string): string {
  const revisions = items.map(({ _id, revision }) => `${_id.toHexString()}.${revision}`);
  return [day, nextCursor === null, ...revisions].join(' ');
}
