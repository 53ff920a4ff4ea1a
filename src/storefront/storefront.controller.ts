import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { Throttle } from '@nestjs/throttler';
import { Public } from '../platform/http/access.decorators.js';
import { ApiAnswer, ApiPage } from '../platform/http/api-docs.decorators.js';
import { ObjectIdPipe } from '../platform/http/object-id.pipe.js';
import type { Page } from '../platform/http/page.js';
import { Idempotent } from '../platform/idempotency/idempotent.decorator.js';
import { OperationId } from '../platform/idempotency/operation-id.decorator.js';
import { ListPublicProductsQuery } from './dto/list-public-products.query.js';
import { PublicFormResponse } from './dto/public-form.response.js';
import { PublicOrderResponse } from './dto/public-order.response.js';
import { PublicProductResponse } from './dto/public-product.response.js';
import { PublicShopResponse } from './dto/public-shop.response.js';
import { SubmitFormDto } from './dto/submit-form.dto.js';
import { StorefrontService } from './storefront.service.js';

const FORM_ID = { name: 'formId', example: '6741c0c0a5f2d13b8c9e0004' };

@ApiTags('storefront')
@ApiParam({ name: 'slugOrId', description: "The shop's address or id.", example: 'mya-coffee' })
@Controller('api/public/shops/:slugOrId')
export class StorefrontController {
  constructor(private readonly storefront: StorefrontService) {}

  @Get()
  @Public()
  @ApiAnswer(PublicShopResponse, { summary: 'A shop, for its customers' })
  async getShop(@Param('slugOrId') slugOrId: string): Promise<PublicShopResponse> {
    return PublicShopResponse.from(await this.storefront.getShop(slugOrId));
  }

  @Get('products')
  @Public()
  @ApiPage(PublicProductResponse, { summary: 'What the shop sells, oldest first' })
  async listProducts(
    @Param('slugOrId') slugOrId: string,
    @Query() query: ListPublicProductsQuery,
  ): Promise<Page<PublicProductResponse>> {
    const page = await this.storefront.listProducts(slugOrId, query);
    return page.map((product) => PublicProductResponse.from(product));
  }

  @Get('forms/:formId')
  @Public()
  @ApiParam(FORM_ID)
  @ApiAnswer(PublicFormResponse, { summary: 'A published form' })
  async getForm(
    @Param('slugOrId') slugOrId: string,
    @Param('formId', new ObjectIdPipe('form')) formId: string,
  ): Promise<PublicFormResponse> {
    return PublicFormResponse.from(await this.storefront.getForm(slugOrId, formId));
  }

  @Post('forms/:formId/submissions')
  @Public()
  @Throttle({ default: { limit: 30, ttl: 60_000 } })
  @Idempotent()
  @ApiParam(FORM_ID)
  @ApiAnswer(PublicOrderResponse, {
    status: 201,
    summary: 'Answer a form: places an order',
    description: 'Prices and the total are taken from the catalogue; the stock is taken at once.',
    errors: ['out_of_stock', 'idempotency_in_progress', 'idempotency_key_reused'],
  })
  async submit(
    @Param('slugOrId') slugOrId: string,
    @Param('formId', new ObjectIdPipe('form')) formId: string,
    @Body() body: SubmitFormDto,
    @OperationId() operationId: string | undefined,
  ): Promise<PublicOrderResponse> {
    const submission = await this.storefront.submit(slugOrId, formId, body, operationId);
    return PublicOrderResponse.from(submission);
  }
}
