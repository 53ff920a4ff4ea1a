import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';

export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One try. */
@Schema({ _id: false, id: false })
export class DeliveryAttempt {
  @Prop({ required: true })
  at: Date;

  /** Null when there was no answer. */
  @Prop({ type: Number, default: null })
  status: number | null;

  @Prop({ required: true })
  ms: number;

  @Prop({ type: String, default: null })
  error: string | null;
}

const DeliveryAttemptSchema = SchemaFactory.createForClass(DeliveryAttempt);

/** One event on its way to one endpoint, and how it went. */
@Schema({ collection: 'webhook_deliveries' })
export class WebhookDelivery {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  @Prop({ type: SchemaTypes.ObjectId, required: true })
  webhookId: Types.ObjectId;

  @Prop({ required: true })
  eventId: string;

  @Prop({ required: true })
  event: string;

  /** The order or conversation that it is about. */
  @Prop({ type: String })
  subject?: string;

  /** What is sent, to the byte. */
  @Prop({ required: true })
  body: string;

  @Prop({ type: String, enum: DELIVERY_STATES, required: true })
  state: DeliveryState;

  /** Counts what was asked for: 1 for the event, one more for each redelivery. */
  @Prop({ required: true })
  round: number;

  /** Of this round. */
  @Prop({ required: true })
  tries: number;

  /** While it is pending. */
  @Prop({ type: Date })
  nextTryAt?: Date;

  /** The newest, oldest first, of every round. */
  @Prop({ type: [DeliveryAttemptSchema], default: [] })
  attempts: DeliveryAttempt[];

  @Prop({ required: true })
  createdAt: Date;

  @Prop({ required: true })
  expiresAt: Date;

  _id: Types.ObjectId;
}

export const WebhookDeliverySchema = SchemaFactory.createForClass(WebhookDelivery);
WebhookDeliverySchema.plugin(shopScoped);

// An event once for an endpoint, however often it is told.
WebhookDeliverySchema.index({ shopId: 1, webhookId: 1, eventId: 1 }, { unique: true });
// One delivery by its id.
WebhookDeliverySchema.index({ shopId: 1, _id: 1 });
// An endpoint's deliveries, newest first, and those of one state.
WebhookDeliverySchema.index({ shopId: 1, webhookId: 1, _id: -1 });
WebhookDeliverySchema.index({ shopId: 1, webhookId: 1, state: 1, _id: -1 });
// What was sent of an order or a conversation whose customer is erased.
WebhookDeliverySchema.index({ shopId: 1, subject: 1 });
// Those whose job a crash has left unasked.
WebhookDeliverySchema.index({ nextTryAt: 1 }, { sparse: true });
// What is old goes.
WebhookDeliverySchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
