import { Body, Controller, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiAnswer, ApiPage } from '../platform/http/api-docs.decorators.js';
import type { Page } from '../platform/http/page.js';
import { Idempotent } from '../platform/idempotency/idempotent.decorator.js';
import { MemberId, RequirePermission, ShopId } from '../shops/shop-access.decorators.js';
import { OperationId } from '../platform/idempotency/operation-id.decorator.js';
import { ChangeOrderStatusDto } from './dto/change-order-status.dto.js';
import { CreateOrderDto } from './dto/create-order.dto.js';
import { ListOrdersQuery } from './dto/list-orders.query.js';
import { OrderResponse } from './dto/order.response.js';
import { OrderStatusService } from './order-status.service.js';
import { OrdersService } from './orders.service.js';

@ApiTags('orders')
@Controller('api/shops/:shopId/orders')
export class OrdersController {
  constructor(
    private readonly orders: OrdersService,
    private readonly statuses: OrderStatusService,
  ) {}

  @Get()
  @RequirePermission('orders:read')
  @ApiPage(OrderResponse, {
    summary: "The shop's orders, newest first",
    description:
      'With several filters a page may be shorter than its limit, or empty, while `meta.nextCursor` ' +
      'leads on: the list has ended where that is null.',
  })
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
    errors: ['out_of_stock', 'conflict', 'idempotency_in_progress', 'idempotency_key_reused'],
  })
  async create(
    @ShopId() shopId: string,
    @MemberId() memberId: string,
    @Body() body: CreateOrderDto,
    @OperationId() operationId: string | undefined,
  ): Promise<OrderResponse> {
    return OrderResponse.from(await this.orders.create(shopId, memberId, body, operationId));
  }

  @Get(':orderId')
  @RequirePermission('orders:read')
  @ApiParam({ name: 'orderId', description: 'Its id, or its number.', example: 'MCXX-0042' })
  @ApiAnswer(OrderResponse, { summary: 'One order, by its id or its number' })
  async get(@ShopId() shopId: string, @Param('orderId') orderId: string): Promise<OrderResponse> {
    return OrderResponse.from(await this.orders.get(shopId, orderId));
  }

  @Put(':orderId/status')
  @RequirePermission('orders:status')
  @ApiParam({ name: 'orderId', description: 'Its id, or its number.', example: 'MCXX-0042' })
  @ApiAnswer(OrderResponse, {
    summary: 'Move an order on',
    description:
      'pending → processing → completed; pending and processing → cancelled; processing and ' +
      'completed → returned. A cancelled or returned order gives its pieces back to the stock.',
    errors: ['illegal_status', 'conflict'],
  })
  async changeStatus(
    @ShopId() shopId: string,
    @MemberId() by: string,
    @Param('orderId') orderId: string,
    @Body() { status: to, note }: ChangeOrderStatusDto,
  ): Promise<OrderResponse> {
    const change = { to, by, note: note ?? '' };
    return OrderResponse.from(await this.statuses.change(shopId, orderId, change));
  }
}
