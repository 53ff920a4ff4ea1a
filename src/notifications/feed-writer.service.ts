import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type HydratedDocument, type Model, Types } from 'mongoose';
import { DomainEvents } from '../events/domain-events.js';
import { areDuplicateKeys, isDuplicateKey } from '../platform/database/database-errors.js';
import { withRequestId } from '../platform/logging/request-context.js';
import { ShopsService } from '../shops/shops.service.js';
import { NotificationResponse } from './dto/notification.response.js';
import { Notification } from './notification.schema.js';
import { PreferencesService } from './preferences.service.js';
import type { PushDevice } from './push-device.schema.js';
import { PushDevicesService } from './push-devices.service.js';
import { PushJobsService } from './push-jobs.service.js';
import { type QuietHours, quietUntil } from './quiet-hours.js';
import { KINDS, type Told } from './told.js';

/** What one person is to be told. */
export interface Entry {
  told: Told;
  /** Of the request that it came of. */
  requestId: string | undefined;
  /** How many tellings are told as one. */
  count: number;
  userId: string;
  push: boolean;
  inApp: boolean;
  /** They have it before their eyes. */
  isSeen: boolean;
  quietHours: QuietHours | null;
}

type Unwritten = Omit<Notification, '_id'> & { _id: Types.ObjectId };

const STALE_MS = 20_000;
const BATCH = 200;

/** Writes people's feeds, then has their sockets and devices told; what a crash cuts off is finished later. */
@Injectable()
export class FeedWriterService {
  constructor(
    @InjectModel(Notification.name) private readonly notifications: Model<Notification>,
    private readonly shops: ShopsService,
    private readonly devices: PushDevicesService,
    private readonly pushes: PushJobsService,
    private readonly preferences: PreferencesService,
    private readonly events: DomainEvents,
  ) {}

  /** Entries that are in the feeds already change nothing. */
  async write(shopId: string, entries: Entry[]): Promise<void> {
    const userIds = [...new Set(entries.map(({ userId }) => userId))];
    const [devices, seq] = await Promise.all([
      this.devices.listOf(userIds),
      this.shops.nextSeq(shopId),
    ]);
    const now = new Date();
    const drafts = entries.map((entry) => draftOf(shopId, entry, { seq, now, devices }));
    const [once, again] = [false, true].map((recurs) =>
      drafts.filter(({ kind }) => KINDS[kind].recurs === recurs),
    ) as [Unwritten[], Unwritten[]];
    const written = [...(await this.insert(once)), ...(await this.raise(again, entries))];
    const quiet = new Map(entries.map((one) => [one.userId, one.quietHours]));
    const requests = new Map(entries.map(({ told, requestId }) => [told.key, requestId]));
    await this.spread(written, devices, quiet, requests);
  }

  /** What a process that died has written, and told nobody. */
  async recover(now: Date): Promise<void> {
    const left = await this.notifications
      .find({ untoldSince: { $lt: new Date(now.getTime() - STALE_MS) } })
      .setOptions({ acrossShops: true })
      .limit(BATCH)
      .lean();
    for (const shopId of new Set(left.map((one) => one.shopId.toHexString()))) {
      const own = left.filter((one) => one.shopId.toHexString() === shopId);
      const userIds = [...new Set(own.map(({ userId }) => userId.toHexString()))];
      const preferences = await this.preferences.mapOf(shopId, userIds);
      const quiet = new Map(userIds.map((id) => [id, preferences.get(id)?.quietHours ?? null]));
      await this.spread(own, await this.devices.listOf(userIds), quiet);
    }
  }

  private async insert(drafts: Unwritten[]): Promise<Notification[]> {
    if (drafts.length === 0) return [];
    const inserted = await this.notifications
      .insertMany(drafts, { ordered: false, throwOnValidationError: true })
      .catch(insertedBeside);
    return inserted.map((one) => one.toObject<Notification>());
  }

  /** Puts what is told anew at the top of the feed, unread, unless something newer was told meanwhile. */
  private async raise(drafts: Unwritten[], entries: Entry[]): Promise<Notification[]> {
    const raised = await Promise.all(
      drafts.map(async (draft) => {
        const { _id, shopId, userId, key, count, ...rest } = draft;
        const { isSeen } = entries.find(
          (one) => one.told.key === key && one.userId === userId.toHexString(),
        )!;
        const before = { $cond: [{ $eq: ['$isRead', false] }, { $ifNull: ['$count', 0] }, 0] };
        const { untoldSince, ...literals } = rest;
        const set = {
          ...Object.fromEntries(
            Object.entries(literals).map(([name, value]) => [name, { $literal: value }]),
          ),
          ...(untoldSince ? { untoldSince } : {}),
          count: isSeen ? count : { $add: [before, count] },
          _id: { $ifNull: ['$_id', _id] },
        };
        try {
          return await this.notifications
            .findOneAndUpdate(
              { shopId, userId, key, version: { $lt: draft.version } },
              [{ $set: set }],
              {
                upsert: true,
                returnDocument: 'after',
                updatePipeline: true,
              },
            )
            .lean();
        } catch (error) {
          // It is there, with this version or a newer one.
          if (isDuplicateKey(error)) return null;
          throw error;
        }
      }),
    );
    return raised.filter((one) => one !== null);
  }

  private async spread(
    written: Notification[],
    devices: PushDevice[],
    quiet: Map<string, QuietHours | null>,
    requests = new Map<string, string | undefined>(),
  ): Promise<void> {
    for (const notification of written) {
      const { shopId, userId, isShown, untoldSince, key } = notification;
      if (isShown) {
        this.events.emit('notification.raised', {
          shopId: shopId.toHexString(),
          userId: userId.toHexString(),
          notification: NotificationResponse.from(notification),
        });
      }
      if (!untoldSince) continue;
      const hours = quiet.get(userId.toHexString());
      const end = hours ? quietUntil(hours, new Date()) : null;
      for (const device of devices.filter((one) => one.userId.equals(userId))) {
        const deviceId = device._id.toHexString();
        await withRequestId(requests.get(key), () =>
          end
            ? this.pushes.askLater(notification, deviceId, end)
            : this.pushes.ask(notification, deviceId),
        );
      }
    }
    const told = written.filter(({ untoldSince }) => untoldSince);
    if (told.length === 0) return;
    await this.notifications.updateMany(
      { shopId: told[0]!.shopId, _id: { $in: told.map(({ _id }) => _id) } },
      { $unset: { untoldSince: '' } },
    );
  }
}

function draftOf(
  shopId: string,
  { told, count, userId, push, inApp, isSeen }: Entry,
  { seq, now, devices }: { seq: number; now: Date; devices: PushDevice[] },
): Unwritten {
  const { kind, key, version, title, message, about } = told;
  const isToPush = push && devices.some((device) => device.userId.toHexString() === userId);
  return {
    _id: new Types.ObjectId(),
    shopId: new Types.ObjectId(shopId),
    userId: new Types.ObjectId(userId),
    kind,
    key,
    version,
    title,
    message,
    about,
    count,
    isRead: isSeen,
    isShown: inApp,
    seq,
    at: now,
    ...(isToPush ? { untoldSince: now } : {}),
  };
}

function insertedBeside(error: unknown): HydratedDocument<Notification>[] {
  if (!areDuplicateKeys(error)) throw error;
  return (error as { insertedDocs: HydratedDocument<Notification>[] }).insertedDocs;
}
