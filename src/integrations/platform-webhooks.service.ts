import { timingSafeEqual, createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/app-config.js';
import { AppError } from '../platform/http/app-error.js';
import { IntegrationTokensService } from './integration-tokens.service.js';
import { IntegrationsService } from './integrations.service.js';
import { parseObject } from './platforms/platform-json.js';
import type { Delivery, DeliveryKeys, PlatformName } from './platforms/platform.js';
import { PlatformsService } from './platforms/platforms.service.js';

/** What the platforms tell of the connections themselves. Customers' messages are not read here. */
@Injectable()
export class PlatformWebhooksService {
  constructor(
    private readonly platforms: PlatformsService,
    private readonly integrations: IntegrationsService,
    private readonly tokens: IntegrationTokensService,
    private readonly config: AppConfig,
  ) {}

  /**
   * Proves to Facebook that the address is ours.
   * @returns the challenge, to be answered as it is
   * @throws AppError `provider_not_configured`, `forbidden`
   */
  verify(query: Record<string, unknown>): string {
    const { verifyToken } = this.config.platforms.facebook ?? {};
    if (!verifyToken) {
      throw new AppError(
        'provider_not_configured',
        'Facebook is not set up here: set FACEBOOK_APP_ID, FACEBOOK_APP_SECRET and FACEBOOK_VERIFY_TOKEN.',
      );
    }
    const { 'hub.mode': mode, 'hub.verify_token': token, 'hub.challenge': challenge } = query;
    const isOurs = typeof token === 'string' && isSame(token, verifyToken);
    if (mode === 'subscribe' && isOurs && typeof challenge === 'string') return challenge;
    throw new AppError('forbidden', 'The verify token is not FACEBOOK_VERIFY_TOKEN: correct one.');
  }

  /** A delivery of Facebook or of Instagram: one address serves both apps, where there are both. */
  async receiveMeta(delivery: Delivery): Promise<void> {
    const name = this.platforms.isOffered('facebook') ? 'facebook' : 'instagram';
    await this.receive(name, delivery);
  }

  /** A delivery for all connections of an app. @throws AppError `invalid_signature` */
  async receive(name: PlatformName, delivery: Delivery): Promise<void> {
    const platform = this.platforms.require(name);
    platform.requireSignature(delivery, new Date());
    for (const { pageId, at } of platform.readEvents?.(delivery.body) ?? []) {
      const row = await this.integrations.findByPage(name, pageId);
      // What was connected again after it is another permission.
      if (!row?.connectedAt || row.connectedAt > at) continue;
      const shopId = row.shopId.toHexString();
      await this.integrations.disconnect(shopId, name, 'platform', new Date());
    }
  }

  /**
   * A delivery at the address of one connection.
   * @throws AppError `not_found`, `invalid_signature`
   */
  async receiveAt(name: PlatformName, key: string, delivery: Delivery): Promise<void> {
    const platform = this.platforms.require(name);
    const keys = await this.keysOf(name, key);
    if (keys) return platform.requireSignature(delivery, new Date(), keys);
    // While a connection is being made its address is tried out, before there is anything to it.
    const { event } = parseObject(delivery.body.toString()) ?? {};
    if (name !== 'viber' || event !== 'webhook') throw AppError.notFound('connection');
  }

  private async keysOf(name: PlatformName, key: string): Promise<DeliveryKeys | undefined> {
    const row = await this.integrations.findByKey(name, key);
    if (!row?.webhookSecretHash) return undefined;
    const opened = this.tokens.open(row, row);
    const accessToken = 'tokens' in opened ? opened.tokens.accessToken : undefined;
    return accessToken ? { accessToken, secretHash: row.webhookSecretHash } : undefined;
  }
}

function isSame(sent: string, own: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(sent), hash(own));
}
