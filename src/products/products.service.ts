import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { AppError } from '../platform/http/app-error.js';
import { decodeCursor } from '../platform/http/cursor.js';
import { Page } from '../platform/http/page.js';
import { ShopsService } from '../shops/shops.service.js';
import type { CreateProductDto } from './dto/create-product.dto.js';
import type { ListProductsQuery } from './dto/list-products.query.js';
import { amountsInMinor } from './product-amounts.js';
import { Product } from './product.schema.js';
import { StockService } from './stock.service.js';

@Injectable()
export class ProductsService {
  constructor(
    @InjectModel(Product.name) private readonly products: Model<Product>,
    private readonly shops: ShopsService,
    private readonly stock: StockService,
  ) {}

  async create(shopId: string, by: string, dto: CreateProductDto): Promise<Product> {
    requireDaysInOrder(dto);
    const { currency } = await this.shops.get(shopId);
    const stock = dto.itemType === 'service' ? null : (dto.stock ?? null);
    const product = await this.products.create({
      shopId: new Types.ObjectId(shopId),
      name: dto.name,
      description: dto.description ?? '',
      ...amountsInMinor(dto, currency),
      promoStartDate: dto.promoStartDate || null,
      promoEndDate: dto.promoEndDate || null,
      ...this.stock.opening(stock, { by, reason: 'opening' }, new Date()),
      sku: dto.sku ?? '',
      imageUrl: dto.imageUrl ?? '',
      category: dto.category ?? '',
      itemType: dto.itemType ?? 'product',
      currency,
    });
    const created = product.toObject();
    await this.stock.moveChanges(created);
    return created;
  }

  /** Oldest first. */
  async list(shopId: string, { limit, cursor }: ListProductsQuery): Promise<Page<Product>> {
    const after = cursor ? { _id: { $gt: decodeCursor(cursor).id } } : {};
    const rows = await this.products
      .find({ shopId, ...after })
      .sort({ _id: 1 })
      .limit(limit + 1)
      .lean();
    return Page.of(rows, limit, ({ _id }) => ({ at: 0, id: _id.toHexString() }));
  }

  /** Those of `ids` that the shop has, in no order. */
  async listByIds(shopId: string, ids: string[]): Promise<Product[]> {
    return this.products
      .find({ shopId, _id: { $in: ids } })
      .limit(ids.length)
      .lean();
  }

  async get(shopId: string, productId: string): Promise<Product> {
    const product = await this.products.findOne({ shopId, _id: productId }).lean();
    if (!product) throw AppError.notFound('product');
    return product;
  }
}

function requireDaysInOrder({ promoStartDate, promoEndDate }: CreateProductDto): void {
  if (!promoStartDate || !promoEndDate || promoStartDate <= promoEndDate) return;
  const message = 'promoEndDate must not be before promoStartDate';
  throw AppError.validation([{ field: 'promoEndDate', message }]);
}
