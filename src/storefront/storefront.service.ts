import { Injectable } from '@nestjs/common';
import type { Form } from '../forms/form.schema.js';
import { FormsService } from '../forms/forms.service.js';
import type { Page } from '../platform/http/page.js';
import type { PricedProduct } from '../products/priced-product.js';
import { ProductsService } from '../products/products.service.js';
import type { Shop } from '../shops/shop.schema.js';
import { ShopsService } from '../shops/shops.service.js';
import type { ListPublicFormsQuery } from './dto/list-public-forms.query.js';
import type { PublicPaymentMethodResponse } from './dto/public-payment-method.response.js';
import { PaymentMethodsService } from './payment-methods.service.js';

export interface PublicShop {
  shop: Shop;
  payments: PublicPaymentMethodResponse[];
}

/** What customers without an account may see of a shop; the domains own the data. */
@Injectable()
export class StorefrontService {
  constructor(
    private readonly shops: ShopsService,
    private readonly products: ProductsService,
    private readonly forms: FormsService,
    private readonly payments: PaymentMethodsService,
  ) {}

  async getShop(slugOrId: string): Promise<PublicShop> {
    const shop = await this.shops.getBySlugOrId(slugOrId);
    return { shop, payments: await this.payments.list(shop._id.toHexString()) };
  }

  async getProduct(slugOrId: string, productId: string): Promise<PricedProduct> {
    const shop = await this.shops.getBySlugOrId(slugOrId);
    return this.products.get(shop._id.toHexString(), productId);
  }

  async listForms(
    slugOrId: string,
    query: ListPublicFormsQuery,
  ): Promise<{ page: Page<Form>; payments: PublicPaymentMethodResponse[] }> {
    const { shop, payments } = await this.getShop(slugOrId);
    const published = { ...query, published: true };
    return { page: await this.forms.list(shop._id.toHexString(), published), payments };
  }

  async getForm(
    slugOrId: string,
    formId: string,
  ): Promise<{ form: Form; payments: PublicPaymentMethodResponse[] }> {
    const { shop, payments } = await this.getShop(slugOrId);
    return { form: await this.forms.getPublished(shop._id.toHexString(), formId), payments };
  }
}
