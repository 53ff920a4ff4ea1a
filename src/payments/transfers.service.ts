import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { AppError } from '../platform/http/app-error.js';
import type { TransferProofDto } from './dto/transfer-proof.dto.js';
import type { Actor } from './payment-events.js';
import { factsOf } from './payment-facts.js';
import { PaymentTransitionsService } from './payment-transitions.service.js';
import { Payment } from './payment.schema.js';
import { PaymentsService } from './payments.service.js';
import { plainReference, readPicture } from './proof-picture.js';
import type { ProviderState } from './providers/payment-provider.js';
import { TransferProof } from './transfer-proof.schema.js';

/** Marks what a member has written. */
export const TRANSFER_REJECTED = 'transfer_rejected';

const MAX_PROOFS = 10;

/**
 * Payments by the customer's own bank: they attach a proof, the shop looks whether the money came, and
 * says so. What it says is a payment's fact as any other.
 */
@Injectable()
export class TransfersService {
  constructor(
    @InjectModel(TransferProof.name) private readonly proofs: Model<TransferProof>,
    @InjectModel(Payment.name) private readonly model: Model<Payment>,
    private readonly payments: PaymentsService,
    private readonly transitions: PaymentTransitionsService,
  ) {}

  /** The same proof sent again changes nothing; one that another order has shown is flagged. */
  async attach(shopId: string, orderId: string, dto: TransferProofDto): Promise<Payment> {
    const proof = newProof(shopId, orderId, dto);
    const actor: Actor = { kind: 'customer' };
    const { payment } = await this.payments.begin(shopId, { orderId, provider: 'transfer' }, actor);
    const repeated = await this.proofs
      .findOne({ shopId, orderId, marks: proof.marks }, { _id: 1 })
      .lean<Pick<TransferProof, '_id'>>();
    const proofId = repeated?._id ?? (await this.store(proof));
    await this.model.updateOne({ shopId, _id: payment._id }, { $set: { proofId } });
    const isKnown = await this.proofs.exists({
      shopId,
      marks: { $in: proof.marks },
      orderId: { $ne: payment.orderId },
    });
    return this.tell({ ...payment, proofId }, 'processing', {
      actor,
      name: 'proof',
      attemptId: proofId.toHexString(),
      isDuplicate: isKnown !== null,
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
    const payment = await this.payments.get(shopId, id);
    // Not lean: the driver's own kind of bytes would come out.
    const proof = payment.proofId && (await this.proofs.findOne({ shopId, _id: payment.proofId }));
    if (!proof) throw AppError.notFound('proof');
    return proof.toObject();
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

  private async store(proof: Omit<TransferProof, '_id' | 'createdAt'>): Promise<Types.ObjectId> {
    const { shopId, orderId } = proof;
    if ((await this.proofs.countDocuments({ shopId, orderId })) >= MAX_PROOFS) {
      throw AppError.conflict('conflict', `An order takes ${MAX_PROOFS} proofs: ask the shop.`);
    }
    return (await this.proofs.create(proof))._id;
  }
}

function attemptOf({ proofId, _id }: Payment): string {
  return (proofId ?? _id).toHexString();
}

function newProof(
  shopId: string,
  orderId: string,
  { reference, picture }: TransferProofDto,
): Omit<TransferProof, '_id' | 'createdAt'> {
  const plain = plainReference(reference ?? '');
  const read = picture ? readPicture(picture) : null;
  if (!plain && !read) {
    const message = "must be the bank's number of the transfer, unless there is a picture";
    throw AppError.validation([{ field: 'reference', message }]);
  }
  return {
    shopId: new Types.ObjectId(shopId),
    orderId: new Types.ObjectId(orderId),
    reference: reference?.trim() ?? '',
    pictureType: read?.type ?? null,
    picture: read?.bytes ?? null,
    marks: [...(plain ? [`number:${plain}`] : []), ...(read ? [`picture:${read.digest}`] : [])],
  };
}
