import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiAnswer, ApiPage } from '../platform/http/api-docs.decorators.js';
import { ObjectIdPipe } from '../platform/http/object-id.pipe.js';
import type { Page } from '../platform/http/page.js';
import { MemberId, RequirePermission, ShopId } from '../shops/shop-access.decorators.js';
import { CreateProductDto } from './dto/create-product.dto.js';
import { ListProductsQuery } from './dto/list-products.query.js';
import { ProductResponse } from './dto/product.response.js';
import { ProductsService } from './products.service.js';

@ApiTags('products')
@Controller('api/shops/:shopId/products')
export class ProductsController {
  constructor(private readonly products: ProductsService) {}

  @Get()
  @RequirePermission('products:read')
  @ApiPage(ProductResponse, { summary: 'The catalogue, oldest first' })
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
  @ApiAnswer(ProductResponse, { status: 201, summary: 'Add a product or a service' })
  async create(
    @ShopId() shopId: string,
    @MemberId() memberId: string,
    @Body() body: CreateProductDto,
  ): Promise<ProductResponse> {
    return ProductResponse.from(await this.products.create(shopId, memberId, body));
  }

  @Get(':productId')
  @RequirePermission('products:read')
  @ApiParam({ name: 'productId', example: '6741c0c0a5f2d13b8c9e0003' })
  @ApiAnswer(ProductResponse, { summary: 'One product' })
  async get(
    @ShopId() shopId: string,
    @Param('productId', new ObjectIdPipe('product')) productId: string,
  ): Promise<ProductResponse> {
    return ProductResponse.from(await this.products.get(shopId, productId));
  }
}
