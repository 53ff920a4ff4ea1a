import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, QueryFilter } from 'mongoose';
import { DomainEvents } from '../events/domain-events.js';
import type { ErasedCustomer } from '../events/event-catalogue.js';
import { ShopsService } from '../shops/shops.service.js';
import { keyOf, mentionsOf } from './notification-keys.js';
import { Notification } from './notification.schema.js';

const ERASED = 'Erased';

/** Takes a customer who is erased out of what people were told of them. */
@Injectable()
export class CustomerErasureService implements OnModuleInit {
  constructor(
    @InjectModel(Notification.name) private readonly notifications: Model<Notification>,
    private readonly shops: ShopsService,
    private readonly events: DomainEvents,
  ) {}

  onModuleInit(): void {
    this.events.onDurably('customer.erased', (customer) => this.erase(customer));
  }

  /** Run again, it finds what was told meanwhile. */
  private async erase(customer: ErasedCustomer): Promise<void> {
    const { shopId, orderIds, paymentIds, conversationIds } = customer;
    const keys = [
      ...orderIds.map(keyOf.order),
      ...paymentIds.map((id) => keyOf.payment('payment_failed', id)),
    ];
    const named = { key: { $in: keys }, message: { $ne: '' } };
    await this.change({ shopId, ...named }, { message: '' });
    // The title of what is told of a chat is its customer's name.
    for (const id of conversationIds) {
      const own = [keyOf.messages(id), keyOf.assignment(id)];
      const key = [{ key: { $in: own } }, { key: mentionsOf(id) }];
      const content = [{ title: { $ne: ERASED } }, { message: { $ne: '' } }];
      const chat = { $and: [{ $or: key }, { $or: content }] };
      await this.change({ shopId, ...chat }, { title: ERASED, message: '' });
    }
  }

  /** Under a number of the shop: for who syncs, it has changed. */
  private async change(
    which: QueryFilter<Notification> & { shopId: string },
    change: Partial<Pick<Notification, 'title' | 'message'>>,
  ): Promise<void> {
    if (!(await this.notifications.exists(which))) return;
    const seq = await this.shops.nextSeq(which.shopId);
    await this.notifications.updateMany(which, { $set: { ...change, seq } });
  }
}
