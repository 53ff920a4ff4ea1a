import { Injectable } from '@nestjs/common';
import type { Form } from '../forms/form.schema.js';
import { FormsService } from '../forms/forms.service.js';
import type { Page } from '../platform/http/page.js';
import type { PricedProduct } from '../products/priced-product.js';
import { ProductsService } from '../products/products.service.js';
import type { Shop } from '../shops/shop.schema.js';
import { ShopsService } from '../shops/shops.service.js';
import type { ListPublicFormsQuery } from './dto/list-public-forms.query.js';

/** What customers without an account may see of a shop; the domains own the data. */
@Injectable()
export class StorefrontService {
  constructor(
    private readonly shops: ShopsService,
    private readonly products: ProductsService,
    private readonly forms: FormsService,
  ) {}

  async getShop(slugOrId: string): Promise<Shop> {
    return this.shops.getBySlugOrId(slugOrId);
  }

  async getProduct(slugOrId: string, productId: string): Promise<PricedProduct> {
    const shop = await this.shops.getBySlugOrId(slugOrId);
    return this.products.get(shop._id.toHexString(), productId);
  }

  async listForms(
    slugOrId: string,
    query: ListPublicFormsQuery,
  ): Promise<{ shop: Shop; page: Page<Form> }> {
    const shop = await this.shops.getBySlugOrId(slugOrId);
    const published = { ...query, published: true };
    return { shop, page: await this.forms.list(shop._id.toHexString(), published) };
  }

  async getForm(slugOrId: string, formId: string): Promise<{ shop: Shop; form: Form }> {
    const shop = await this.shops.getBySlugOrId(slugOrId);
    return { shop, form: await this.forms.getPublished(shop._id.toHexString(), formId) };
  }
}
