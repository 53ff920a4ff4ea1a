import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { JobsService } from '../platform/jobs/jobs.service.js';
import { Notification } from './notification.schema.js';
import { PushDevicesService } from './push-devices.service.js';
import { mayBeSilent } from './push-endpoint.js';
import { PushSender } from './push-sender.js';

/** Name of its job, whose key is the device. */
export const PUSH_CLEAR = 'push.clear';
const BATCH = 50;

export interface Clearing {
  userId: string;
  deviceId: string;
}

/** Takes what was read on one device away from the others. */
@Injectable()
export class PushClearingService implements OnModuleInit {
  constructor(
    @InjectModel(Notification.name) private readonly notifications: Model<Notification>,
    private readonly devices: PushDevicesService,
    private readonly sender: PushSender,
    private readonly jobs: JobsService,
  ) {}

  onModuleInit(): void {
    this.jobs.define<Clearing>(PUSH_CLEAR, (clearing) => this.run(clearing));
  }

  /** Has the devices of a person that may show something read take it away. */
  async clear(userId: string): Promise<void> {
    for (const { _id } of await this.devices.listOf([userId])) {
      const deviceId = _id.toHexString();
      if (await this.notifications.exists(shownOn(deviceId)).setOptions({ acrossShops: true })) {
        await this.jobs.enqueue(PUSH_CLEAR, deviceId, { userId, deviceId } satisfies Clearing);
      }
    }
  }

  /** Until nothing that is read is shown there; run again, there is nothing to do. */
  private async run({ userId, deviceId }: Clearing): Promise<void> {
    const device = await this.devices.findLive(deviceId, userId);
    const shown = await this.notifications
      .find(shownOn(deviceId), { shopId: 1 })
      .setOptions({ acrossShops: true })
      .limit(BATCH)
      .lean();
    if (shown.length === 0) return;
    const ids = shown.map(({ _id }) => _id);
    if (device && mayBeSilent(device.endpoint)) {
      const tags = ids.map((id) => id.toHexString());
      await this.sender.send(device, { kind: 'clear', tags }, { urgency: 'low' });
    }
    // One that was told anew meanwhile is shown there again.
    await this.notifications.updateMany(
      { shopId: { $in: shown.map(({ shopId }) => shopId) }, _id: { $in: ids }, isRead: true },
      { $pull: { shownOn: new Types.ObjectId(deviceId) } },
    );
    if (shown.length === BATCH) await this.run({ userId, deviceId });
  }
}

function shownOn(deviceId: string) {
  return { shownOn: new Types.ObjectId(deviceId), isRead: true };
}
