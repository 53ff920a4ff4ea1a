import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { DomainEvents } from '../events/domain-events.js';
import { emailKey, nationalKey, nationalsOf, phoneKey } from './customer-keys.js';
import { CustomerRecordsService } from './customer-records.service.js';
import { Customer } from './customer.schema.js';
import { CustomersService } from './customers.service.js';

const SWEEP_MS = 15_000;
/** Longer than an order or a chat takes from finding its customer to being written. */
const SETTLED_MS = 60_000;
const BATCH = 50;

/** What is left of a customer who was merged or erased. */
export const EMPTIED = {
  phones: [],
  emails: [],
  keys: [],
  nationals: [],
  address: '',
  notes: '',
  tags: [],
  searchWords: [],
};

/** What a customer is when another has taken them in. */
export const POINTER = { ...EMPTIED, name: 'Merged', state: 'merged' } as const;

/**
 * Carries a merge or an erasure through everything there is of the customer. Every step may run
 * twice and after a crash. It is done when it was done once more a minute later: by then also what
 * was being written for the customer at that moment is there.
 */
@Injectable()
export class CustomerFollowUpsService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(CustomerFollowUpsService.name);
  private timer: NodeJS.Timeout;
  private running: Promise<void> = Promise.resolve();

  constructor(
    @InjectModel(Customer.name) private readonly model: Model<Customer>,
    private readonly customers: CustomersService,
    private readonly records: CustomerRecordsService,
    private readonly events: DomainEvents,
  ) {}

  onApplicationBootstrap(): void {
    const sweep = () => void (this.running = this.running.then(() => this.trySweep()));
    sweep();
    this.timer = setInterval(sweep, SWEEP_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** What has settled by `now`, in all shops. */
  async finish(now: Date): Promise<void> {
    const before = new Date(now.getTime() - SETTLED_MS);
    const unfinished = await this.model
      .find({ unfinishedSince: { $lt: before } })
      .setOptions({ acrossShops: true })
      .limit(BATCH)
      .lean();
    for (const customer of unfinished) {
      await this.finishOne(customer).catch((error: unknown) => this.warn(error));
    }
  }

  /** @returns false when the one to merge into is none any more: then nothing has changed */
  async carryOut(customer: Customer): Promise<boolean> {
    const shopId = customer.shopId.toHexString();
    const customerId = customer._id.toHexString();
    if (customer.state === 'merging' && !(await this.becomeOther(customer))) return false;
    const current = await this.customers.get(shopId, customerId);
    const currentId = current._id.toHexString();
    if (currentId !== customerId) await this.records.moveTo(shopId, customerId, currentId);
    if (current.state === 'erased') await this.erase(current);
    return true;
  }

  /** In all modules: those that keep customers' data, and those that only heard of it. */
  private async erase({ _id, shopId, erasedAt = new Date() }: Customer): Promise<void> {
    const [shop, id] = [shopId.toHexString(), _id.toHexString()];
    await this.records.erase(shop, id);
    const known = await this.records.listIds(shop, id);
    await this.events.deliver('customer.erased', { shopId: shop, erasedAt, ...known });
  }

  /** Leaves a pointer; or, when the other is no customer any more, a customer as before. */
  private async becomeOther(customer: Customer): Promise<boolean> {
    const { shopId, _id, mergedInto } = customer;
    const isIn = await this.takeIn(customer);
    const isPointer = { $set: POINTER };
    const isBack = { $set: { state: 'active', mergedInto: null }, $unset: { unfinishedSince: '' } };
    await this.model.updateOne(
      { shopId, _id, state: 'merging', mergedInto },
      isIn ? isPointer : isBack,
    );
    return isIn;
  }

  /** Gives phones, e-mails and the rest to the customer who stays, once. */
  private async takeIn(customer: Customer): Promise<boolean> {
    const { shopId, _id, mergedInto, tags, searchWords } = customer;
    const free = await this.listFreeKeys(customer);
    const isFree = (key: string | undefined) => key !== undefined && free.includes(key);
    const phones = customer.phones.filter(
      (phone) => isFree(phoneKey(phone)) || isFree(nationalKey(phone)),
    );
    const added = {
      phones: { $each: phones },
      nationals: { $each: nationalsOf(phones) },
      emails: { $each: customer.emails.filter((email) => isFree(emailKey(email))) },
      keys: { $each: free },
      tags: { $each: tags },
      searchWords: { $each: searchWords },
      takenIn: _id,
    };
    for (;;) {
      const other = await this.model.findOne({ shopId, _id: mergedInto }).lean();
      if (other?.takenIn.some((id) => id.equals(_id))) return true;
      if (other?.state !== 'active') return false;
      const address = other.address || customer.address;
      const notes = [other.notes, customer.notes].filter(Boolean).join('\n');
      const { modifiedCount } = await this.model.updateOne(
        {
          shopId,
          _id: mergedInto,
          state: 'active',
          takenIn: { $ne: _id },
          notes: other.notes,
          address: other.address,
        },
        { $set: { address, notes }, $addToSet: added },
      );
      if (modifiedCount === 1) return true;
    }
  }

  private async listFreeKeys({ shopId, keys, mergedInto }: Customer): Promise<string[]> {
    const holders = await this.customers.listHolders(shopId.toHexString(), keys);
    const others = holders.filter(
      ({ state, _id }) => state === 'active' && !_id.equals(mergedInto),
    );
    return keys.filter((key) => !others.some((other) => other.keys.includes(key)));
  }

  private async trySweep(): Promise<void> {
    await this.finish(new Date()).catch((error: unknown) => this.warn(error));
  }

  private async finishOne(customer: Customer): Promise<void> {
    const { shopId, _id, state, mergedInto, unfinishedSince } = customer;
    await this.carryOut(customer);
    // Whose process died on the way is looked at once more: others may be at it at this moment.
    if (state === 'merging') return;
    if (mergedInto) {
      await this.model.updateOne({ shopId, _id: mergedInto }, { $pull: { takenIn: _id } });
    }
    await this.model.updateOne(
      { shopId, _id, unfinishedSince },
      { $unset: { unfinishedSince: '' } },
      { timestamps: false },
    );
  }

  private warn(error: unknown): void {
    this.logger.warn({ msg: 'customers left to the next sweep', error: String(error) });
  }
}
