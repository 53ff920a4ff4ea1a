import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { SessionsService } from '../auth/sessions.service.js';
import { DomainEvents } from '../events/domain-events.js';
import { AppConfig } from '../platform/config/app-config.js';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import type { Caller } from '../platform/http/access.decorators.js';
import { AppError } from '../platform/http/app-error.js';
import type { SubscribeDto } from './dto/subscribe.dto.js';
import { PushDevice } from './push-device.schema.js';
import { isPushEndpoint } from './push-endpoint.js';

/** A person's browsers; the one that was away longest makes room for a new one. */
const MAX_DEVICES = 10;

/** The browsers that people want to be told by. */
@Injectable()
export class PushDevicesService {
  constructor(
    @InjectModel(PushDevice.name) private readonly devices: Model<PushDevice>,
    private readonly sessions: SessionsService,
    private readonly config: AppConfig,
    events: DomainEvents,
  ) {
    // At once; who is missed in a crash is found by `findLive` before the next push.
    events.on('session.ended', ({ userId, sessionId }) => this.removeOfSession(userId, sessionId));
    events.on('sessions.ended', async ({ userId, exceptSessionId }) => {
      const others = exceptSessionId ? { sessionId: { $ne: exceptSessionId } } : {};
      await this.devices.deleteMany({ userId, ...others });
    });
  }

  /** @throws AppError `provider_not_configured` */
  get publicKey(): string {
    if (this.config.push) return this.config.push.publicKey;
    throw new AppError(
      'provider_not_configured',
      'Web push is not set up here: set VAPID_PUBLIC_KEY, VAPID_PRIVATE_KEY and VAPID_SUBJECT.',
    );
  }

  /** Of a browser that has subscribed before, it is the same device. */
  async subscribe(
    { userId, sessionId }: Caller,
    { endpoint, keys }: SubscribeDto,
    userAgent: string,
  ): Promise<void> {
    this.requireEndpoint(endpoint);
    const { p256dh, auth } = keys;
    const device = { userId, sessionId, p256dh, auth, userAgent, seenAt: new Date() };
    try {
      // Of another person only with its keys: that is the same browser, in which they sign in now.
      const own = { endpoint, $or: [{ userId }, { p256dh, auth }] };
      await this.devices.updateOne(own, { $set: device }, { upsert: true });
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      throw AppError.conflict('conflict', 'This endpoint belongs to another browser.');
    }
    await this.removeSurplus(userId);
  }

  async unsubscribe({ userId, sessionId }: Caller, endpoint?: string | null): Promise<void> {
    if (endpoint) await this.devices.deleteOne({ endpoint, userId });
    else await this.removeOfSession(userId, sessionId);
  }

  /** The devices of these people. */
  async listOf(userIds: string[]): Promise<PushDevice[]> {
    if (!this.config.push) return [];
    return this.devices.find({ userId: { $in: userIds } }).lean();
  }

  /** A device whose person is still signed in there; one where they are not is removed. */
  async findLive(deviceId: string, userId: string): Promise<PushDevice | null> {
    const device = await this.devices.findOne({ _id: deviceId, userId }).lean();
    if (!device) return null;
    if (await this.sessions.findLive(device.sessionId.toHexString(), new Date())) return device;
    await this.remove(device);
    return null;
  }

  /** One whose push service knows it no more; if it has subscribed anew meanwhile, it stays. */
  async remove({ _id, auth }: PushDevice): Promise<void> {
    await this.devices.deleteOne({ _id, auth });
  }

  private async removeOfSession(userId: string, sessionId: string): Promise<void> {
    await this.devices.deleteMany({ userId, sessionId });
  }

  private async removeSurplus(userId: string): Promise<void> {
    const surplus = await this.devices
      .find({ userId: new Types.ObjectId(userId) }, { _id: 1 })
      .sort({ seenAt: -1, _id: -1 })
      .skip(MAX_DEVICES)
      .lean();
    if (surplus.length > 0)
      await this.devices.deleteMany({ _id: { $in: surplus.map(({ _id }) => _id) } });
  }

  private requireEndpoint(endpoint: string): void {
    if (isPushEndpoint(endpoint, this.config.pushAllowedHosts)) return;
    const message = 'endpoint must be the https address of a known push service';
    throw AppError.validation([{ field: 'endpoint', message }]);
  }
}
