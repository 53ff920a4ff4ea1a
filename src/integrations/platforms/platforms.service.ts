import { Injectable } from '@nestjs/common';
import { AppError } from '../../platform/http/app-error.js';
import { FacebookPlatform } from './facebook.platform.js';
import { InstagramPlatform } from './instagram.platform.js';
import type { Platform, PlatformName } from './platform.js';
import { TelegramPlatform } from './telegram.platform.js';
import { TiktokPlatform } from './tiktok.platform.js';
import { ViberPlatform } from './viber.platform.js';

@Injectable()
export class PlatformsService {
  private readonly byName: Record<PlatformName, Platform>;

  constructor(
    facebook: FacebookPlatform,
    instagram: InstagramPlatform,
    tiktok: TiktokPlatform,
    telegram: TelegramPlatform,
    viber: ViberPlatform,
  ) {
    this.byName = { facebook, instagram, tiktok, telegram, viber };
  }

  get(name: PlatformName): Platform {
    return this.byName[name];
  }

  isOffered(name: PlatformName): boolean {
    return this.byName[name].missingVariables.length === 0;
  }

  /** @throws AppError `provider_not_configured`, naming the variables */
  require(name: PlatformName): Platform {
    const platform = this.byName[name];
    const { label, missingVariables } = platform;
    if (missingVariables.length === 0) return platform;
    throw new AppError(
      'provider_not_configured',
      `${label} is not set up here: set ${missingVariables.join(' and ')}.`,
    );
  }
}
