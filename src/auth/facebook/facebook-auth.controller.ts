import { Body, Controller, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiTags } from '@nestjs/swagger';
import { Throttle } from '@nestjs/throttler';
import type { Request, Response } from 'express';
import { Public } from '../../platform/http/access.decorators.js';
import { ApiAnswer } from '../../platform/http/api-docs.decorators.js';
import { LimitAccountTries } from '../../platform/security/account-tries.decorator.js';
import { deviceOf } from '../device.js';
import { FacebookSignInQuery } from './dto/facebook-sign-in.query.js';
import { LinkFacebookDto } from './dto/link-facebook.dto.js';
import { SignInResponse } from '../dto/sign-in.response.js';
import { FacebookBrowser } from './facebook-browser.js';
import { FacebookLinksService } from './facebook-links.service.js';
import { FacebookSignInService } from './facebook-sign-in.service.js';
import { SessionTransport } from '../session-transport.js';

const LINKS_PER_MINUTE = 10;
const MINUTE_MS = 60_000;

/** The first two are for browsers to go to: they answer redirects and a page, not the envelope. */
@ApiTags('auth')
@Controller('api/auth/facebook')
export class FacebookAuthController {
  constructor(
    private readonly facebook: FacebookSignInService,
    private readonly links: FacebookLinksService,
    private readonly browser: FacebookBrowser,
    private readonly transport: SessionTransport,
  ) {}

  @Get()
  @Public()
  @ApiExcludeEndpoint()
  async start(@Query() { redirect }: FacebookSignInQuery, @Res() response: Response) {
    this.browser.sendOff(response, await this.facebook.start(redirect));
  }

  @Get('callback')
  @Public()
  @ApiExcludeEndpoint()
  async finish(
    @Query() query: Record<string, unknown>,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const binding = this.browser.bindingOf(request);
    const outcome = await this.facebook.finish(query, binding, deviceOf(request));
    this.browser.welcomeBack(request, response, outcome);
  }

  @Post('link')
  @HttpCode(200)
  @Public()
  @LimitAccountTries()
  @Throttle({ default: { limit: LINKS_PER_MINUTE, ttl: MINUTE_MS } })
  @ApiAnswer(SignInResponse, {
    summary: 'Link Facebook to the account with the same e-mail, and sign in',
    description:
      'For a sign-in with Facebook that ended with `link_required`: the handle it gave, and the ' +
      "account's password. A handle bears five tries.",
    errors: ['invalid_credentials', 'invalid_token', 'conflict'],
  })
  async link(
    @Body() body: LinkFacebookDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SignInResponse> {
    const signIn = await this.links.link(body, deviceOf(request));
    return this.transport.hand(signIn, request, response);
  }
}
