import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Membership } from '../shops/shops.service.js';
import type { UpdatePreferencesDto } from './dto/update-preferences.dto.js';
import { NotificationPreference } from './notification-preference.schema.js';
import { KINDS, NOTIFICATION_KINDS, type NotificationKind, type Way, WAYS } from './told.js';

/** What somebody wants, complete. */
export interface Preferences extends Pick<NotificationPreference, 'quietHours'> {
  kinds: Record<NotificationKind, Record<Way, boolean>>;
}

/** What people want to be told, and how. */
@Injectable()
export class PreferencesService {
  constructor(
    @InjectModel(NotificationPreference.name)
    private readonly preferences: Model<NotificationPreference>,
  ) {}

  async get({ shopId, userId }: Membership): Promise<Preferences> {
    return complete(await this.preferences.findOne({ shopId, userId }).lean());
  }

  /** Changes what is given. */
  async update(
    { shopId, userId }: Membership,
    { kinds, quietHours }: UpdatePreferencesDto,
  ): Promise<Preferences> {
    const $set: Record<string, unknown> = quietHours === undefined ? {} : { quietHours };
    for (const kind of NOTIFICATION_KINDS) {
      for (const way of WAYS) {
        const wanted = kinds?.[kind]?.[way];
        if (typeof wanted === 'boolean') $set[`kinds.${kind}.${way}`] = wanted;
      }
    }
    const changed = await this.preferences
      .findOneAndUpdate({ shopId, userId }, { $set }, { upsert: true, returnDocument: 'after' })
      .lean();
    return complete(changed);
  }

  /** Of these people, by their id. */
  async mapOf(shopId: string, userIds: string[]): Promise<Map<string, Preferences>> {
    const found = await this.preferences.find({ shopId, userId: { $in: userIds } }).lean();
    const known = new Map(found.map((one) => [one.userId.toHexString(), one]));
    return new Map(userIds.map((userId) => [userId, complete(known.get(userId) ?? null)]));
  }
}

function complete(stored: NotificationPreference | null): Preferences {
  const entries = NOTIFICATION_KINDS.map((kind) => [
    kind,
    { ...KINDS[kind].ways, ...stored?.kinds?.[kind] },
  ]);
  return {
    kinds: Object.fromEntries(entries) as Preferences['kinds'],
    quietHours: stored?.quietHours ?? null,
  };
}
