import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiAnswer, ApiPage } from '../platform/http/api-docs.decorators.js';
import type { Page } from '../platform/http/page.js';
import { Idempotent } from '../platform/idempotency/idempotent.decorator.js';
import { MemberId, RequirePermission, ShopId } from '../shops/shop-access.decorators.js';
import { CreateOrderDto } from './dto/create-order.dto.js';
import { ListOrdersQuery } from './dto/list-orders.query.js';
import { OrderResponse } from './dto/order.response.js';
import { OrdersService } from './orders.service.js';

@ApiTags('orders')
@Controller('api/shops/:shopId/orders')
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Get()
  @RequirePermission('orders:read')
  @ApiPage(OrderResponse, { summary: "The shop's orders, newest first" })
  async list(
    @ShopId() shopId: string,
    @Query() query: ListOrdersQuery,
  ): Promise<Page<OrderResponse>> {
    return (await this.orders.list(shopId, query)).map((order) => OrderResponse.from(order));
  }

  @Post()
  @RequirePermission('orders:create')
  @Idempotent()
  @ApiAnswer(OrderResponse, {
    status: 201,
    summary: 'Enter an order for a customer',
    description: 'Prices and the total are taken from the catalogue; the stock is taken at once.',
    errors: ['out_of_stock', 'idempotency_in_progress', 'idempotency_key_reused'],
  })
  async create(
    @ShopId() shopId: string,
    @MemberId() memberId: string,
    @Body() body: CreateOrderDto,
  ): Promise<OrderResponse> {
    return OrderResponse.from(await this.orders.create(shopId, memberId, body));
  }

  @Get(':orderId')
  @RequirePermission('orders:read')
  @ApiParam({ name: 'orderId', description: 'Its id, or its number.', example: 'MCXX-0042' })
  @ApiAnswer(OrderResponse, { summary: 'One order, by its id or its number' })
  async get(@ShopId() shopId: string, @Param('orderId') orderId: string): Promise<OrderResponse> {
    return OrderResponse.from(await this.orders.get(shopId, orderId));
  }
}
