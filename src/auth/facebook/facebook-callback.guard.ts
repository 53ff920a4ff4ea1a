import { type ExecutionContext, Inject, Injectable, Logger } from '@nestjs/common';
import { FacebookBrowser } from './facebook-browser.js';
import type { FacebookReturn } from './facebook-sign-in.service.js';
import { FacebookGuard } from './facebook.guard.js';
import { FACEBOOK_STRATEGY } from './facebook-strategy.provider.js';
import type { FacebookStrategy } from './facebook.strategy.js';

/**
 * Finds out which visit to the dialog comes back, and who; lets every request pass, since each gets
 * a page or goes back to the app.
 */
@Injectable()
export class FacebookCallbackGuard extends FacebookGuard {
  private readonly logger = new Logger(FacebookCallbackGuard.name);

  constructor(
    @Inject(FACEBOOK_STRATEGY) strategy: FacebookStrategy | null,
    private readonly browser: FacebookBrowser,
  ) {
    super(strategy);
  }

  /** @throws AppError `provider_not_configured` */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    this.requireConfigured();
    const request = context.switchToHttp().getRequest<FacebookReturn>();
    const { code, state } = request.query;
    // Before anything else of the query is looked at: whatever comes with it, it is used up.
    request.started = await this.browser.takeBack(request, state);
    // Without a code passport would begin another visit.
    const hasCode = typeof code === 'string' && code !== '';
    if (request.started && hasCode) await super.canActivate(context);
    return true;
  }

  /** Once the state was good nobody but the provider can have failed. */
  override handleRequest<T>(error: unknown, person: T): T {
    if (error) this.logFailure(error);
    return person;
  }

  /** Of the provider's error the kind and numbers only: its text is not ours to repeat. */
  private logFailure(error: unknown): void {
    const { name, code, subcode, oauthError } = error as Record<string, unknown>;
    const { statusCode } = (oauthError ?? {}) as { statusCode?: unknown };
    const numbers = [code, subcode, statusCode].filter((one) => typeof one === 'number');
    this.logger.warn({ msg: 'Facebook failed a sign-in', kind: String(name), numbers });
  }
}
