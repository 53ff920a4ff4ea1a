import { Body, Controller, Get, HttpCode, Param, Post, Put, Req, Res } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ApiAnswer, ApiList } from '../platform/http/api-docs.decorators.js';
import { MemberId, RequirePermission, ShopId } from '../shops/shop-access.decorators.js';
import { ConnectionsService } from './connections.service.js';
import { AuthorizeResponse } from './dto/authorize.response.js';
import { ChoosePageDto } from './dto/choose-page.dto.js';
import { ConnectDto } from './dto/connect.dto.js';
import { IntegrationResponse } from './dto/integration.response.js';
import { IntegrationsService } from './integrations.service.js';
import { OAuthBrowser } from './oauth-browser.js';
import { OAuthService } from './oauth.service.js';
import { PlatformPipe } from './platform.pipe.js';
import { type PlatformName, PLATFORMS } from './platforms/platform.js';

const OfPlatform = (): MethodDecorator =>
  ApiParam({
    name: 'platform',
    description: 'Name of the platform.',
    schema: { type: 'string', enum: [...PLATFORMS], example: 'facebook' },
  });

@ApiTags('integrations')
@Controller('api/shops/:shopId/integrations')
export class IntegrationsController {
  constructor(
    private readonly integrations: IntegrationsService,
    private readonly connections: ConnectionsService,
    private readonly oauth: OAuthService,
    private readonly browser: OAuthBrowser,
  ) {}

  @Get()
  @RequirePermission('integrations:read')
  @ApiList(IntegrationResponse, {
    summary: 'The connections with the five platforms',
    description: 'All five, connected or not; never a token.',
  })
  async list(@ShopId() shopId: string): Promise<IntegrationResponse[]> {
    return (await this.integrations.list(shopId)).map((view) => IntegrationResponse.from(view));
  }

  @Get(':platform/authorize')
  @RequirePermission('integrations:write')
  @OfPlatform()
  @ApiAnswer(AuthorizeResponse, {
    summary: 'Where a popup goes to connect',
    description:
      'Marks the browser by a cookie: call it from the browser that opens the popup. At the end the ' +
      "popup posts `{ type: 'oauth_callback', code }` to the page that opened it, for `connect`.",
    errors: ['provider_not_configured'],
  })
  async authorize(
    @ShopId() shopId: string,
    @MemberId() userId: string,
    @Param('platform', PlatformPipe) platform: PlatformName,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AuthorizeResponse> {
    const browser = this.browser.mark(request, response);
    return { url: await this.oauth.begin({ shopId, userId, platform }, browser) };
  }

  @Post(':platform/connect')
  @HttpCode(200)
  @RequirePermission('integrations:write')
  @OfPlatform()
  @ApiAnswer(IntegrationResponse, {
    summary: 'Connect with what the popup handed over',
    description:
      "Takes the one-time handle of our callback, or a platform's code that came back to " +
      '`/oauth/<platform>/callback` at the address of the app.',
    errors: [
      'invalid_token',
      'scopes_missing',
      'no_page',
      'conflict',
      'provider_failed',
      'provider_not_configured',
    ],
  })
  async connect(
    @ShopId() shopId: string,
    @MemberId() userId: string,
    @Param('platform', PlatformPipe) platform: PlatformName,
    @Body() { code }: ConnectDto,
  ): Promise<IntegrationResponse> {
    return IntegrationResponse.from(await this.oauth.redeem(code, { shopId, userId, platform }));
  }

  @Post(':platform/disconnect')
  @HttpCode(200)
  @RequirePermission('integrations:write')
  @OfPlatform()
  @ApiAnswer(IntegrationResponse, {
    summary: 'Disconnect',
    description:
      'At once here; the permission is revoked at the platform afterwards, for a week if need be.',
    errors: ['conflict'],
  })
  async disconnect(
    @ShopId() shopId: string,
    @Param('platform', PlatformPipe) platform: PlatformName,
  ): Promise<IntegrationResponse> {
    return IntegrationResponse.from(await this.connections.disconnect(shopId, platform));
  }

  @Put(':platform')
  @RequirePermission('integrations:write')
  @OfPlatform()
  @ApiAnswer(IntegrationResponse, {
    summary: 'Choose among several pages',
    errors: ['conflict', 'invalid_token', 'provider_failed', 'provider_not_configured'],
  })
  async choosePage(
    @ShopId() shopId: string,
    @Param('platform', PlatformPipe) platform: PlatformName,
    @Body() { pageId }: ChoosePageDto,
  ): Promise<IntegrationResponse> {
    return IntegrationResponse.from(await this.connections.choosePage(shopId, platform, pageId));
  }
}
