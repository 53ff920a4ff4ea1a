import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';

/** The first answer of a request that was sent with a key, or the promise of one while it runs. */
@Schema({ collection: 'idempotency_keys' })
export class IdempotencyKey {
  /** Hash of the key within its scope: the collection's own unique index makes it one document. */
  @Prop({ type: String, required: true })
  _id: string;

  @Prop({ required: true })
  bodyHash: string;

  /** Names the attempt that holds the key: one that was overtaken can no longer answer or free it. */
  @Prop({ required: true })
  attempt: string;

  /** Names what the request does: the same for every attempt, so that none does it twice. */
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  operationId: Types.ObjectId;

  @Prop({ required: true })
  lockedUntil: Date;

  /** What the handler returned, as JSON: stored as text it comes back byte for byte. */
  @Prop({ type: String })
  answer?: string;

  @Prop({ type: Number })
  status?: number;

  @Prop({ required: true })
  expiresAt: Date;
}

export const IdempotencyKeySchema = SchemaFactory.createForClass(IdempotencyKey);

// Removes what is no longer remembered.
IdempotencyKeySchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
