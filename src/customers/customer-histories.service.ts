import { Injectable } from '@nestjs/common';
import { CustomerRecordsService } from './customer-records.service.js';
import { CustomersService } from './customers.service.js';
import type { CustomerDetail } from './dto/customer-detail.response.js';

/** A customer beside what all modules know of them. */
@Injectable()
export class CustomerHistoriesService {
  constructor(
    private readonly customers: CustomersService,
    private readonly records: CustomerRecordsService,
  ) {}

  async get(shopId: string, customerId: string): Promise<CustomerDetail> {
    const customer = await this.customers.get(shopId, customerId);
    const history = await this.records.history(shopId, customer._id.toHexString());
    return { customer, history };
  }
}
