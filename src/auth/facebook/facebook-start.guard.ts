import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { AuthGuardAuthenticateOptions } from '@nestjs/passport';
import { FacebookBrowser } from './facebook-browser.js';
import { FacebookGuard } from './facebook.guard.js';
import { FACEBOOK_STRATEGY } from './facebook-strategy.provider.js';
import type { FacebookStrategy } from './facebook.strategy.js';

/** Answers with the way to Facebook's dialog: the route's handler is never reached. */
@Injectable()
export class FacebookStartGuard extends FacebookGuard {
  constructor(
    @Inject(FACEBOOK_STRATEGY) strategy: FacebookStrategy | null,
    private readonly browser: FacebookBrowser,
  ) {
    super(strategy);
  }

  /** @throws AppError `provider_not_configured`, or `validation_failed` for another site's address */
  override async getAuthenticateOptions(
    context: ExecutionContext,
  ): Promise<AuthGuardAuthenticateOptions> {
    this.requireConfigured();
    const http = context.switchToHttp();
    return { state: await this.browser.sendOff(http.getRequest(), http.getResponse()) };
  }

  /** Without the query: passport would take a `code` or an `error` in it for the dialog's answer. */
  override getRequest(): object {
    return {};
  }
}
