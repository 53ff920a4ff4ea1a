import { Body, Controller, Get, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiTags } from '@nestjs/swagger';
import { Throttle } from '@nestjs/throttler';
import type { Request, Response } from 'express';
import { Public } from '../../platform/http/access.decorators.js';
import { ApiAnswer } from '../../platform/http/api-docs.decorators.js';
import { LimitAccountTries } from '../../platform/security/account-tries.decorator.js';
import { deviceOf } from '../device.js';
import { LinkFacebookDto } from './dto/link-facebook.dto.js';
import { SignInResponse } from '../dto/sign-in.response.js';
import { FacebookBrowser } from './facebook-browser.js';
import { FacebookCallbackGuard } from './facebook-callback.guard.js';
import { FacebookLinksService } from './facebook-links.service.js';
import { FacebookStartGuard } from './facebook-start.guard.js';
import { type FacebookReturn, FacebookSignInService } from './facebook-sign-in.service.js';
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
  @UseGuards(FacebookStartGuard)
  @ApiExcludeEndpoint()
  start(): void {
    throw new Error('the guard answers with the way to the dialog');
  }

  @Get('callback')
  @Public()
  @UseGuards(FacebookCallbackGuard)
  @ApiExcludeEndpoint()
  async finish(@Req() request: FacebookReturn, @Res() response: Response): Promise<void> {
    const outcome = await this.facebook.finish(request, deviceOf(request));
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
