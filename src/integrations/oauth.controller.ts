import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Throttle } from '@nestjs/throttler';
import type { Request, Response } from 'express';
import { Public } from '../platform/http/access.decorators.js';
import { AcceptsForm } from '../platform/http/json-body.js';
import { OAuthBrowser } from './oauth-browser.js';
import { OAuthService } from './oauth.service.js';
import { PlatformPipe } from './platform.pipe.js';
import type { PlatformName } from './platforms/platform.js';
import { TokenPageService } from './token-page.service.js';

const PASTES_PER_MINUTE = 20;
const MINUTE_MS = 60_000;

/** For browsers to go to: pages and redirects, not the envelope. */
@ApiExcludeController()
@Controller('oauth/:platform')
export class OAuthController {
  constructor(
    private readonly oauth: OAuthService,
    private readonly browser: OAuthBrowser,
    private readonly tokenPage: TokenPageService,
  ) {}

  @Get('callback')
  @Public()
  async callback(
    @Param('platform', PlatformPipe) platform: PlatformName,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { code, state, error } = request.query;
    const binding = this.browser.markOf(request);
    const outcome = await this.oauth.finish({ platform, code, state, error, binding });
    this.browser.close(response, platform, outcome);
  }

  @Get('authorize')
  @Public()
  async show(
    @Param('platform', PlatformPipe) platform: PlatformName,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.tokenPage.show(platform, request, response);
  }

  @Post('authorize')
  @Public()
  @AcceptsForm()
  @Throttle({ default: { limit: PASTES_PER_MINUTE, ttl: MINUTE_MS } })
  async paste(
    @Param('platform', PlatformPipe) platform: PlatformName,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.tokenPage.paste(platform, request, response);
  }
}
