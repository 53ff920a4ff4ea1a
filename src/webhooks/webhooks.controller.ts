import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiAnswer, ApiList } from '../platform/http/api-docs.decorators.js';
import { ObjectIdPipe } from '../platform/http/object-id.pipe.js';
import { RequirePermission, ShopId } from '../shops/shop-access.decorators.js';
import { CreateWebhookDto } from './dto/create-webhook.dto.js';
import { UpdateWebhookDto } from './dto/update-webhook.dto.js';
import { WebhookWithSecretResponse } from './dto/webhook-with-secret.response.js';
import { WebhookResponse } from './dto/webhook.response.js';
import { MAX_WEBHOOKS, OLD_SECRET_HOURS, PAUSE_AFTER_DAYS } from './webhook-limits.js';
import { WebhooksService } from './webhooks.service.js';

const Id = () => Param('webhookId', new ObjectIdPipe('webhook'));

@ApiTags('webhooks')
@Controller('api/shops/:shopId/webhooks')
export class WebhooksController {
  constructor(private readonly webhooks: WebhooksService) {}

  @Get()
  @RequirePermission('webhooks:read')
  @ApiList(WebhookResponse, { summary: "The shop's webhooks" })
  async list(@ShopId() shopId: string): Promise<WebhookResponse[]> {
    return (await this.webhooks.list(shopId)).map((one) => WebhookResponse.from(one));
  }

  @Post()
  @RequirePermission('webhooks:write')
  @ApiAnswer(WebhookWithSecretResponse, {
    status: 201,
    summary: 'Have an address told of what happens in the shop',
    description:
      `At most ${MAX_WEBHOOKS} in a shop. Deliveries are signed, tried eight times within about a ` +
      `day, and after ${PAUSE_AFTER_DAYS} days in which all failed the webhook is paused. The answer ` +
      'shows the secret this once; how it verifies a delivery is in docs/webhooks.md.',
    errors: ['conflict'],
  })
  async create(
    @ShopId() shopId: string,
    @Body() body: CreateWebhookDto,
  ): Promise<WebhookWithSecretResponse> {
    return WebhookWithSecretResponse.withSecret(await this.webhooks.create(shopId, body));
  }

  @Get(':webhookId')
  @RequirePermission('webhooks:read')
  @ApiAnswer(WebhookResponse, { summary: 'One webhook' })
  async get(@ShopId() shopId: string, @Id() webhookId: string): Promise<WebhookResponse> {
    return WebhookResponse.from(await this.webhooks.get(shopId, webhookId));
  }

  @Put(':webhookId')
  @RequirePermission('webhooks:write')
  @ApiAnswer(WebhookResponse, {
    summary: 'Change, pause or resume a webhook',
    description: 'The whole webhook, or what is to change.',
    errors: ['conflict'],
  })
  async update(
    @ShopId() shopId: string,
    @Id() webhookId: string,
    @Body() body: UpdateWebhookDto,
  ): Promise<WebhookResponse> {
    return WebhookResponse.from(await this.webhooks.update(shopId, webhookId, body));
  }

  @Delete(':webhookId')
  @RequirePermission('webhooks:write')
  @ApiAnswer(WebhookResponse, { summary: 'Remove a webhook, with its deliveries' })
  async remove(@ShopId() shopId: string, @Id() webhookId: string): Promise<WebhookResponse> {
    return WebhookResponse.from(await this.webhooks.remove(shopId, webhookId));
  }

  @Post(':webhookId/secret')
  @HttpCode(200)
  @RequirePermission('webhooks:write')
  @ApiAnswer(WebhookWithSecretResponse, {
    summary: 'Change the secret',
    description:
      `For ${OLD_SECRET_HOURS} hours deliveries carry a signature by each of the two. The answer ` +
      'shows the new one this once.',
    errors: ['conflict'],
  })
  async rotateSecret(
    @ShopId() shopId: string,
    @Id() webhookId: string,
  ): Promise<WebhookWithSecretResponse> {
    return WebhookWithSecretResponse.withSecret(
      await this.webhooks.rotateSecret(shopId, webhookId),
    );
  }
}
