import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { type OnlineProviderName, PROVIDER_NAMES } from './providers/payment-provider.js';

/** `stuck`: its tries are used up. */
export const WEBHOOK_STATES = ['received', 'processed', 'ignored', 'stuck'] as const;
export type WebhookState = (typeof WEBHOOK_STATES)[number];

const KEPT_DAYS = 90;
const DAY_SECONDS = 86_400;

/** A webhook whose signature was right. */
@Schema({ collection: 'payment_webhooks' })
export class WebhookEvent {
  @Prop({ type: String, enum: PROVIDER_NAMES, required: true })
  provider: OnlineProviderName;

  /** The provider's. */
  @Prop({ required: true })
  eventId: string;

  @Prop({ required: true })
  type: string;

  /** The text that was signed, but for client secrets. */
  @Prop({ required: true })
  body: string;

  @Prop({ required: true })
  receivedAt: Date;

  @Prop({ type: String, enum: WEBHOOK_STATES, default: 'received' })
  state: WebhookState;

  @Prop({ default: 1 })
  tries: number;

  /** Until it is processed: when somebody else tries, because who does now has died or failed. */
  @Prop()
  nextTryAt?: Date;

  /** The payment that it tells of, and its shop, once that is known. */
  @Prop({ type: SchemaTypes.ObjectId, default: null })
  paymentId: Types.ObjectId | null;

  @Prop({ type: SchemaTypes.ObjectId, default: null })
  shopId: Types.ObjectId | null;

  /** Why it was ignored, or what went wrong last. */
  @Prop({ default: '' })
  note: string;

  _id: Types.ObjectId;
}

export const WebhookEventSchema = SchemaFactory.createForClass(WebhookEvent);

// Each event of a provider once, however often it comes.
WebhookEventSchema.index({ provider: 1, eventId: 1 }, { unique: true });
// Those to try again.
WebhookEventSchema.index({ nextTryAt: 1 }, { sparse: true });
// Those of a shop, newest first.
WebhookEventSchema.index({ shopId: 1, receivedAt: -1, _id: -1 });
// Kept for a season.
WebhookEventSchema.index({ receivedAt: 1 }, { expireAfterSeconds: KEPT_DAYS * DAY_SECONDS });
