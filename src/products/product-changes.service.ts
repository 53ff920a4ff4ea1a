import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type HydratedDocument, type Model, Types } from 'mongoose';
import { DomainEvents } from '../events/domain-events.js';
import { areDuplicateKeys, isDuplicateKey } from '../platform/database/database-errors.js';
import { FileKeeper } from '../platform/files/file-keeper.js';
import { AppError } from '../platform/http/app-error.js';
import type { Shop } from '../shops/shop.schema.js';
import { ShopsService } from '../shops/shops.service.js';
import type { CreateProductDto } from './dto/create-product.dto.js';
import { ProductResponse } from './dto/product.response.js';
import type { UpdateProductDto } from './dto/update-product.dto.js';
import { type PricedProduct, withPrice } from './priced-product.js';
import { type ChangeCause, changeOf, type NewProduct } from './product-change.js';
import { contentOf, type KeptProductDto } from './product-content.js';
import { Product } from './product.schema.js';
import { StockService } from './stock.service.js';

/** How often a product that others change at the same moment is tried again. */
const ATTEMPTS = 50;
const RETURNED = { returnDocument: 'after', updatePipeline: true, timestamps: false } as const;

/** Writes the catalogue. */
@Injectable()
export class ProductChangesService implements OnModuleInit {
  constructor(
    @InjectModel(Product.name) private readonly products: Model<Product>,
    private readonly shops: ShopsService,
    private readonly stock: StockService,
    private readonly events: DomainEvents,
    private readonly files: FileKeeper,
  ) {}

  onModuleInit(): void {
    this.files.addReferences(async (fileIds) => {
      const found = await this.products
        .find({ imageFileId: { $in: fileIds, $gt: '' } }, { imageFileId: 1 })
        .setOptions({ acrossShops: true })
        .lean();
      return found.flatMap(({ imageFileId }) => imageFileId ?? []);
    });
  }

  async create(shopId: string, by: string, dto: CreateProductDto): Promise<PricedProduct> {
    const shop = await this.shops.get(shopId);
    const product = await this.prepare(dto, { shop, by, reason: 'opening' });
    const created = await orSkuTaken(product.sku, this.products.create(product));
    const added = created.toObject();
    await this.stock.moveChanges(added);
    return this.tell('product.created', shop, added);
  }

  /**
   * A new product, not written yet; a picture that is written out is stored.
   * @throws AppError `validation_failed` for what does not fit together
   */
  async prepare(
    dto: CreateProductDto,
    cause: ChangeCause,
    importKey?: string,
  ): Promise<NewProduct> {
    const _id = new Types.ObjectId();
    const kept = await this.withPicture(cause.shop, dto);
    const content = contentOf(kept, cause.shop.currency, null);
    const stock = content.itemType === 'service' ? null : (dto.stock ?? null);
    const opening = this.stock.opening(stock, cause, new Date());
    return { _id, shopId: cause.shop._id, ...content, ...opening, importKey, contentVersion: 0 };
  }

  /**
   * Adds those products that are not there yet, by their SKU or their import key.
   * @returns the ids of what was added
   */
  async createMissing(products: NewProduct[], shop: Shop): Promise<Set<string>> {
    const created = await this.products
      .insertMany(products, { ordered: false, throwOnValidationError: true })
      .catch(insertedBeside);
    const added = created.map((product) => product.toObject<Product>());
    await this.stock.moveAll(added);
    for (const product of added) this.tell('product.created', shop, product);
    return new Set(added.map(({ _id }) => _id.toHexString()));
  }

  /** Moves what `change` has left in products of one shop. */
  async moveStockChanges(products: Product[]): Promise<void> {
    await this.stock.moveAll(products);
  }

  async update(
    shopId: string,
    productId: string,
    by: string,
    dto: UpdateProductDto,
  ): Promise<PricedProduct> {
    const shop = await this.shops.get(shopId);
    const cause = { shop, by, reason: 'correction' as const };
    const { product } = await this.change(productId, dto, cause);
    await this.stock.moveChanges(product);
    return withPrice(product, shop);
  }

  /**
   * Changes what is given, in one step with the stock; nothing when it is so already. The change of
   * the stock is left in the product, for the caller to move.
   * @param known the product as it was just read, to spare a read
   */
  async change(
    productId: string,
    dto: UpdateProductDto,
    cause: ChangeCause,
    known?: Product,
  ): Promise<{ product: Product; isChanged: boolean }> {
    const { shop } = cause;
    const kept = await this.withPicture(shop, dto);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const current = attempt === 1 && known ? known : await this.get(shop._id, productId);
      const change = changeOf(current, kept, cause);
      if (!change) return { product: current, isChanged: false };
      const { filter, stages } = change;
      const changed = await orSkuTaken(
        dto.sku ?? '',
        this.products.findOneAndUpdate(filter, stages, RETURNED).lean(),
      );
      if (!changed) continue;
      this.tell('product.updated', shop, changed);
      return { product: changed, isChanged: true };
    }
    throw AppError.conflict('conflict', 'Others change this product at this moment: try again.');
  }

  /** Its orders keep the name and the price they were placed with. */
  async remove(shopId: string, productId: string): Promise<void> {
    const removed = await this.products
      .findOneAndDelete({ shopId, _id: productId }, { projection: { _id: 1 } })
      .lean();
    if (!removed) throw AppError.notFound('product');
    this.events.emit('product.deleted', { shopId, productId });
  }

  private async withPicture<Dto extends UpdateProductDto>(
    { _id }: Shop,
    dto: Dto,
  ): Promise<Dto & KeptProductDto> {
    if (!dto.imageUrl) return dto;
    const owner = { shopId: _id.toHexString() };
    const { url, fileId } = await this.files.keepPicture(dto.imageUrl, owner, 'imageUrl');
    return { ...dto, imageUrl: url, imageFileId: fileId };
  }

  private async get(shopId: Types.ObjectId, productId: string): Promise<Product> {
    const product = await this.products.findOne({ shopId, _id: productId }).lean();
    if (!product) throw AppError.notFound('product');
    return product;
  }

  private tell(
    event: 'product.created' | 'product.updated',
    shop: Shop,
    product: Product,
  ): PricedProduct {
    const shown = withPrice(product, shop);
    this.events.emit(event, {
      shopId: shop._id.toHexString(),
      product: ProductResponse.from(shown),
    });
    return shown;
  }
}

async function orSkuTaken<T>(sku: string, write: PromiseLike<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (!isDuplicateKey(error, 'sku')) throw error;
    throw AppError.conflict(
      'sku_taken',
      `Another product of this shop has the SKU "${sku.trim()}" already: choose another.`,
    );
  }
}

/** What was inserted beside that which was there already; any other error stays one. */
function insertedBeside(error: unknown): HydratedDocument<Product>[] {
  if (!areDuplicateKeys(error)) throw error;
  return (error as { insertedDocs: HydratedDocument<Product>[] }).insertedDocs;
}
