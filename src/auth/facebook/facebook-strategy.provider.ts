import type { FactoryProvider } from '@nestjs/common';
import { AppConfig } from '../../platform/config/app-config.js';
import type { FacebookStrategy } from './facebook.strategy.js';

/** Injection token of this app's Facebook strategy, null when Facebook is not set up. */
export const FACEBOOK_STRATEGY = Symbol('facebook strategy');

/** The strategy and its libraries are not even loaded where Facebook is not set up. */
export const facebookStrategyProvider: FactoryProvider<FacebookStrategy | null> = {
  provide: FACEBOOK_STRATEGY,
  inject: [AppConfig],
  useFactory: async ({ platforms: { facebook }, ownOrigin }: AppConfig) => {
    if (!facebook) return null;
    const { FacebookStrategy } = await import('./facebook.strategy.js');
    return FacebookStrategy.from(facebook, ownOrigin);
  },
};
