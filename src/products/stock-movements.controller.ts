import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiAnswer, ApiPage } from '../platform/http/api-docs.decorators.js';
import { ObjectIdPipe } from '../platform/http/object-id.pipe.js';
import type { Page } from '../platform/http/page.js';
import { Idempotent } from '../platform/idempotency/idempotent.decorator.js';
import { MemberId, RequirePermission, ShopId } from '../shops/shop-access.decorators.js';
import { AdjustStockDto } from './dto/adjust-stock.dto.js';
import { ListStockMovementsQuery } from './dto/list-stock-movements.query.js';
import { StockMovementResponse } from './dto/stock-movement.response.js';
import { StockService } from './stock.service.js';

@ApiTags('products')
@ApiParam({ name: 'productId', example: '6741c0c0a5f2d13b8c9e0003' })
@Controller('api/shops/:shopId/products/:productId/stock-movements')
export class StockMovementsController {
  constructor(private readonly stock: StockService) {}

  @Get()
  @RequirePermission('products:read')
  @ApiPage(StockMovementResponse, { summary: 'How a stock came to be, newest first' })
  async list(
    @ShopId() shopId: string,
    @Param('productId', new ObjectIdPipe('product')) productId: string,
    @Query() query: ListStockMovementsQuery,
  ): Promise<Page<StockMovementResponse>> {
    const page = await this.stock.listMovements(shopId, productId, query);
    return page.map((movement) => StockMovementResponse.from(movement));
  }

  @Post()
  @RequirePermission('products:write')
  @Idempotent()
  @ApiAnswer(StockMovementResponse, {
    status: 201,
    summary: 'Add pieces to a stock, or take some away',
    errors: ['out_of_stock', 'conflict', 'idempotency_in_progress', 'idempotency_key_reused'],
  })
  async adjust(
    @ShopId() shopId: string,
    @MemberId() by: string,
    @Param('productId', new ObjectIdPipe('product')) productId: string,
    @Body() { change, note }: AdjustStockDto,
  ): Promise<StockMovementResponse> {
    const cause = { by, reason: 'correction' as const, note: note ?? '' };
    return StockMovementResponse.from(await this.stock.adjust(shopId, productId, change, cause));
  }
}
