import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';
import { WEBHOOK_EVENTS, type WebhookEventName } from './webhook-events.js';

/** An integrator's address that is told of a shop's events. */
@Schema({ collection: 'webhook_endpoints', timestamps: true })
export class WebhookEndpoint {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  /** From 1: there are only so many in a shop. */
  @Prop({ required: true })
  slot: number;

  @Prop({ required: true })
  url: string;

  @Prop({ default: '' })
  description: string;

  @Prop({ type: [String], enum: WEBHOOK_EVENTS, required: true })
  events: WebhookEventName[];

  /** Encrypted. */
  @Prop({ required: true })
  secret: string;

  /** Of the key that has encrypted it. */
  @Prop({ required: true })
  keyId: string;

  /** Encrypted: the one before, by which deliveries are signed as well until `previousUntil`. */
  @Prop({ type: String })
  previousSecret?: string;

  @Prop({ type: Date })
  previousUntil?: Date;

  /** Paused otherwise: told nothing. */
  @Prop({ default: true })
  enabled: boolean;

  @Prop({ type: Date })
  pausedAt?: Date;

  @Prop({ type: String })
  pauseReason?: string;

  /** The first failure since the last success. */
  @Prop({ type: Date })
  failingSince?: Date;

  _id: Types.ObjectId;
  createdAt: Date;
  updatedAt: Date;
}

export const WebhookEndpointSchema = SchemaFactory.createForClass(WebhookEndpoint);
WebhookEndpointSchema.plugin(shopScoped);

// A shop's endpoints, those that are told of an event among them; each place is taken once.
WebhookEndpointSchema.index({ shopId: 1, slot: 1 }, { unique: true });
// An address once in a shop: a second click must not double what is sent.
WebhookEndpointSchema.index({ shopId: 1, url: 1 }, { unique: true });
// One endpoint by its id.
WebhookEndpointSchema.index({ shopId: 1, _id: 1 });
// Those whose secret an old key has encrypted.
WebhookEndpointSchema.index({ keyId: 1 });
