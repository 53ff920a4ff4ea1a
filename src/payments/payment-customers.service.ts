import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import {
  type CustomerRecords,
  CustomerRecordsService,
  type ExportedList,
} from '../customers/customer-records.service.js';
import { OrdersService } from '../orders/orders.service.js';
import { PaymentResponse } from './dto/payment.response.js';
import { TransferProofResponse } from './dto/transfer-proof.response.js';
import { isUndecided } from './payment-change.js';
import { PaymentEvent } from './payment-event.schema.js';
import { PaymentLogService } from './payment-log.service.js';
import { Payment } from './payment.schema.js';
import { TransferProofsService } from './transfer-proofs.service.js';
import { TRANSFER_REJECTED } from './transfers.service.js';

/**
 * The payments of customers' orders: exported and emptied with them. Amounts, times and states stay,
 * as the shop's books need them. They hang on the orders, and so move with these.
 */
@Injectable()
export class PaymentCustomersService implements CustomerRecords, OnModuleInit {
  constructor(
    @InjectModel(Payment.name) private readonly payments: Model<Payment>,
    @InjectModel(PaymentEvent.name) private readonly events: Model<PaymentEvent>,
    private readonly proofs: TransferProofsService,
    private readonly orders: OrdersService,
    private readonly records: CustomerRecordsService,
    private readonly log: PaymentLogService,
  ) {}

  onModuleInit(): void {
    this.records.register(this);
  }

  history(): Promise<object> {
    return Promise.resolve({});
  }

  moveTo(): Promise<void> {
    return Promise.resolve();
  }

  async erase(shopId: string, customerId: string): Promise<void> {
    for await (const orderId of this.orders.idsOf(shopId, customerId)) {
      await this.proofs.erase(shopId, orderId);
      const payments = await this.payments.find({ shopId, orderId }).lean<Payment[]>();
      for (const payment of payments) await this.eraseWords(payment);
    }
  }

  export(shopId: string, customerId: string): ExportedList[] {
    return [
      { name: 'payments', rows: this.paymentsOf(shopId, customerId) },
      { name: 'transferProofs', rows: this.proofsOf(shopId, customerId) },
    ];
  }

  /** What members have written of a payment: why a transfer has not come, why money goes back. */
  private async eraseWords(read: Payment): Promise<void> {
    const { shopId, _id } = read;
    for (let payment: Payment | null = read; payment;) {
      const written = await this.payments.updateOne(
        { shopId, _id, version: payment.version },
        { $set: withoutWords(payment), $inc: { version: 1 } },
      );
      if (written.modifiedCount === 1) break;
      payment = await this.payments.findOne({ shopId, _id }).lean<Payment>();
    }
    await this.log.move(read);
    await this.events.updateMany(
      { shopId, paymentId: _id, 'fact.code': TRANSFER_REJECTED },
      { $set: { detail: '', 'fact.message': '' } },
    );
  }

  private async *paymentsOf(shopId: string, customerId: string): AsyncIterable<PaymentResponse> {
    for await (const orderId of this.orders.idsOf(shopId, customerId)) {
      const payments = await this.payments.find({ shopId, orderId }).lean<Payment[]>();
      yield* payments.map((payment) => PaymentResponse.from(payment));
    }
  }

  private async *proofsOf(shopId: string, customerId: string): AsyncIterable<object> {
    for await (const orderId of this.orders.idsOf(shopId, customerId)) {
      for (const proof of await this.proofs.listOf(shopId, orderId)) {
        yield TransferProofResponse.from(proof);
      }
    }
  }
}

function withoutWords({ facts, failure, refunds }: Payment): Partial<Payment> {
  const isWords = ({ code }: { code: string }): boolean => code === TRANSFER_REJECTED;
  return {
    facts: facts.map((fact) => (isWords(fact) ? { ...fact, message: '' } : fact)),
    failure: failure && isWords(failure) ? { ...failure, message: '' } : failure,
    // A provider is asked again in the same words until it has decided.
    refunds: refunds.map((refund) => (isUndecided(refund) ? refund : { ...refund, reason: '' })),
  };
}
