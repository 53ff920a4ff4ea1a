import { Controller, Headers, HttpCode, Post, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Throttle } from '@nestjs/throttler';
import type { Request } from 'express';
import { Public } from '../platform/http/access.decorators.js';
import type { Delivery } from './webhook-inbox.service.js';
import { WebhookInboxService } from './webhook-inbox.service.js';

const MINUTE_MS = 60_000;
/** A provider sends from few addresses, and all that has piled up at once. */
const PER_MINUTE = 60_000;

/** Where the payment providers send their webhooks: proved, stored, and answered 200. */
@ApiExcludeController()
@Controller('webhook')
export class PaymentWebhooksController {
  constructor(private readonly inbox: WebhookInboxService) {}

  @Post('stripe')
  @Public()
  @HttpCode(200)
  @Throttle({ default: { limit: PER_MINUTE, ttl: MINUTE_MS } })
  async stripe(
    @Req() { body }: Request<unknown, unknown, Buffer>,
    @Headers() headers: Delivery['headers'],
  ): Promise<void> {
    await this.inbox.receive('stripe', { body, headers });
  }

  @Post('paypal')
  @Public()
  @HttpCode(200)
  @Throttle({ default: { limit: PER_MINUTE, ttl: MINUTE_MS } })
  async paypal(
    @Req() { body }: Request<unknown, unknown, Buffer>,
    @Headers() headers: Delivery['headers'],
  ): Promise<void> {
    await this.inbox.receive('paypal', { body, headers });
  }
}
