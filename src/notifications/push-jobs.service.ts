import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { JobsService } from '../platform/jobs/jobs.service.js';
import { RetryLater } from '../platform/jobs/retry-later.js';
import { ShopsService } from '../shops/shops.service.js';
import { NotificationResponse } from './dto/notification.response.js';
import { Notification } from './notification.schema.js';
import { type Preferences, PreferencesService } from './preferences.service.js';
import { PUSH_CLEAR } from './push-clearing.service.js';
import { PushDevicesService } from './push-devices.service.js';
import { type PushPayload, PushSender } from './push-sender.js';
import { quietUntil } from './quiet-hours.js';
import { KINDS, NOTIFICATION_KINDS } from './told.js';

const PUSH = 'push.send';
const DIGEST = 'push.digest';
const CONCURRENCY = 16;
const MAX_DIGEST = 100;
/** Longer than a push is tried again before its time comes in the quiet hours. */
const LATE_MS = 7_200_000;
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** A push that is hours old is no news: the feed has it. */
const RETRY_DELAYS_MS = [
  2 * SECOND_MS,
  10 * SECOND_MS,
  MINUTE_MS,
  5 * MINUTE_MS,
  20 * MINUTE_MS,
  60 * MINUTE_MS,
];

interface Push {
  shopId: string;
  notificationId: string;
  deviceId: string;
}

interface Digest {
  shopId: string;
  userId: string;
  deviceId: string;
  /** When the quiet began to hold something back. */
  since: number;
}

/** Brings a notification to a browser: once it is read, or its person has gone, nothing is sent. */
@Injectable()
export class PushJobsService implements OnModuleInit {
  constructor(
    @InjectModel(Notification.name) private readonly notifications: Model<Notification>,
    private readonly devices: PushDevicesService,
    private readonly shops: ShopsService,
    private readonly sender: PushSender,
    private readonly preferences: PreferencesService,
    private readonly jobs: JobsService,
  ) {}

  onModuleInit(): void {
    const options = { concurrency: CONCURRENCY, retryDelaysMs: RETRY_DELAYS_MS };
    this.jobs.define<Push>(PUSH, (push) => this.push(push), options);
    this.jobs.define<Digest>(DIGEST, (digest) => this.digest(digest), options);
  }

  /** While it waits, what is told again under the same notification goes with it. */
  async ask({ shopId, _id }: Notification, deviceId: string): Promise<void> {
    const notificationId = _id.toHexString();
    const push: Push = { shopId: shopId.toHexString(), notificationId, deviceId };
    await this.jobs.enqueue(PUSH, `${notificationId}:${deviceId}`, push);
  }

  /** Held back until the person's quiet hours end; then one push tells of all. */
  async askLater({ shopId, userId, at }: Notification, deviceId: string, end: Date): Promise<void> {
    const shop = shopId.toHexString();
    const digest = { shopId: shop, userId: userId.toHexString(), deviceId, since: at.getTime() };
    await this.jobs.enqueue(DIGEST, `${shop}:${deviceId}`, digest satisfies Digest, { at: end });
  }

  private async push({ shopId, notificationId, deviceId }: Push): Promise<void> {
    const notification = await this.notifications.findOne({ shopId, _id: notificationId }).lean();
    if (!notification || notification.isRead) return;
    // One that comes late, after a failure or a restart, may come into the quiet hours.
    const { quietHours } = await this.preferencesOf(shopId, notification.userId.toHexString());
    const end = quietHours && quietUntil(quietHours, new Date());
    if (end) await this.askLater(notification, deviceId, end);
    else await this.show([notification], deviceId);
  }

  /** Of what is wanted by push, also by push alone; what was deleted is read. */
  private async digest({ shopId, userId, deviceId, since }: Digest): Promise<void> {
    const { kinds, quietHours } = await this.preferencesOf(shopId, userId);
    const now = new Date();
    const end = quietHours && quietUntil(quietHours, now);
    if (end) throw new RetryLater('there are quiet hours again', end.getTime() - now.getTime());
    const kind = { $in: NOTIFICATION_KINDS.filter((one) => kinds[one].push) };
    const isShown = { $in: [true, false] };
    // One that was told before, and whose push came late into the quiet hours, has asked after another.
    const isLate = {
      at: { $gte: new Date(since - LATE_MS) },
      shownOn: { $ne: new Types.ObjectId(deviceId) },
    };
    const $or = [{ at: { $gte: new Date(since) } }, isLate];
    const held = await this.notifications
      .find({ shopId, userId, kind, isShown, isRead: false, $or })
      .sort({ at: -1, _id: -1 })
      .limit(MAX_DIGEST)
      .lean();
    if (held.length > 0) await this.show(held, deviceId);
  }

  private async preferencesOf(shopId: string, userId: string): Promise<Preferences> {
    return (await this.preferences.mapOf(shopId, [userId])).get(userId)!;
  }

  private async show(notifications: Notification[], deviceId: string): Promise<void> {
    const [newest] = notifications as [Notification];
    const shopId = newest.shopId.toHexString();
    const userId = newest.userId.toHexString();
    const device = await this.devices.findLive(deviceId, userId);
    if (!device || !(await this.shops.findMembership(shopId, userId))) return;
    const { urgency } = KINDS[newest.kind];
    const topic = newest._id.toHexString();
    const payload = payloadOf(newest, notifications.length - 1);
    const outcome = await this.sender.send(device, payload, { urgency, topic });
    if (outcome !== 'shown') return;
    const shown = { $addToSet: { shownOn: new Types.ObjectId(deviceId) } };
    const now = await this.notifications
      .findOneAndUpdate({ shopId, _id: newest._id }, shown, { returnDocument: 'after' })
      .lean();
    // Read while it was on its way: who read it could not know that it is shown here.
    if (now?.isRead) await this.jobs.enqueue(PUSH_CLEAR, deviceId, { userId, deviceId });
  }
}

function payloadOf(notification: Notification, others: number): PushPayload {
  const { id, kind, type, title, message, count, actionUrl } =
    NotificationResponse.from(notification);
  return {
    kind,
    type,
    title: count > 1 ? `${title} (${count})` : title,
    body: others > 0 ? `${message}\nand ${others} more`.trim() : message,
    tag: id,
    url: actionUrl,
    timestamp: notification.at.getTime(),
  };
}
