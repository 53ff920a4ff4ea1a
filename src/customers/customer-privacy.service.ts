import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { AppError } from '../platform/http/app-error.js';
import { CustomerFollowUpsService, EMPTIED, POINTER } from './customer-follow-ups.service.js';
import { CustomerRecordsService } from './customer-records.service.js';
import { Customer } from './customer.schema.js';
import { CustomersService } from './customers.service.js';
import { CustomerResponse } from './dto/customer.response.js';

export const ERASED_NAME = 'Erased';

/** What a person may ask a shop for: what it holds of them, and to forget them. */
@Injectable()
export class CustomerPrivacyService {
  constructor(
    @InjectModel(Customer.name) private readonly model: Model<Customer>,
    private readonly customers: CustomersService,
    private readonly records: CustomerRecordsService,
    private readonly followUps: CustomerFollowUpsService,
  ) {}

  /**
   * Takes the person out of the customer, their orders and conversations, and out of what the team and
   * integrators were told of these. The orders stay, of nobody. Repeating it finishes what a crash has
   * left, like the next sweep.
   *
   * Answers kept under an `Idempotency-Key` are left: they go within 24 hours, and only who sends
   * the same personal data again under the same key is shown them.
   */
  async erase(shopId: string, customerId: string): Promise<Customer> {
    const { _id, erasedAt = new Date() } = await this.customers.get(shopId, customerId);
    const erased = await this.model
      .findOneAndUpdate(
        { shopId, _id, mergedInto: null },
        {
          $set: {
            ...EMPTIED,
            name: ERASED_NAME,
            state: 'erased',
            takenIn: [],
            unfinishedSince: new Date(),
            erasedAt,
          },
        },
        { returnDocument: 'after' },
      )
      .lean();
    if (!erased) {
      throw AppError.conflict('conflict', 'This customer is merged at this moment: try again.');
    }
    // Who is on the way into this customer goes with them.
    await this.model.updateMany({ shopId, mergedInto: _id }, { $set: POINTER });
    await this.followUps.carryOut(erased);
    return erased;
  }

  /** JSON in pieces, in the envelope; rows are read as they are written. */
  async export(shopId: string, customerId: string): Promise<AsyncIterable<string>> {
    const customer = await this.customers.get(shopId, customerId);
    const lists = this.records.export(shopId, customer._id.toHexString());
    return exported(CustomerResponse.from(customer), lists);
  }
}

async function* exported(
  customer: CustomerResponse,
  lists: ReturnType<CustomerRecordsService['export']>,
): AsyncIterable<string> {
  yield `{"success":true,"data":{"customer":${JSON.stringify(customer)}`;
  for (const { name, rows } of lists) {
    yield `,"${name}":[`;
    let separator = '';
    for await (const row of rows) {
      yield separator + JSON.stringify(row);
      separator = ',';
    }
    yield ']';
  }
  yield '}}';
}
