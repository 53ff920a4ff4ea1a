import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import { Flights } from '../platform/database/flights.js';
import { FileKeeper, type KeptText } from '../platform/files/file-keeper.js';
import {
  SETTINGS_DEFAULTS,
  SETTINGS_GROUPS,
  type Settings,
  type SettingsGroup,
} from './shop-settings.js';
import { ShopSettings } from './shop-settings.schema.js';

/** Groups as they are written: their pictures are stored. */
export type KeptSettings = Map<SettingsGroup, KeptText>;

/** Keeps what the app keeps in a shop for itself, group by group. */
@Injectable()
export class ShopSettingsService implements OnModuleInit {
  private readonly groups = new Flights<Pick<ShopSettings, 'json'>>();

  constructor(
    @InjectModel(ShopSettings.name) private readonly settings: Model<ShopSettings>,
    private readonly files: FileKeeper,
  ) {}

  onModuleInit(): void {
    this.files.addReferences(async (fileIds) => {
      const found = await this.settings
        .find({ fileIds: { $in: fileIds } }, { fileIds: 1 })
        .setOptions({ acrossShops: true })
        .lean();
      return found.flatMap((settings) => settings.fileIds);
    });
  }

  /** All groups, those that were never set with their defaults. */
  async getAll(shopId: string): Promise<Settings> {
    const found = await this.settings.find({ shopId }).limit(SETTINGS_GROUPS.length).lean();
    const kept = found.map(({ group, json }) => [group, JSON.parse(json) as unknown]);
    return { ...SETTINGS_DEFAULTS, ...Object.fromEntries(kept) } as Settings;
  }

  async getGroup(shopId: string, group: SettingsGroup): Promise<unknown> {
    const { json } = await this.groups.share(
      `${shopId} ${group}`,
      async () => (await this.settings.findOne({ shopId, group }).lean()) ?? defaultsOf(group),
    );
    return JSON.parse(json) as unknown;
  }

  /** Has the pictures in the groups that are given stored; nothing of the groups is written yet. */
  async keep(shopId: string, given: Partial<Settings>): Promise<KeptSettings> {
    const kept: KeptSettings = new Map();
    for (const group of SETTINGS_GROUPS) {
      // The app writes null for what it has not.
      if ((given[group] ?? undefined) === undefined) continue;
      const json = JSON.stringify(given[group]);
      kept.set(group, await this.files.keepPicturesIn(json, { shopId }, group));
    }
    return kept;
  }

  /** Sets the groups that are given; two members who change different groups both keep theirs. */
  async merge(shopId: string, kept: KeptSettings): Promise<void> {
    await Promise.all([...kept].map(([group, text]) => this.set(shopId, group, text)));
  }

  private async set(shopId: string, group: SettingsGroup, text: KeptText): Promise<void> {
    const { json, fileIds } = text;
    const write = () =>
      this.settings.updateOne(
        { shopId: new Types.ObjectId(shopId), group },
        { $set: { json, fileIds } },
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

function defaultsOf(group: SettingsGroup): Pick<ShopSettings, 'json'> {
  return { json: JSON.stringify(SETTINGS_DEFAULTS[group]) };
}
