import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { AppError } from '../platform/http/app-error.js';
import { CustomerFollowUpsService } from './customer-follow-ups.service.js';
import { CUSTOMER_LIMITS } from './customer-limits.js';
import { Customer } from './customer.schema.js';
import { CustomersService } from './customers.service.js';

/** Makes one customer of two. */
@Injectable()
export class CustomerMergesService {
  constructor(
    @InjectModel(Customer.name) private readonly model: Model<Customer>,
    private readonly customers: CustomersService,
    private readonly followUps: CustomerFollowUpsService,
  ) {}

  /**
   * `fromId` becomes a pointer to `intoId`, who takes in phones, e-mails, tags and notes, then the
   * orders and conversations. Repeating it finishes what a crash has left, like the next sweep.
   * @returns the customer who stays
   */
  async merge(shopId: string, fromId: string, intoId: string): Promise<Customer> {
    const from = await this.model.findOne({ shopId, _id: fromId }).lean();
    if (!from) throw AppError.notFound('customer');
    if (fromId === intoId.toLowerCase()) {
      throw AppError.validation([{ field: 'intoId', message: 'intoId must be another customer' }]);
    }
    const into = await this.customers.getActive(shopId, intoId);
    if (into._id.equals(from._id)) return into;
    const merging = from.state === 'active' ? await this.begin(from, into) : from;
    const isMerged = merging !== null && (await this.followUps.carryOut(merging));
    const current = await this.customers.get(shopId, fromId);
    if (isMerged && current._id.equals(into._id)) return current;
    if (from.state === 'erased') {
      throw AppError.conflict('conflict', 'This customer was erased: nothing is left to merge.');
    }
    throw AppError.conflict('conflict', 'One of the two was merged meanwhile: read both again.');
  }

  /** Null when somebody else was faster. */
  private async begin(from: Customer, into: Customer): Promise<Customer | null> {
    requireRoom(from, into);
    return this.model
      .findOneAndUpdate(
        { shopId: from.shopId, _id: from._id, state: 'active' },
        { $set: { state: 'merging', mergedInto: into._id, unfinishedSince: new Date() } },
        { returnDocument: 'after' },
      )
      .lean();
  }
}

function requireRoom(from: Customer, into: Customer): void {
  const { contacts, tags, notesCharacters } = CUSTOMER_LIMITS;
  const fits =
    from.phones.length + into.phones.length <= contacts &&
    from.emails.length + into.emails.length <= contacts &&
    new Set([...from.tags, ...into.tags]).size <= tags &&
    from.notes.length + into.notes.length < notesCharacters;
  if (fits) return;
  throw AppError.conflict(
    'conflict',
    `Together they have more than ${contacts} phones or e-mails, ${tags} tags or ${notesCharacters} characters of notes: shorten these first.`,
  );
}
