import { Injectable, Logger } from '@nestjs/common';
import type { ErasedCustomer } from '../events/event-catalogue.js';
import type { CustomerHistoryResponse } from './dto/customer-history.response.js';

/** One list of a customer's export. */
export interface ExportedList {
  name: 'orders' | 'payments' | 'transferProofs' | 'conversations' | 'messages';
  rows: AsyncIterable<object>;
}

/** What a module above keeps of customers. It alone writes that; each of these may be repeated. */
export interface CustomerRecords {
  /** Its part of what a customer has done, newest first. */
  history(shopId: string, customerId: string): Promise<Partial<CustomerHistoryResponse>>;
  /** Gives what is one customer's to another. */
  moveTo(shopId: string, fromId: string, intoId: string): Promise<void>;
  /** Takes the person out of what stays. */
  erase(shopId: string, customerId: string): Promise<void>;
  /** Everything there is of the customer. */
  export(shopId: string, customerId: string): ExportedList[];
}

/** Where modules above register, at start, what they keep of customers. */
@Injectable()
export class CustomerRecordsService {
  private readonly logger = new Logger(CustomerRecordsService.name);
  private readonly kept: CustomerRecords[] = [];

  register(records: CustomerRecords): void {
    this.kept.push(records);
  }

  async history(shopId: string, customerId: string): Promise<Partial<CustomerHistoryResponse>> {
    const parts = await Promise.all(
      this.kept.map((records) => records.history(shopId, customerId)),
    );
    return Object.assign({}, ...parts) as Partial<CustomerHistoryResponse>;
  }

  async moveTo(shopId: string, fromId: string, intoId: string): Promise<void> {
    await this.inEach('moved', (records) => records.moveTo(shopId, fromId, intoId));
  }

  async erase(shopId: string, customerId: string): Promise<void> {
    await this.inEach('erased', (records) => records.erase(shopId, customerId));
  }

  export(shopId: string, customerId: string): ExportedList[] {
    return this.kept.flatMap((records) => records.export(shopId, customerId));
  }

  async listIds(
    shopId: string,
    customerId: string,
  ): Promise<Pick<ErasedCustomer, 'orderIds' | 'paymentIds' | 'conversationIds'>> {
    const lists = this.export(shopId, customerId);
    return {
      orderIds: await idsOf(lists, 'orders'),
      paymentIds: await idsOf(lists, 'payments'),
      conversationIds: await idsOf(lists, 'conversations'),
    };
  }

  /** One module's failure leaves the others' part done; it is told of at the end. */
  private async inEach(
    done: string,
    work: (records: CustomerRecords) => Promise<void>,
  ): Promise<void> {
    const failures: unknown[] = [];
    for (const records of this.kept) {
      try {
        await work(records);
      } catch (error) {
        failures.push(error);
        const keeper = records.constructor.name;
        this.logger.error({ msg: `customer not ${done} everywhere`, keeper, error: String(error) });
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, `customer not ${done} everywhere`);
  }
}

async function idsOf(lists: ExportedList[], name: ExportedList['name']): Promise<string[]> {
  const ids: string[] = [];
  for (const list of lists.filter((one) => one.name === name)) {
    for await (const row of list.rows) ids.push((row as { id: string }).id);
  }
  return ids;
}
