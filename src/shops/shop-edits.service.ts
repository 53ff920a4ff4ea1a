import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, UpdateQuery } from 'mongoose';
import { DomainEvents } from '../events/domain-events.js';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import { AppError } from '../platform/http/app-error.js';
import type { CreateShopDto } from './dto/create-shop.dto.js';
import { ShopResponse } from './dto/shop.response.js';
import type { ShopChanges } from './dto/update-shop.dto.js';
import type { Settings } from './shop-settings.js';
import { ShopSettingsService } from './shop-settings.service.js';
import { Shop } from './shop.schema.js';
import { ShopsService, slugTaken } from './shops.service.js';

type CurrencyCheck = (shopId: string) => Promise<boolean>;

/** Changes and deletes shops; never their owner, team, plan, or what is of other domains. */
@Injectable()
export class ShopEditsService {
  private readonly currencyChecks: CurrencyCheck[] = [];

  constructor(
    @InjectModel(Shop.name) private readonly model: Model<Shop>,
    private readonly shops: ShopsService,
    private readonly settings: ShopSettingsService,
    private readonly events: DomainEvents,
  ) {}

  /** @param isPriced whether a shop has anything whose price would mean something else */
  keepCurrencyWhile(isPriced: CurrencyCheck): void {
    this.currencyChecks.push(isPriced);
  }

  async create(ownerId: string, dto: CreateShopDto): Promise<Shop> {
    const shop = await this.shops.create(ownerId, dto);
    await this.settings.merge(shop._id.toHexString(), dto as Partial<Settings>);
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
    const updated = await this.write(shopId, changes);
    await this.settings.merge(shopId, changes);
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

  private async requireUnpriced(shopId: string): Promise<void> {
    for (const isPriced of this.currencyChecks) {
      if (!(await isPriced(shopId))) continue;
      throw AppError.conflict(
        'conflict',
        'The currency stays once there are products: open another shop for another currency.',
      );
    }
  }

  private async write(shopId: string, changes: ShopChanges): Promise<Shop> {
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

function updateOf(changes: ShopChanges): UpdateQuery<Shop> {
  const { name, slug, currency, timeZone, description, phone, email, address, logoUrl } = changes;
  const texts = { description, phone, email, address };
  const given = Object.entries(texts).filter(([, text]) => (text ?? undefined) !== undefined);
  return {
    $set: {
      ...(name ? { name: name.trim() } : {}),
      ...(slug ? { slug } : {}),
      ...(currency ? { currency } : {}),
      ...(timeZone ? { timeZone } : {}),
      ...(logoUrl ? { logoUrl } : {}),
      ...Object.fromEntries(given),
    },
    $unset: logoUrl === '' ? { logoUrl: '' } : {},
  };
}
