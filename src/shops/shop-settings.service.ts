import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import {
  SETTINGS_DEFAULTS,
  SETTINGS_GROUPS,
  type Settings,
  type SettingsGroup,
} from './shop-settings.js';
import { ShopSettings } from './shop-settings.schema.js';

/** Keeps what the app keeps in a shop for itself, group by group. */
@Injectable()
export class ShopSettingsService {
  constructor(@InjectModel(ShopSettings.name) private readonly settings: Model<ShopSettings>) {}

  /** All groups, those that were never set with their defaults. */
  async getAll(shopId: string): Promise<Settings> {
    const found = await this.settings.find({ shopId }).limit(SETTINGS_GROUPS.length).lean();
    const kept = found.map(({ group, json }) => [group, JSON.parse(json) as unknown]);
    return { ...SETTINGS_DEFAULTS, ...Object.fromEntries(kept) } as Settings;
  }

  async getGroup(shopId: string, group: SettingsGroup): Promise<unknown> {
    const found = await this.settings.findOne({ shopId, group }).lean();
    return found ? (JSON.parse(found.json) as unknown) : SETTINGS_DEFAULTS[group];
  }

  /** Sets the groups that are given; two members who change different groups both keep theirs. */
  async merge(shopId: string, given: Partial<Settings>): Promise<void> {
    // The app writes null for what it has not.
    const groups = SETTINGS_GROUPS.filter((group) => (given[group] ?? undefined) !== undefined);
    await Promise.all(groups.map((group) => this.set(shopId, group, given[group])));
  }

  private async set(shopId: string, group: SettingsGroup, value: unknown): Promise<void> {
    const json = JSON.stringify(value);
    const write = () =>
      this.settings.updateOne(
        { shopId: new Types.ObjectId(shopId), group },
        { $set: { json } },
        { upsert: true },
      );
    try {
      await write();
    } catch (error) {
      // Another made the group at this moment: now there is one to change.
      if (!isDuplicateKey(error)) throw error;
      await write();
    }
  }
}
