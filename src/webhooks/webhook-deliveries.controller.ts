import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiAnswer, ApiPage } from '../platform/http/api-docs.decorators.js';
import { ObjectIdPipe } from '../platform/http/object-id.pipe.js';
import type { Page } from '../platform/http/page.js';
import { RequirePermission, ShopId } from '../shops/shop-access.decorators.js';
import { ListDeliveriesQuery } from './dto/list-deliveries.query.js';
import { WebhookDeliveryResponse } from './dto/webhook-delivery.response.js';
import { KEPT_DAYS } from './webhook-limits.js';
import { WebhooksService } from './webhooks.service.js';

const Id = () => Param('webhookId', new ObjectIdPipe('webhook'));

@ApiTags('webhooks')
@Controller('api/shops/:shopId/webhooks/:webhookId')
export class WebhookDeliveriesController {
  constructor(private readonly webhooks: WebhooksService) {}

  @Post('test')
  @RequirePermission('webhooks:write')
  @ApiAnswer(WebhookDeliveryResponse, {
    status: 201,
    summary: 'Send a test',
    description: '`webhook.test`, once, also to a paused webhook. Its delivery tells the outcome.',
  })
  async test(@ShopId() shopId: string, @Id() webhookId: string): Promise<WebhookDeliveryResponse> {
    return WebhookDeliveryResponse.from(await this.webhooks.test(shopId, webhookId));
  }

  @Get('deliveries')
  @RequirePermission('webhooks:read')
  @ApiPage(WebhookDeliveryResponse, {
    summary: 'What was sent and how it went, newest first',
    description: `Of the last ${KEPT_DAYS} days.`,
  })
  async deliveries(
    @ShopId() shopId: string,
    @Id() webhookId: string,
    @Query() query: ListDeliveriesQuery,
  ): Promise<Page<WebhookDeliveryResponse>> {
    const page = await this.webhooks.listDeliveries(shopId, webhookId, query);
    return page.map((delivery) => WebhookDeliveryResponse.from(delivery));
  }

  @Post('deliveries/:deliveryId/redeliver')
  @HttpCode(200)
  @RequirePermission('webhooks:write')
  @ApiAnswer(WebhookDeliveryResponse, {
    summary: 'Send a delivery again',
    description:
      'At once, with the same event id and the same body, and as many tries as at first.',
    errors: ['conflict'],
  })
  async redeliver(
    @ShopId() shopId: string,
    @Id() webhookId: string,
    @Param('deliveryId', new ObjectIdPipe('delivery')) deliveryId: string,
  ): Promise<WebhookDeliveryResponse> {
    const delivery = await this.webhooks.redeliver(shopId, webhookId, deliveryId);
    return WebhookDeliveryResponse.from(delivery);
  }
}
