import { Inject, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { AppError } from '../../platform/http/app-error.js';
import { FACEBOOK_STRATEGY } from './facebook-strategy.provider.js';
import type { FacebookStrategy } from './facebook.strategy.js';

/** Hands a request to this app's Facebook strategy, where there is one. */
@Injectable()
export class FacebookGuard extends AuthGuard() {
  constructor(@Inject(FACEBOOK_STRATEGY) private readonly strategy: FacebookStrategy | null) {
    super({ defaultStrategy: strategy?.name ?? 'facebook' });
  }

  /** @throws AppError `provider_not_configured` */
  protected requireConfigured(): void {
    if (this.strategy) return;
    throw new AppError(
      'provider_not_configured',
      'Facebook is not set up here: set FACEBOOK_APP_ID and FACEBOOK_APP_SECRET.',
    );
  }
}
