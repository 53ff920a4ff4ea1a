import { Injectable } from '@nestjs/common';
import { CustomerTokens } from '../auth/customer-tokens.service.js';
import type { Form } from '../forms/form.schema.js';
import { FormsService } from '../forms/forms.service.js';
import { OrderPlacementService } from '../orders/order-placement.service.js';
import type { Order } from '../orders/order.schema.js';
import type { Page } from '../platform/http/page.js';
import type { Product } from '../products/product.schema.js';
import { ProductsService } from '../products/products.service.js';
import type { Shop } from '../shops/shop.schema.js';
import { ShopsService } from '../shops/shops.service.js';
import type { ListPublicProductsQuery } from './dto/list-public-products.query.js';
import type { SubmitFormDto } from './dto/submit-form.dto.js';

/** A placed order, and the token by which its customer follows it. */
export interface Submission {
  order: Order;
  token: string;
}

/** What customers without an account may see and do in a shop; the domains own the data. */
@Injectable()
export class StorefrontService {
  constructor(
    private readonly shops: ShopsService,
    private readonly products: ProductsService,
    private readonly forms: FormsService,
    private readonly placement: OrderPlacementService,
    private readonly tokens: CustomerTokens,
  ) {}

  async getShop(slugOrId: string): Promise<Shop> {
    return this.shops.getBySlugOrId(slugOrId);
  }

  async listProducts(slugOrId: string, query: ListPublicProductsQuery): Promise<Page<Product>> {
    return this.products.list(await this.shopIdOf(slugOrId), query);
  }

  async getForm(slugOrId: string, formId: string): Promise<Form> {
    return this.forms.getPublished(await this.shopIdOf(slugOrId), formId);
  }

  async submit(
    slugOrId: string,
    formId: string,
    dto: SubmitFormDto,
    operationId: string | undefined,
  ): Promise<Submission> {
    const shop = await this.shops.getBySlugOrId(slugOrId);
    const shopId = shop._id.toHexString();
    const order = await this.placement.place(shop, {
      customer: dto.customer,
      lines: dto.items,
      form: await this.forms.getPublished(shopId, formId),
      answers: dto.answers ?? {},
      paymentMethod: dto.paymentMethod?.trim() ?? '',
      channel: 'web',
      notes: '',
      by: null,
      operationId,
    });
    const subjectId = order._id.toHexString();
    return { order, token: await this.tokens.sign({ kind: 'order', shopId, subjectId }) };
  }

  private async shopIdOf(slugOrId: string): Promise<string> {
    return (await this.shops.getBySlugOrId(slugOrId))._id.toHexString();
  }
}
