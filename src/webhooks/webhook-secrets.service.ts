import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { JobsService } from '../platform/jobs/jobs.service.js';
import { TokenCipher } from '../platform/security/token-cipher.js';
import { WebhookEndpoint } from './webhook-endpoint.schema.js';

const RESEAL = 'webhooks.reseal';
const RESEAL_SECONDS = 30;
const MAX_RESEALED = 500;

/** A secret as it is stored. */
export type SealedSecret = Pick<WebhookEndpoint, 'secret' | 'keyId'>;

/** The secrets that deliveries are signed by: encrypted at rest, and under the newest key soon. */
@Injectable()
export class WebhookSecretsService implements OnModuleInit {
  private readonly logger = new Logger(WebhookSecretsService.name);

  constructor(
    @InjectModel(WebhookEndpoint.name) private readonly endpoints: Model<WebhookEndpoint>,
    private readonly cipher: TokenCipher,
    private readonly jobs: JobsService,
  ) {}

  onModuleInit(): void {
    this.jobs.define(RESEAL, () => this.reseal());
    this.jobs.every(RESEAL, RESEAL_SECONDS);
  }

  seal(shopId: string, secret: string): SealedSecret {
    return { secret: this.cipher.seal(secret, placeOf(shopId)), keyId: this.cipher.keyId };
  }

  /** What deliveries are signed by at this moment: for a while by the secret before as well. */
  openAll(endpoint: WebhookEndpoint, now: Date): string[] {
    const { secret, previousSecret, previousUntil } = endpoint;
    const isBoth = previousSecret && previousUntil && previousUntil > now;
    return [secret, ...(isBoth ? [previousSecret] : [])].map((sealed) =>
      this.open(endpoint, sealed),
    );
  }

  /** Seals again, under the current key, what an old one has sealed. What no key opens stays as it is. */
  async reseal(): Promise<void> {
    const { keyId } = this.cipher;
    const rows = await this.endpoints
      .find({ $or: [{ keyId: { $lt: keyId } }, { keyId: { $gt: keyId } }] })
      .setOptions({ acrossShops: true })
      .limit(MAX_RESEALED)
      .lean();
    let resealed = 0;
    for (const row of rows) resealed += await this.resealOne(row);
    if (resealed > 0) this.logger.log({ msg: 'secrets sealed under the current key', resealed });
  }

  private async resealOne(row: WebhookEndpoint): Promise<number> {
    const { _id, shopId, secret, previousSecret } = row;
    const shop = shopId.toHexString();
    const opened = this.cipher.open(secret, placeOf(shop));
    if ('problem' in opened) return 0;
    const previous = previousSecret ? this.cipher.open(previousSecret, placeOf(shop)) : null;
    const $set = {
      ...this.seal(shop, opened.text),
      ...(previous && 'text' in previous
        ? { previousSecret: this.seal(shop, previous.text).secret }
        : {}),
    };
    // As if it had not been touched, and only while nobody has changed it.
    const unchanged = { shopId, _id, secret };
    const { modifiedCount } = await this.endpoints.updateOne(
      unchanged,
      { $set },
      { timestamps: false },
    );
    return modifiedCount;
  }

  /** @throws Error when no key here opens it, or it is damaged */
  private open({ _id, shopId }: WebhookEndpoint, sealed: string): string {
    const opened = this.cipher.open(sealed, placeOf(shopId.toHexString()));
    if ('text' in opened) return opened.text;
    throw new Error(`the secret of webhook ${_id.toHexString()}: ${opened.problem}`);
  }
}

/** An old secret moves to another field, so a field is no part of it. */
function placeOf(shopId: string): string {
  return `${shopId}/webhook`;
}
