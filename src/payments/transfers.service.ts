import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { AppError } from '../platform/http/app-error.js';
import type { TransferProofDto } from './dto/transfer-proof.dto.js';
import type { Actor } from './payment-events.js';
import { factsOf } from './payment-facts.js';
import { PaymentTransitionsService } from './payment-transitions.service.js';
import { Payment } from './payment.schema.js';
import { PaymentsService } from './payments.service.js';
import type { ProviderState } from './providers/payment-provider.js';
import type { TransferProof } from './transfer-proof.schema.js';
import { TransferProofsService } from './transfer-proofs.service.js';

/** Marks what a member has written. */
export const TRANSFER_REJECTED = 'transfer_rejected';

/**
 * Payments by the customer's own bank: they attach a proof, the shop looks whether the money came, and
 * says so. What it says is a payment's fact as any other.
 */
@Injectable()
export class TransfersService {
  constructor(
    private readonly proofs: TransferProofsService,
    @InjectModel(Payment.name) private readonly model: Model<Payment>,
    private readonly payments: PaymentsService,
    private readonly transitions: PaymentTransitionsService,
  ) {}

  /** The same proof sent again changes nothing; one that another order has shown is flagged. */
  async attach(shopId: string, orderId: string, dto: TransferProofDto): Promise<Payment> {
    const proof = await this.proofs.prepare(shopId, orderId, dto);
    const actor: Actor = { kind: 'customer' };
    const { payment } = await this.payments.begin(shopId, { orderId, provider: 'transfer' }, actor);
    const proofId = await this.proofs.store(proof);
    await this.model.updateOne({ shopId, _id: payment._id }, { $set: { proofId } });
    return this.tell({ ...payment, proofId }, 'processing', {
      actor,
      name: 'proof',
      attemptId: proofId.toHexString(),
      isDuplicate: await this.proofs.isUsedElsewhere(proof),
    });
  }

  /** The money has come. @throws AppError `conflict` when there is nothing to accept */
  async accept(shopId: string, id: string, actor: Actor): Promise<Payment> {
    const payment = await this.getTransfer(shopId, id);
    if (payment.captured > 0) return payment;
    if (!payment.isOpen) {
      throw AppError.conflict('conflict', `This payment is ${payment.status}: begin a new one.`);
    }
    return this.tell(payment, 'succeeded', {
      actor,
      name: 'accept',
      attemptId: attemptOf(payment),
    });
  }

  /** The money has not come. @throws AppError `conflict` when no proof waits for an answer */
  async reject(shopId: string, id: string, reason: string, actor: Actor): Promise<Payment> {
    const payment = await this.getTransfer(shopId, id);
    if (payment.status === 'failed') return payment;
    if (payment.status !== 'processing') {
      const sentence = `This payment is ${payment.status}: only one that waits can be rejected.`;
      throw AppError.conflict('conflict', sentence);
    }
    const failure = { code: TRANSFER_REJECTED, message: reason };
    return this.tell(payment, 'failed', {
      actor,
      name: 'reject',
      attemptId: attemptOf(payment),
      failure,
    });
  }

  /** The proof that a payment rests on. @throws AppError `not_found` when there is none */
  async getProof(shopId: string, id: string): Promise<TransferProof> {
    const { proofId } = await this.payments.get(shopId, id);
    return this.proofs.get(shopId, proofId);
  }

  private tell(
    payment: Payment,
    state: ProviderState,
    told: {
      actor: Actor;
      name: string;
      attemptId: string;
      failure?: { code: string; message: string };
      isDuplicate?: boolean;
    },
  ): Promise<Payment> {
    const { actor, name, attemptId, failure, isDuplicate } = told;
    const { amount, currency } = payment;
    const view = { providerId: '', state, amount, currency, isLive: true, attemptId, failure };
    return this.transitions.apply(payment, {
      facts: factsOf(view, new Date()),
      flags: isDuplicate ? ['duplicate_proof'] : [],
      actor,
      name,
    });
  }

  private async getTransfer(shopId: string, id: string): Promise<Payment> {
    const payment = await this.payments.get(shopId, id);
    if (payment.provider === 'transfer') return payment;
    throw AppError.conflict(
      'conflict',
      `${payment.provider} itself says whether this was paid: only transfers are looked at here.`,
    );
  }
}

function attemptOf({ proofId, _id }: Payment): string {
  return (proofId ?? _id).toHexString();
}
