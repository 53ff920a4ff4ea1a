import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Types } from 'mongoose';
import { AppError } from '../platform/http/app-error.js';
import { JobsService } from '../platform/jobs/jobs.service.js';
import { toDecimal, toMinor } from '../platform/money/money.js';
import type { RefundPaymentDto } from './dto/refund-payment.dto.js';
import { isUndecided, refundable } from './payment-change.js';
import { type Actor, SYSTEM } from './payment-events.js';
import { factOfRefund } from './payment-facts.js';
import { REFUND_REST, type RefundRest } from './payment-settlement.service.js';
import { PaymentTransitionsService } from './payment-transitions.service.js';
import type { Payment, Refund } from './payment.schema.js';
import { PaymentsService } from './payments.service.js';
import { ProviderCallsService } from './provider-calls.service.js';
import {
  type ProviderRefund,
  ProviderRefusal,
  ProviderUnknown,
} from './providers/payment-provider.js';

interface Asked {
  /** Minor units; undefined: all that is left. */
  amount?: number;
  reason: string;
  restock: boolean;
  actor: Actor;
  operationId?: string;
}

const ATTEMPTS = 30;

/**
 * Gives money back. A refund is written, and its part of the money set aside, before the provider is
 * asked; when its answer gets lost, it is asked again with the same key until it is known.
 */
@Injectable()
export class RefundsService implements OnModuleInit {
  constructor(
    private readonly payments: PaymentsService,
    private readonly transitions: PaymentTransitionsService,
    private readonly calls: ProviderCallsService,
    private readonly jobs: JobsService,
  ) {}

  onModuleInit(): void {
    this.jobs.define<RefundRest>(REFUND_REST, (data) => this.refundRest(data));
  }

  /** @throws AppError `not_refundable` naming what is left, or `payment_refused` when the provider says no */
  async refund(
    shopId: string,
    id: string,
    dto: RefundPaymentDto,
    { actor, operationId }: Pick<Asked, 'actor' | 'operationId'>,
  ): Promise<Payment> {
    const payment = await this.payments.get(shopId, id);
    const asked: Asked = {
      amount: amountOf(dto, payment.currency),
      reason: dto.reason ?? '',
      restock: dto.restock ?? false,
      actor,
      operationId,
    };
    return this.giveBack(payment, asked);
  }

  /** Asks again about refunds that are not decided: at once, for each may wait for its time-out. */
  async decide(payment: Payment): Promise<void> {
    const undecided = payment.refunds.filter(isUndecided);
    await Promise.all(undecided.map((refund) => this.carryOut(payment, refund, SYSTEM)));
  }

  private async giveBack(payment: Payment, asked: Asked): Promise<Payment> {
    const { payment: reserved, refund } = await this.setAside(payment, asked);
    const done = await this.carryOut(reserved, refund, asked.actor);
    const now = done.refunds.find(({ _id }) => _id.equals(refund._id));
    if (now?.status === 'failed') {
      const why = done.facts.find(({ reference }) => reference === now.reference)?.message;
      throw new AppError('payment_refused', why || 'The provider did not carry out this refund.');
    }
    return done;
  }

  /** Of parallel refunds each sees what the one before it has set aside. */
  private async setAside(
    payment: Payment,
    asked: Asked,
  ): Promise<{ payment: Payment; refund: Refund }> {
    let current = payment;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const first = current.refunds.find(({ operationId }) =>
        operationId?.equals(asked.operationId ?? ''),
      );
      if (first) return { payment: current, refund: first };
      const refund = newRefund(requireRefundable(current, asked.amount), asked);
      const news = { newRefund: refund, actor: asked.actor, name: 'refund' };
      const written = await this.transitions.applyTo(current, news);
      if (written) return { payment: written, refund };
      current = await this.transitions.reload(current);
    }
    throw AppError.conflict('conflict', 'Others refund this payment at this moment: try again.');
  }

  private async carryOut(payment: Payment, refund: Refund, actor: Actor): Promise<Payment> {
    if (!isUndecided(refund)) return payment;
    const id = refund._id.toHexString();
    const at = new Date();
    try {
      const answer = await this.ask(payment, refund, actor);
      const facts = [factOfRefund({ ...answer, ownId: id }, at)];
      return await this.transitions.apply(payment, { facts, actor, name: 'refund' });
    } catch (error) {
      if (error instanceof ProviderUnknown) {
        return this.transitions.apply(payment, { unknownRefunds: [id], actor, name: 'refund' });
      }
      if (!(error instanceof ProviderRefusal)) throw error;
      const refused = { refundId: `refused:${id}`, amount: refund.amount, ownId: id } as const;
      const fact = { ...factOfRefund({ ...refused, state: 'failed' }, at), message: error.message };
      return this.transitions.apply(payment, { facts: [fact], actor, name: 'refund' });
    }
  }

  /** A transfer goes back by the shop's own bank: that the member says so is all there is to know. */
  private ask(payment: Payment, refund: Refund, actor: Actor): Promise<ProviderRefund> {
    const refundId = refund._id.toHexString();
    const { amount, reason, reference } = refund;
    if (payment.provider === 'transfer') {
      return Promise.resolve({ refundId: `own:${refundId}`, amount, state: 'succeeded' });
    }
    if (reference !== null) {
      return this.calls.run(payment, { name: 'retrieve_refund', actor, amount }, (provider) =>
        provider.retrieveRefund(reference),
      );
    }
    const key = `refund-${refundId}`;
    const { providerId = '', captureId, currency } = payment;
    return this.calls.run(payment, { name: 'refund', actor, amount, key }, (provider) =>
      provider.refund({
        refundId,
        providerId,
        captureId,
        amount,
        currency,
        reason,
        idempotencyKey: key,
      }),
    );
  }

  private async refundRest({ shopId, paymentId, reason }: RefundRest): Promise<void> {
    const payment = await this.payments.get(shopId, paymentId);
    if (refundable(payment) <= 0) return;
    // One operation, so that a job that runs twice refunds once.
    const asked = { reason, restock: false, actor: SYSTEM, operationId: paymentId };
    await this.giveBack(payment, asked);
  }
}

/** @throws AppError `not_refundable` @returns minor units */
function requireRefundable(payment: Payment, amount: number | undefined): number {
  const left = refundable(payment);
  const wanted = amount ?? left;
  if (payment.captured > 0 && wanted > 0 && wanted <= left) return wanted;
  const { currency } = payment;
  const sentence =
    payment.captured === 0
      ? `This payment is ${payment.status}: nothing was taken that could be refunded.`
      : `Only ${toDecimal(left, currency)} ${currency} of this payment can still be refunded.`;
  throw new AppError('not_refundable', sentence);
}

function amountOf({ amount }: RefundPaymentDto, currency: string): number | undefined {
  if (amount === undefined || amount === null) return undefined;
  try {
    return toMinor(amount, currency);
  } catch (error) {
    throw AppError.validation([{ field: 'amount', message: (error as RangeError).message }]);
  }
}

function newRefund(amount: number, { reason, restock, actor, operationId }: Asked): Refund {
  return {
    _id: new Types.ObjectId(),
    amount,
    status: 'pending',
    reference: null,
    reason,
    restock,
    by: actor.userId ? new Types.ObjectId(actor.userId) : null,
    at: new Date(),
    ...(operationId ? { operationId: new Types.ObjectId(operationId) } : {}),
  };
}
