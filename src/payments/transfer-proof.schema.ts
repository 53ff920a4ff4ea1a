import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';

/** What a customer shows for a transfer: the bank's number, a picture, or both. */
@Schema({ collection: 'transfer_proofs', timestamps: { createdAt: true, updatedAt: false } })
export class TransferProof {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  @Prop({ type: SchemaTypes.ObjectId, required: true })
  orderId: Types.ObjectId;

  /** As it was written. */
  @Prop({ default: '' })
  reference: string;

  /** Of a private file, not signed. */
  @Prop({ type: String, default: null })
  pictureUrl: string | null;

  @Prop({ type: String, default: null })
  pictureFileId: string | null;

  /** What makes it this proof: the plain number and the picture's digest, as far as they are there. */
  @Prop({ type: [String], required: true })
  marks: string[];

  _id: Types.ObjectId;
  createdAt: Date;
}

export const TransferProofSchema = SchemaFactory.createForClass(TransferProof);
TransferProofSchema.plugin(shopScoped);

// The proofs of an order, and how many there are.
TransferProofSchema.index({ shopId: 1, orderId: 1, createdAt: 1 });
// Whether any proof is that file.
TransferProofSchema.index(
  { pictureFileId: 1 },
  { partialFilterExpression: { pictureFileId: { $gt: '' } } },
);
// Whether a proof was used for another order.
TransferProofSchema.index({ shopId: 1, marks: 1 });
