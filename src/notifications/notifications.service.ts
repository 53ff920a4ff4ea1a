import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, type QueryFilter, Types } from 'mongoose';
import { DomainEvents } from '../events/domain-events.js';
import { type ChangeRange, changedIn } from '../platform/database/change-range.js';
import { AppError } from '../platform/http/app-error.js';
import { decodeCursor } from '../platform/http/cursor.js';
import { Page } from '../platform/http/page.js';
import { ShopsService } from '../shops/shops.service.js';
import type { ListNotificationsQuery } from './dto/list-notifications.query.js';
import { Notification } from './notification.schema.js';
import { PushClearingService } from './push-clearing.service.js';

const MAX_COUNTED = 1_000;
const UNREAD_FIRST = { isRead: 1, at: -1, _id: -1 } as const;

type Change = { $set: Partial<Pick<Notification, 'isRead' | 'isShown'>> };
const READ: Change = { $set: { isRead: true } };
/** It is kept, out of sight: told again, the same thing is known. */
const DELETED: Change = { $set: { isRead: true, isShown: false } };

/** A person's own feed, over all their shops. */
@Injectable()
export class NotificationsService {
  constructor(
    @InjectModel(Notification.name) private readonly notifications: Model<Notification>,
    private readonly shops: ShopsService,
    private readonly clearing: PushClearingService,
    private readonly events: DomainEvents,
  ) {}

  /** Unread first, then the newest. */
  async list(
    userId: string,
    { limit, cursor }: ListNotificationsQuery,
  ): Promise<Page<Notification>> {
    const rows = await this.notifications
      .find({ ...(await this.feedOf(userId)), ...(cursor ? below(cursor) : {}) })
      .sort(UNREAD_FIRST)
      .limit(limit + 1)
      .lean();
    return Page.of(rows, limit, ({ isRead, at, _id }) => ({
      at: isRead ? at.getTime() : -at.getTime(),
      id: _id.toHexString(),
    }));
  }

  async countUnread(userId: string): Promise<number> {
    const unread = { ...(await this.feedOf(userId)), isRead: false };
    return this.notifications.countDocuments(unread, { limit: MAX_COUNTED });
  }

  /** Those of a person that have changed since a number, in its order. */
  async listChanged(shopId: string, userId: string, range: ChangeRange): Promise<Notification[]> {
    const newest = await this.notifications
      .find({ shopId, userId, isShown: true, ...changedIn(range, 'at') })
      .sort({ seq: -1 })
      .limit(range.limit)
      .lean();
    return newest.reverse();
  }

  async markRead(userId: string, id: string): Promise<Notification> {
    return this.changeOne(userId, id, READ);
  }

  async remove(userId: string, id: string): Promise<void> {
    await this.changeOne(userId, id, DELETED);
  }

  async markAllRead(userId: string): Promise<void> {
    await this.changeAll(userId, { isRead: false }, READ);
  }

  async removeAll(userId: string): Promise<void> {
    await this.changeAll(userId, {}, DELETED);
  }

  private async changeOne(userId: string, id: string, change: Change): Promise<Notification> {
    const own = { ...(await this.feedOf(userId)), _id: id };
    const found = await this.notifications.findOne(own, { shopId: 1 }).lean();
    if (!found) throw AppError.notFound('notification');
    const seq = await this.shops.nextSeq(found.shopId.toHexString());
    const $set = { ...change.$set, seq };
    const changed = await this.notifications
      .findOneAndUpdate(
        { shopId: found.shopId, _id: id, userId },
        { $set },
        { returnDocument: 'after' },
      )
      .lean();
    if (!changed) throw AppError.notFound('notification');
    await this.clear(userId, [id], change);
    return changed;
  }

  private async changeAll(
    userId: string,
    which: QueryFilter<Notification>,
    change: Change,
  ): Promise<void> {
    const feed = await this.feedOf(userId);
    for (const shopId of feed.shopId.$in) {
      const own = { ...feed, shopId, ...which };
      if (!(await this.notifications.exists(own))) continue;
      const seq = await this.shops.nextSeq(shopId.toHexString());
      await this.notifications.updateMany(own, { $set: { ...change.$set, seq } });
    }
    await this.clear(userId, null, change);
  }

  private async clear(userId: string, ids: string[] | null, { $set }: Change): Promise<void> {
    await this.clearing.clear(userId);
    const cleared = { ids, isDeleted: $set.isShown === false };
    this.events.emit('notifications.cleared', { userId, cleared });
  }

  /** Of the shops in whose team they still are. */
  private async feedOf(userId: string) {
    const shops = await this.shops.listOf(userId);
    return {
      userId: new Types.ObjectId(userId),
      shopId: { $in: shops.map(({ _id }) => _id) },
      isShown: true,
    };
  }
}

/** What comes after a position: of its kind what is older, and after the unread all that are read. */
function below(cursor: string): QueryFilter<Notification> {
  const { at: signed, id } = decodeCursor(cursor);
  const isRead = signed > 0;
  const at = new Date(Math.abs(signed));
  const older = [
    { isRead, at: { $lt: at } },
    { isRead, at, _id: { $lt: new Types.ObjectId(id) } },
  ];
  return { $or: isRead ? older : [...older, { isRead: true }] };
}
