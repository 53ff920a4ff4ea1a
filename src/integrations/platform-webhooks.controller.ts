import { Controller, Get, Header, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Throttle } from '@nestjs/throttler';
import type { Request, Response } from 'express';
import { Public } from '../platform/http/access.decorators.js';
import { PlatformWebhooksService } from './platform-webhooks.service.js';
import type { Delivery } from './platforms/platform.js';

const MINUTE_MS = 60_000;
/** A platform sends from few addresses, and all that has piled up at once. */
const PER_MINUTE = 60_000;
const FromPlatforms = (): MethodDecorator =>
  Throttle({ default: { limit: PER_MINUTE, ttl: MINUTE_MS } });

/** Where the platforms send their webhooks: proved, and answered 200, as they all want exactly that. */
@ApiExcludeController()
@Controller('webhook')
export class PlatformWebhooksController {
  constructor(private readonly webhooks: PlatformWebhooksService) {}

  @Get('facebook')
  @Public()
  @Header('Content-Type', 'text/plain; charset=utf-8')
  verify(@Query() query: Record<string, unknown>, @Res() response: Response): void {
    response.send(this.webhooks.verify(query));
  }

  /** Of both Meta apps: pages and Instagram accounts. */
  @Post('facebook')
  @Public()
  @HttpCode(200)
  @FromPlatforms()
  async meta(@Req() request: Request): Promise<void> {
    await this.webhooks.receiveMeta(deliveryOf(request));
  }

  @Post('tiktok')
  @Public()
  @HttpCode(200)
  @FromPlatforms()
  async tiktok(@Req() request: Request): Promise<void> {
    await this.webhooks.receive('tiktok', deliveryOf(request));
  }

  @Post('telegram/:integrationKey')
  @Public()
  @HttpCode(200)
  @FromPlatforms()
  async telegram(@Param('integrationKey') key: string, @Req() request: Request): Promise<void> {
    await this.webhooks.receiveAt('telegram', key, deliveryOf(request));
  }

  @Post('viber/:integrationKey')
  @Public()
  @HttpCode(200)
  @FromPlatforms()
  async viber(@Param('integrationKey') key: string, @Req() request: Request): Promise<void> {
    await this.webhooks.receiveAt('viber', key, deliveryOf(request));
  }
}

function deliveryOf({ body, headers }: Request): Delivery {
  return { body: Buffer.isBuffer(body) ? body : Buffer.alloc(0), headers };
}
