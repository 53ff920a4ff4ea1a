import { Body, Controller, Delete, Get, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiAnswer, ApiPage } from '../platform/http/api-docs.decorators.js';
import { DoneResponse } from '../platform/http/done.response.js';
import { AcceptsPictures } from '../platform/http/json-body.js';
import { ObjectIdPipe } from '../platform/http/object-id.pipe.js';
import type { Page } from '../platform/http/page.js';
import { MemberId, RequirePermission, ShopId } from '../shops/shop-access.decorators.js';
import { CreateProductDto } from './dto/create-product.dto.js';
import { ListProductsQuery } from './dto/list-products.query.js';
import { ProductResponse } from './dto/product.response.js';
import { UpdateProductDto } from './dto/update-product.dto.js';
import { ProductChangesService } from './product-changes.service.js';
import { ProductsService } from './products.service.js';

const PRODUCT_ID = { name: 'productId', example: '6741c0c0a5f2d13b8c9e0003' };
const UPDATE_NOTE =
  'What is left out stays as it is; null or an empty text takes away what a product need not have. ' +
  "Amounts are in the shop's currency. A new `stock` is recorded as a correction.";

@ApiTags('products')
@Controller('api/shops/:shopId/products')
export class ProductsController {
  constructor(
    private readonly products: ProductsService,
    private readonly changes: ProductChangesService,
  ) {}

  @Get()
  @RequirePermission('products:read')
  @ApiPage(ProductResponse, {
    summary: 'The catalogue: searched, filtered, sorted',
    description:
      'Oldest first, or by `sort` and `order`. Filter by one of `q`, `category`, `itemType` and ' +
      '`stock`, or by `category` and `stock`. `name` and `retailPrice` sort all, a category or a ' +
      'type; `stock=in` and `stock=low` come sorted by `stock`. Other combinations are refused.',
  })
  async list(
    @ShopId() shopId: string,
    @Query() query: ListProductsQuery,
  ): Promise<Page<ProductResponse>> {
    return (await this.products.list(shopId, query)).map((product) =>
      ProductResponse.from(product),
    );
  }

  @Post()
  @RequirePermission('products:write')
  @AcceptsPictures()
  @ApiAnswer(ProductResponse, {
    status: 201,
    summary: 'Add a product or a service',
    errors: ['sku_taken'],
  })
  async create(
    @ShopId() shopId: string,
    @MemberId() memberId: string,
    @Body() body: CreateProductDto,
  ): Promise<ProductResponse> {
    return ProductResponse.from(await this.changes.create(shopId, memberId, body));
  }

  @Get(':productId')
  @RequirePermission('products:read')
  @ApiParam(PRODUCT_ID)
  @ApiAnswer(ProductResponse, { summary: 'One product' })
  async get(
    @ShopId() shopId: string,
    @Param('productId', new ObjectIdPipe('product')) productId: string,
  ): Promise<ProductResponse> {
    return ProductResponse.from(await this.products.get(shopId, productId));
  }

  @Put(':productId')
  @RequirePermission('products:write')
  @AcceptsPictures()
  @ApiParam(PRODUCT_ID)
  @ApiAnswer(ProductResponse, {
    summary: 'Change a product, by the whole of it or a part',
    description: UPDATE_NOTE,
    errors: ['sku_taken', 'conflict'],
  })
  async replace(
    @ShopId() shopId: string,
    @MemberId() memberId: string,
    @Param('productId', new ObjectIdPipe('product')) productId: string,
    @Body() body: UpdateProductDto,
  ): Promise<ProductResponse> {
    return ProductResponse.from(await this.changes.update(shopId, productId, memberId, body));
  }

  @Patch(':productId')
  @RequirePermission('products:write')
  @AcceptsPictures()
  @ApiParam(PRODUCT_ID)
  @ApiAnswer(ProductResponse, {
    summary: 'Change some of a product',
    description: UPDATE_NOTE,
    errors: ['sku_taken', 'conflict'],
  })
  async update(
    @ShopId() shopId: string,
    @MemberId() memberId: string,
    @Param('productId', new ObjectIdPipe('product')) productId: string,
    @Body() body: UpdateProductDto,
  ): Promise<ProductResponse> {
    return ProductResponse.from(await this.changes.update(shopId, productId, memberId, body));
  }

  @Delete(':productId')
  @RequirePermission('products:write')
  @ApiParam(PRODUCT_ID)
  @ApiAnswer(DoneResponse, {
    summary: 'Take a product out of the catalogue',
    description: 'Its orders keep its name and the price they were placed with.',
  })
  async remove(
    @ShopId() shopId: string,
    @Param('productId', new ObjectIdPipe('product')) productId: string,
  ): Promise<DoneResponse> {
    await this.changes.remove(shopId, productId);
    return DoneResponse.now;
  }
}
