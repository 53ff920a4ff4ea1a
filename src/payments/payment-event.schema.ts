import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';
import {
  type Actor,
  ACTOR_KINDS,
  PAYMENT_EVENT_KINDS,
  type PaymentEventKind,
} from './payment-events.js';
import { FACT_KINDS, type FactKind, type PaymentFact } from './payment-facts.js';
import { PAYMENT_STATUSES, type PaymentStatus } from './payment-status.js';

@Schema({ _id: false, id: false })
export class StoredFact implements PaymentFact {
  @Prop({ required: true })
  key: string;

  @Prop({ type: String, enum: FACT_KINDS, required: true })
  kind: FactKind;

  @Prop({ required: true })
  at: Date;

  @Prop({ type: String, default: null })
  attemptId: string | null;

  @Prop({ type: Number, default: null })
  amount: number | null;

  @Prop({ type: String, default: null })
  reference: string | null;

  @Prop({ type: String, default: null })
  ownId: string | null;

  @Prop({ default: '' })
  code: string;

  @Prop({ default: '' })
  message: string;
}

export const StoredFactSchema = SchemaFactory.createForClass(StoredFact);

@Schema({ _id: false })
class StoredActor implements Actor {
  @Prop({ type: String, enum: ACTOR_KINDS, required: true })
  kind: Actor['kind'];

  @Prop()
  userId?: string;
}

/** One line of a payment's log. Lines are only added: with the facts in them they make its state. */
@Schema({ collection: 'payment_events' })
export class PaymentEvent {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  @Prop({ type: SchemaTypes.ObjectId, required: true })
  paymentId: Types.ObjectId;

  @Prop({ required: true })
  at: Date;

  @Prop({ type: String, enum: PAYMENT_EVENT_KINDS, required: true })
  kind: PaymentEventKind;

  /** What it is about, such as `create`, `payment_intent.succeeded` or a flag. */
  @Prop({ required: true })
  name: string;

  @Prop({ type: SchemaFactory.createForClass(StoredActor), required: true })
  actor: Actor;

  /** Integer minor units of the payment's currency. */
  @Prop({ type: Number, default: null })
  amount: number | null;

  /** The provider's id of what it is about. */
  @Prop({ type: String, default: null })
  reference: string | null;

  @Prop({ type: String, enum: [...PAYMENT_STATUSES, null], default: null })
  from: PaymentStatus | null;

  @Prop({ type: String, enum: [...PAYMENT_STATUSES, null], default: null })
  to: PaymentStatus | null;

  @Prop({ default: '' })
  detail: string;

  @Prop({ type: StoredFactSchema, default: null })
  fact: PaymentFact | null;

  _id: Types.ObjectId;
}

export const PaymentEventSchema = SchemaFactory.createForClass(PaymentEvent);
PaymentEventSchema.plugin(shopScoped);

// A payment's log, oldest first.
PaymentEventSchema.index({ shopId: 1, paymentId: 1, at: 1, _id: 1 });
