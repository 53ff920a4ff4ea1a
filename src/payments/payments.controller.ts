import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiAnswer, ApiPage } from '../platform/http/api-docs.decorators.js';
import { DoneResponse } from '../platform/http/done.response.js';
import type { Page } from '../platform/http/page.js';
import { RequirePermission, ShopId } from '../shops/shop-access.decorators.js';
import { ListPaymentEventsQuery } from './dto/list-payment-events.query.js';
import { ListPaymentsQuery } from './dto/list-payments.query.js';
import { ListWebhooksQuery } from './dto/list-webhooks.query.js';
import { PaymentEventResponse } from './dto/payment-event.response.js';
import { PaymentResponse } from './dto/payment.response.js';
import { WebhookEventResponse } from './dto/webhook-event.response.js';
import { PaymentLogService } from './payment-log.service.js';
import { PaymentsService } from './payments.service.js';
import { WebhookInboxService } from './webhook-inbox.service.js';

const ID = {
  name: 'paymentId',
  description: "The payment's id, ours or the provider's.",
  example: '6741c0c0a5f2d13b8c9e0008',
};

@ApiTags('payments')
@Controller('api/shops/:shopId/payments')
export class PaymentsController {
  constructor(
    private readonly payments: PaymentsService,
    private readonly log: PaymentLogService,
    private readonly inbox: WebhookInboxService,
  ) {}

  @Get()
  @RequirePermission('payments:read')
  @ApiPage(PaymentResponse, { summary: "The shop's payments, or those of an order, newest first" })
  async list(
    @ShopId() shopId: string,
    @Query() query: ListPaymentsQuery,
  ): Promise<Page<PaymentResponse>> {
    return (await this.payments.list(shopId, query)).map((one) => PaymentResponse.from(one));
  }

  @Get('webhooks')
  @RequirePermission('payments:read')
  @ApiPage(WebhookEventResponse, {
    summary: "What the providers have told of the shop's payments, newest first",
    description: 'One that is `received` waits for its next try; one that is `stuck` for `retry`.',
  })
  async webhooks(
    @ShopId() shopId: string,
    @Query() query: ListWebhooksQuery,
  ): Promise<Page<WebhookEventResponse>> {
    return (await this.inbox.list(shopId, query)).map((one) => WebhookEventResponse.from(one));
  }

  @Post('webhooks/:eventId/retry')
  @HttpCode(200)
  @RequirePermission('payments:write')
  @ApiParam({
    name: 'eventId',
    description: "The provider's id of it.",
    example: 'evt_3QOZ0c2eZvKYlo2C1a2b3c4d',
  })
  @ApiAnswer(DoneResponse, { summary: 'Have a stuck webhook processed again' })
  async retryWebhook(
    @ShopId() shopId: string,
    @Param('eventId') eventId: string,
  ): Promise<DoneResponse> {
    await this.inbox.retry(shopId, eventId);
    return DoneResponse.now;
  }

  @Get(':paymentId/events')
  @RequirePermission('payments:read')
  @ApiParam(ID)
  @ApiPage(PaymentEventResponse, {
    summary: 'All that happened to a payment, oldest first',
    description: 'Requests, answers, webhooks, facts and transitions; lines are only ever added.',
  })
  async events(
    @ShopId() shopId: string,
    @Param('paymentId') id: string,
    @Query() query: ListPaymentEventsQuery,
  ): Promise<Page<PaymentEventResponse>> {
    const payment = await this.payments.get(shopId, id);
    const page = await this.log.list(payment, query);
    return page.map((event) => PaymentEventResponse.from(event, payment.currency));
  }
}
