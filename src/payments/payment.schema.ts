import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';
import { PaymentEvent, PaymentEventSchema, StoredFactSchema } from './payment-event.schema.js';
import { PAYMENT_FLAGS, type PaymentFlag } from './payment-events.js';
import type { PaymentFact } from './payment-facts.js';
import { PAYMENT_STATUSES, type PaymentStatus } from './payment-status.js';
import { PROVIDER_NAMES, type ProviderName } from './providers/payment-provider.js';

/** `unknown`: the provider was asked, and nobody knows whether it did it. */
export const REFUND_STATUSES = ['pending', 'unknown', 'succeeded', 'failed'] as const;
export type RefundStatus = (typeof REFUND_STATUSES)[number];

/** Money that goes back, or is on its way, or did not go. */
@Schema({ id: false })
export class Refund {
  @Prop({ required: true, min: 1 })
  amount: number;

  @Prop({ type: String, enum: REFUND_STATUSES, default: 'pending' })
  status: RefundStatus;

  /** The provider's id of it, once it is known. */
  @Prop({ type: String, default: null })
  reference: string | null;

  @Prop({ default: '' })
  reason: string;

  /** Whether the pieces go back to the stock when it has succeeded. */
  @Prop({ default: false })
  restock: boolean;

  /** The member who asked for it; null: the system, or the provider's own screens. */
  @Prop({ type: SchemaTypes.ObjectId, default: null })
  by: Types.ObjectId | null;

  @Prop({ required: true })
  at: Date;

  /** The request that asked for it, when that had an `Idempotency-Key`. */
  @Prop({ type: SchemaTypes.ObjectId })
  operationId?: Types.ObjectId;

  _id: Types.ObjectId;
}

@Schema({ _id: false })
class PaymentFailure {
  @Prop({ default: '' })
  code: string;

  @Prop({ default: '' })
  message: string;
}

/** One way in which an order is, or was to be, paid. Amounts are integer minor units of `currency`. */
@Schema({ collection: 'payments', timestamps: true })
export class Payment {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  @Prop({ type: SchemaTypes.ObjectId, required: true })
  orderId: Types.ObjectId;

  /** The order's readable number. */
  @Prop({ required: true })
  orderNumber: string;

  @Prop({ type: String, enum: PROVIDER_NAMES, required: true })
  provider: ProviderName;

  /** The provider's id of it, once it has answered. */
  @Prop()
  providerId?: string;

  /** Whether real money moves; null where that is not said, as of a transfer. */
  @Prop({ type: Boolean, default: null })
  isLive: boolean | null;

  @Prop({ required: true })
  amount: number;

  @Prop({ required: true })
  currency: string;

  @Prop({ type: String, enum: PAYMENT_STATUSES, default: 'pending' })
  status: PaymentStatus;

  /** Whether it can still come about; kept beside the status for the index that makes it unique. */
  @Prop({ default: true })
  isOpen: boolean;

  @Prop({ default: 0 })
  captured: number;

  @Prop({ default: 0 })
  refunded: number;

  /** The provider's id of what refunds are made from. */
  @Prop()
  captureId?: string;

  @Prop({ type: SchemaFactory.createForClass(PaymentFailure), default: null })
  failure: PaymentFailure | null;

  @Prop({ type: [StoredFactSchema], default: [] })
  facts: PaymentFact[];

  @Prop({ type: [SchemaFactory.createForClass(Refund)], default: [] })
  refunds: Refund[];

  @Prop({ type: [String], enum: PAYMENT_FLAGS, default: [] })
  flags: PaymentFlag[];

  /** Counts its changes. */
  @Prop({ default: 0 })
  version: number;

  /** Lines on their way to the log. */
  @Prop({ type: [PaymentEventSchema], default: [] })
  pendingEvents: PaymentEvent[];

  /** While the order has not heard of the last change. */
  @Prop()
  unsettledSince?: Date;

  /** When the provider is asked how it stands, while something of it is open. */
  @Prop()
  nextCheckAt?: Date;

  /** How often it was asked since the last change. */
  @Prop({ default: 0 })
  checks: number;

  /** Whether it was looked at what the order makes of the money. */
  @Prop({ default: false })
  isCaptureHandled: boolean;

  /** How the customer proved a transfer. */
  @Prop({ type: SchemaTypes.ObjectId, default: null })
  proofId: Types.ObjectId | null;

  /** The member who began it; null: the customer. */
  @Prop({ type: SchemaTypes.ObjectId, default: null })
  by: Types.ObjectId | null;

  _id: Types.ObjectId;
  createdAt: Date;
  updatedAt: Date;
}

export const PaymentSchema = SchemaFactory.createForClass(Payment);
PaymentSchema.plugin(shopScoped);

// A shop's payments, newest first.
PaymentSchema.index({ shopId: 1, createdAt: -1, _id: -1 });
// Those of one status, newest first.
PaymentSchema.index({ shopId: 1, status: 1, createdAt: -1, _id: -1 });
// Those of one order, newest first.
PaymentSchema.index({ shopId: 1, orderId: 1, createdAt: -1, _id: -1 });
// At most one of each provider that can still come about: a second click finds the first.
PaymentSchema.index(
  { shopId: 1, orderId: 1, provider: 1 },
  { unique: true, partialFilterExpression: { isOpen: true } },
);
// By the provider's id: in a shop, and of a webhook, which names no shop.
PaymentSchema.index(
  { providerId: 1, provider: 1 },
  { unique: true, partialFilterExpression: { providerId: { $exists: true } } },
);
// By the capture that an event names instead.
PaymentSchema.index({ captureId: 1 }, { sparse: true });
// What a process that died has not told the order.
PaymentSchema.index({ unsettledSince: 1 }, { sparse: true });
// Those to ask the provider about.
PaymentSchema.index({ nextCheckAt: 1 }, { sparse: true });
