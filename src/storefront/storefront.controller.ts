import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { Public } from '../platform/http/access.decorators.js';
import { ApiAnswer, ApiPage } from '../platform/http/api-docs.decorators.js';
import { ObjectIdPipe } from '../platform/http/object-id.pipe.js';
import type { Page } from '../platform/http/page.js';
import { ListPublicFormsQuery } from './dto/list-public-forms.query.js';
import { ListPublicProductsQuery } from './dto/list-public-products.query.js';
import { PublicFormResponse } from './dto/public-form.response.js';
import { PublicProductResponse } from './dto/public-product.response.js';
import { PublicShopResponse } from './dto/public-shop.response.js';
import { PublicCatalogueService } from './public-catalogue.service.js';
import type { ReadyJson } from './ready-json.js';
import { Revalidated } from './revalidated.decorator.js';
import { StorefrontService } from './storefront.service.js';

@ApiTags('storefront')
@ApiParam({ name: 'slugOrId', description: "The shop's address or id.", example: 'mya-coffee' })
@Controller('api/public/shops/:slugOrId')
export class StorefrontController {
  constructor(
    private readonly storefront: StorefrontService,
    private readonly catalogue: PublicCatalogueService,
  ) {}

  @Get()
  @Public()
  @ApiAnswer(PublicShopResponse, { summary: 'A shop, for its customers' })
  async getShop(@Param('slugOrId') slugOrId: string): Promise<PublicShopResponse> {
    const { shop, payments } = await this.storefront.getShop(slugOrId);
    return PublicShopResponse.from(shop, payments);
  }

  @Get('products')
  @Public()
  @Revalidated()
  @ApiPage(PublicProductResponse, {
    summary: 'What the shop sells, oldest first',
    description:
      '`currentPrice` is what an order costs today, in the time zone of the shop. The answer may ' +
      'be kept, and is asked after at each use: a change shows at once.',
  })
  async listProducts(
    @Param('slugOrId') slugOrId: string,
    @Query() query: ListPublicProductsQuery,
  ): Promise<ReadyJson> {
    return this.catalogue.list(slugOrId, query);
  }

  @Get('products/:productId')
  @Public()
  @ApiParam({ name: 'productId', example: '6741c0c0a5f2d13b8c9e0003' })
  @ApiAnswer(PublicProductResponse, { summary: 'One product' })
  async getProduct(
    @Param('slugOrId') slugOrId: string,
    @Param('productId', new ObjectIdPipe('product')) productId: string,
  ): Promise<PublicProductResponse> {
    return PublicProductResponse.from(await this.storefront.getProduct(slugOrId, productId));
  }

  @Get('forms')
  @Public()
  @ApiPage(PublicFormResponse, { summary: 'The published forms, oldest first' })
  async listForms(
    @Param('slugOrId') slugOrId: string,
    @Query() query: ListPublicFormsQuery,
  ): Promise<Page<PublicFormResponse>> {
    const { page, payments } = await this.storefront.listForms(slugOrId, query);
    return page.map((form) => PublicFormResponse.from(form, payments));
  }

  @Get('forms/:formId')
  @Public()
  @ApiParam({ name: 'formId', example: '6741c0c0a5f2d13b8c9e0004' })
  @ApiAnswer(PublicFormResponse, { summary: 'A published form' })
  async getForm(
    @Param('slugOrId') slugOrId: string,
    @Param('formId', new ObjectIdPipe('form')) formId: string,
  ): Promise<PublicFormResponse> {
    const { form, payments } = await this.storefront.getForm(slugOrId, formId);
    return PublicFormResponse.from(form, payments);
  }
}
