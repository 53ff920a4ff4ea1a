import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types, type UpdateQuery } from 'mongoose';
import { DomainEvents } from '../events/domain-events.js';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import { FileKeeper } from '../platform/files/file-keeper.js';
import { AppError } from '../platform/http/app-error.js';
import type { CreateShopDto } from './dto/create-shop.dto.js';
import { ShopResponse } from './dto/shop.response.js';
import type { ShopChanges } from './dto/update-shop.dto.js';
import type { Settings } from './shop-settings.js';
import { ShopSettingsService } from './shop-settings.service.js';
import { Shop } from './shop.schema.js';
import { ShopsService, slugTaken } from './shops.service.js';

/** With the file behind the logo, when it is one of ours. */
type KeptChanges = ShopChanges & { logoFileId?: string | null };
type CurrencyCheck = (shopId: string) => Promise<boolean>;

/** Changes and deletes shops; never their owner, team, plan, or what is of other domains. */
@Injectable()
export class ShopEditsService implements OnModuleInit {
  private readonly currencyChecks: CurrencyCheck[] = [];

  constructor(
    @InjectModel(Shop.name) private readonly model: Model<Shop>,
    private readonly shops: ShopsService,
    private readonly settings: ShopSettingsService,
    private readonly events: DomainEvents,
    private readonly files: FileKeeper,
  ) {}

  onModuleInit(): void {
    this.files.addReferences(async (fileIds) => {
      const shown = { logoFileId: { $in: fileIds, $exists: true } };
      const found = await this.model.find(shown, { logoFileId: 1 }).lean();
      return found.flatMap(({ logoFileId }) => logoFileId ?? []);
    });
  }

  /** @param isPriced whether a shop has anything whose price would mean something else */
  keepCurrencyWhile(isPriced: CurrencyCheck): void {
    this.currencyChecks.push(isPriced);
  }

  async create(ownerId: string, dto: CreateShopDto): Promise<Shop> {
    const _id = new Types.ObjectId();
    const shopId = _id.toHexString();
    if (dto.slug) await this.shops.requireFreeSlug(dto.slug);
    const kept = await this.settings.keep(shopId, dto as Partial<Settings>);
    const shop = await this.shops.create(ownerId, dto, _id);
    await this.settings.merge(shopId, kept);
    return shop;
  }

  /**
   * Changes what is given. The shop itself is one write, each group of settings another; all of them
   * may be repeated.
   * @throws AppError `slug_taken`, or `conflict` for another currency once there are prices
   */
  async update(shopId: string, changes: ShopChanges): Promise<Shop> {
    const shop = await this.shops.get(shopId);
    if (changes.currency && changes.currency !== shop.currency) await this.requireUnpriced(shopId);
    const kept = await this.settings.keep(shopId, changes);
    const updated = await this.write(shopId, await this.withLogo(shopId, changes));
    await this.settings.merge(shopId, kept);
    this.events.emit('shop.updated', { shopId, shop: ShopResponse.from(updated) });
    return updated;
  }

  /** The shop is gone for everybody at once, its address free; nothing of it is lost. */
  async delete(shopId: string): Promise<void> {
    const deleted = await this.model
      .findOneAndUpdate(
        { _id: shopId, deletedAt: { $exists: false } },
        [
          {
            $set: {
              deletedAt: new Date(),
              deletedTeam: '$team',
              team: [],
              // No slug has a tilde.
              slug: { $concat: ['$slug', '~', { $toString: '$_id' }] },
            },
          },
        ],
        { returnDocument: 'before', updatePipeline: true },
      )
      .lean();
    for (const { userId } of deleted?.team ?? []) {
      this.events.emit('membership.changed', { shopId, userId: userId.toHexString(), role: null });
    }
  }

  /** Has a logo that is written out stored, before it is written. */
  private async withLogo(shopId: string, changes: ShopChanges): Promise<KeptChanges> {
    const { logoUrl } = changes;
    if (!logoUrl) return { ...changes, ...(logoUrl === '' ? { logoFileId: null } : {}) };
    const { url, fileId } = await this.files.keepPicture(logoUrl, { shopId }, 'logoUrl');
    return { ...changes, logoUrl: url, logoFileId: fileId };
  }

  private async requireUnpriced(shopId: string): Promise<void> {
    for (const isPriced of this.currencyChecks) {
      if (!(await isPriced(shopId))) continue;
      throw AppError.conflict(
        'conflict',
        'The currency stays once there are products: open another shop for another currency.',
      );
    }
  }

  private async write(shopId: string, changes: KeptChanges): Promise<Shop> {
    try {
      const updated = await this.model
        .findOneAndUpdate({ _id: shopId, deletedAt: { $exists: false } }, updateOf(changes), {
          returnDocument: 'after',
        })
        .lean();
      if (!updated) throw AppError.notFound('shop');
      return updated;
    } catch (error) {
      throw isDuplicateKey(error, 'slug') ? slugTaken(changes.slug ?? '') : error;
    }
  }
}

function updateOf(changes: KeptChanges): UpdateQuery<Shop> {
  const { name, slug, currency, timeZone, description, phone, email, address } = changes;
  const { logoUrl, logoFileId } = changes;
  const texts = { description, phone, email, address };
  const given = Object.entries(texts).filter(([, text]) => (text ?? undefined) !== undefined);
  return {
    $set: {
      ...(name ? { name: name.trim() } : {}),
      ...(slug ? { slug } : {}),
      ...(currency ? { currency } : {}),
      ...(timeZone ? { timeZone } : {}),
      ...(logoUrl ? { logoUrl } : {}),
      ...(logoFileId ? { logoFileId } : {}),
      ...Object.fromEntries(given),
    },
    $unset: {
      ...(logoUrl === '' ? { logoUrl: '' } : {}),
      ...(logoFileId === null ? { logoFileId: '' } : {}),
    },
  };
}
