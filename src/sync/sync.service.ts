import { Injectable } from '@nestjs/common';
import { ConversationsService } from '../conversations/conversations.service.js';
import { MessagesService } from '../conversations/messages.service.js';
import { NotificationResponse } from '../notifications/dto/notification.response.js';
import { NotificationsService } from '../notifications/notifications.service.js';
import { OrdersService } from '../orders/orders.service.js';
import type { ChangeRange } from '../platform/database/change-range.js';
import { ShopsService } from '../shops/shops.service.js';
import { type Changes, ChangesResponse } from './dto/changes.response.js';
import { UntoldRanges } from './untold-ranges.service.js';

/** More than this and a client is faster when it reads everything anew. */
const MAX_CHANGES = 2_000;
/**
 * A number is taken before its document is written, so a document may land after a client has seen
 * later numbers. That takes moments: the last numbers before `since` are read again, and more of
 * them where a document is so young that it may have landed late.
 */
export const OVERLAP_NUMBERS = 100;
const YOUNG = { numbers: 500, ms: 15_000 };

/** Who asks, in which shop. */
export interface Reader {
  shopId: string;
  /** Null: only what the whole team sees. */
  userId: string | null;
}

/** Answers everything of a shop that is newer than a number, for REST and both doors. */
@Injectable()
export class SyncService {
  constructor(
    private readonly shops: ShopsService,
    private readonly conversations: ConversationsService,
    private readonly messages: MessagesService,
    private readonly orders: OrdersService,
    private readonly notifications: NotificationsService,
    private readonly untold: UntoldRanges,
  ) {}

  /**
   * @param since the highest number the client has seen
   * @returns the number from which it is to be told: a lower one where it was not told in order
   */
  async resumeFrom(shopId: string, since: number): Promise<number> {
    return this.untold.resumeFrom(shopId, since, YOUNG.numbers);
  }

  /** Everything newer than a number; the client drops what it has by `id` and `seq`. */
  async changesSince(
    { shopId, userId }: Reader,
    since: number,
    now: Date,
  ): Promise<ChangesResponse> {
    // Before the reads: what is written while they run is told again, never left out.
    const seq = await this.shops.getSeq(shopId);
    if (since > seq) return ChangesResponse.reset(seq);
    const range = rangeSince(since, now);
    const changes = await this.read({ shopId, userId }, range);
    const news = Object.values(changes).map(
      (rows: { seq: number }[]) => rows.filter((row) => row.seq > range.above).length,
    );
    if (news.reduce((sum, count) => sum + count, 0) > MAX_CHANGES)
      return ChangesResponse.reset(seq);
    return ChangesResponse.from(seq, changes);
  }

  /** A page of it, as the documents are now: above one number, up to another. */
  async changesBetween(reader: Reader, above: number, upTo: number): Promise<ChangesResponse> {
    const range = { above, youngAbove: above, youngerThan: new Date(), upTo, limit: MAX_CHANGES };
    return ChangesResponse.from(upTo, await this.read(reader, range));
  }

  /** Only what one person is told of; of too many the newest. */
  async notificationsSince(
    { shopId, userId }: { shopId: string; userId: string },
    since: number,
    now: Date,
  ): Promise<NotificationResponse[]> {
    const range = rangeSince(since, now);
    const changed = await this.notifications.listChanged(shopId, userId, range);
    return changed.map((one) => NotificationResponse.from(one));
  }

  private async read({ shopId, userId }: Reader, range: ChangeRange): Promise<Changes> {
    const [conversations, messages, orders, notifications] = await Promise.all([
      this.conversations.listChanged(shopId, range),
      this.messages.listWritten(shopId, range),
      this.orders.listChanged(shopId, range),
      userId ? this.notifications.listChanged(shopId, userId, range) : [],
    ]);
    return { conversations, messages, orders, notifications };
  }
}

function rangeSince(since: number, now: Date): ChangeRange {
  return {
    above: since - OVERLAP_NUMBERS,
    youngAbove: since - YOUNG.numbers,
    youngerThan: new Date(now.getTime() - YOUNG.ms),
    limit: MAX_CHANGES + 1,
  };
}
