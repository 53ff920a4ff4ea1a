import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { assignment } from './assignment.js';
import { IntegrationTokensService } from './integration-tokens.service.js';
import { Integration, type Revocation } from './integration.schema.js';

/** Longer than looking after a connection can take: each call to a platform ends in seconds. */
const LEASE_MS = 120_000;
const MAX_DUE = 500;
const MAX_REKEYED = 1_000;

/** Which connections are due, over all shops, and whose turn it is. */
@Injectable()
export class DueIntegrationsService {
  constructor(
    @InjectModel(Integration.name) private readonly integrations: Model<Integration>,
    private readonly tokens: IntegrationTokensService,
  ) {}

  /** Those that are due at `now`, the longest first. */
  async listDue(now: Date): Promise<string[]> {
    const rows = await this.integrations
      .find({ dueAt: { $lte: now } }, { _id: 1 })
      .setOptions({ acrossShops: true })
      .sort({ dueAt: 1 })
      .limit(MAX_DUE)
      .lean();
    return rows.map(({ _id }) => _id.toHexString());
  }

  /** Takes a connection that is due: nobody else gets it until it is rescheduled, or for two minutes. */
  async claim(id: string, now: Date): Promise<Integration | null> {
    return this.integrations
      .findOneAndUpdate(
        { _id: id, dueAt: { $lte: now } },
        { $set: { dueAt: new Date(now.getTime() + LEASE_MS) } },
        { returnDocument: 'after', acrossShops: true, timestamps: false },
      )
      .lean();
  }

  /** Says when a claimed connection is due again, unless somebody has set another time meanwhile. */
  async reschedule({ _id, shopId, dueAt }: Integration, next: Date | undefined): Promise<void> {
    await this.integrations.updateOne({ _id, shopId, dueAt }, assignment({ dueAt: next }), {
      timestamps: false,
    });
  }

  async removeRevocation({ _id, shopId }: Integration, done: Revocation): Promise<void> {
    await this.integrations.updateOne({ _id, shopId }, { $pull: { revoking: { _id: done._id } } });
  }

  /** Whether a page serves a connection now, of whatever shop. */
  async isPageInUse({ platform }: Integration, pageId: string): Promise<boolean> {
    const found = await this.integrations
      .exists({ platform, pageId, isConnected: true })
      .setOptions({ acrossShops: true });
    return found !== null;
  }

  /** Whether a person's permission serves a connection now, of whatever shop. */
  async isGrantInUse({ platform }: Integration, platformUserId: string): Promise<boolean> {
    const found = await this.integrations
      .exists({ platform, platformUserId, state: { $in: ['connected', 'choose_page'] } })
      .setOptions({ acrossShops: true });
    return found !== null;
  }

  /**
   * Seals again, under the current key, what an old one has sealed. What no key here opens stays as it
   * is, and so does what is being revoked, which soon goes.
   */
  async rewriteSealed(): Promise<number> {
    const { keyId } = this.tokens;
    const rows = this.integrations
      .find({ keyId: { $gt: '', $ne: keyId }, 'revoking.0': { $exists: false } })
      .setOptions({ acrossShops: true })
      .limit(MAX_REKEYED)
      .lean()
      .cursor();
    let rewritten = 0;
    for await (const row of rows) {
      const opened = this.tokens.open(row, row);
      if ('problem' in opened) continue;
      const { _id, shopId, revision, platform } = row;
      const sealed = this.tokens.seal(shopId.toHexString(), platform, opened.tokens);
      // As if it had not been touched: whoever is at work with what it holds may write it.
      const { matchedCount } = await this.integrations.updateOne(
        { _id, shopId, revision, keyId: row.keyId },
        assignment(sealed),
        { timestamps: false },
      );
      rewritten += matchedCount;
    }
    return rewritten;
  }
}
