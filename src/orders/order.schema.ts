import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { Schema as MongooseSchema, SchemaTypes, type Types } from 'mongoose';
import type { Answer } from '../forms/form-answers.js';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';
import { ORDER_CHANNELS, type OrderChannel } from './order-channel.js';
import { ORDER_PAYMENT_STATUSES, type OrderPaymentStatus } from './order-payment-status.js';
import { OrderPayment, OrderPaymentSchema } from './order-payment.schema.js';
import { ORDER_STATUSES, type OrderStatus } from './order-status.js';

@Schema({ _id: false })
export class OrderCustomer {
  @Prop({ required: true })
  name: string;

  @Prop({ default: '' })
  phone: string;

  @Prop({ default: '' })
  email: string;

  @Prop({ default: '' })
  address: string;
}

/** An answer beside its question: an old order reads the same after its form has changed. */
@Schema({ _id: false, id: false })
export class OrderField {
  @Prop({ required: true })
  id: string;

  @Prop({ required: true })
  label: string;

  @Prop({ type: MongooseSchema.Types.Mixed, required: true })
  value: Answer;
}

/** A product as it was named and priced when the order was placed. */
@Schema({ _id: false })
export class OrderItem {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  productId: Types.ObjectId;

  @Prop({ required: true })
  productName: string;

  @Prop({ required: true, min: 1 })
  quantity: number;

  /** Of one piece, in integer minor units of the order's currency. */
  @Prop({ required: true })
  price: number;

  /** Whether the pieces came out of a counted stock, and go back there if the order ends. */
  @Prop({ default: false })
  taken: boolean;
}

/** Pieces on their way back to their stocks. */
@Schema({ _id: false })
export class Restock {
  @Prop({ required: true })
  since: Date;

  @Prop({ type: SchemaTypes.ObjectId, default: null })
  by: Types.ObjectId | null;
}

/** The right to take an expired order's pieces again: whose round it names may write that it has. */
@Schema({ _id: false })
export class Revival {
  @Prop({ required: true })
  round: number;

  @Prop({ required: true })
  since: Date;
}

@Schema({ _id: false })
export class OrderChange {
  @Prop({ required: true })
  at: Date;

  /** The member who did it; null: the customer, or the system. */
  @Prop({ type: SchemaTypes.ObjectId, default: null })
  by: Types.ObjectId | null;

  /** Null: the order was placed. */
  @Prop({ type: String, enum: [...ORDER_STATUSES, null], default: null })
  from: OrderStatus | null;

  @Prop({ type: String, enum: ORDER_STATUSES, required: true })
  to: OrderStatus;

  @Prop({ default: '' })
  note: string;
}

/** Amounts are integer minor units of `currency`. */
@Schema({ collection: 'orders', timestamps: { createdAt: 'submittedAt', updatedAt: 'updatedAt' } })
export class Order {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  /** Short and readable, unique within the shop: `MCXX-0042`. */
  @Prop({ required: true })
  orderId: string;

  @Prop({ type: SchemaFactory.createForClass(OrderCustomer), required: true })
  customer: OrderCustomer;

  /** The person in the shop's customers; null when neither phone nor e-mail was given. */
  @Prop({ type: SchemaTypes.ObjectId, default: null })
  customerId: Types.ObjectId | null;

  @Prop({ type: String, enum: ORDER_CHANNELS, required: true })
  channel: OrderChannel;

  @Prop({ type: SchemaTypes.ObjectId, default: null })
  formId: Types.ObjectId | null;

  /** The version of the form that was answered. */
  @Prop({ type: Number, default: null })
  formVersion: number | null;

  @Prop({ default: '' })
  formName: string;

  /** The answers to the form, in its order. */
  @Prop({ type: [SchemaFactory.createForClass(OrderField)], default: [] })
  fields: OrderField[];

  @Prop({ type: [SchemaFactory.createForClass(OrderItem)], required: true })
  items: OrderItem[];

  @Prop({ required: true })
  totalAmount: number;

  /** The shop's currency when the order was placed. */
  @Prop({ required: true })
  currency: string;

  @Prop({ type: String, enum: ORDER_STATUSES, default: 'pending' })
  status: OrderStatus;

  @Prop({ type: String, enum: ORDER_PAYMENT_STATUSES, default: 'unpaid' })
  paymentStatus: OrderPaymentStatus;

  /** Oldest first; `paymentStatus` and `paymentIntentId` follow from them. */
  @Prop({ type: [OrderPaymentSchema], default: [] })
  payments: OrderPayment[];

  /** Counts the changes of `payments`. */
  @Prop({ type: Number })
  paymentsVersion?: number;

  /** The provider's id, or ours where there is none, of the payment that has paid, or is the newest. */
  @Prop({ type: String, default: null })
  paymentIntentId: string | null;

  @Prop({ default: '' })
  paymentMethod: string;

  /** The team's own words about it. */
  @Prop({ default: '' })
  notes: string;

  @Prop({ type: [SchemaFactory.createForClass(OrderChange)], default: [] })
  history: OrderChange[];

  /** The shop's sequence number of the last change. */
  @Prop({ required: true })
  seq: number;

  /** While a cancelled or returned order's pieces are on their way back. */
  @Prop({ type: SchemaFactory.createForClass(Restock) })
  restock?: Restock;

  /** When it was cancelled because nobody had paid it. */
  @Prop()
  expiredAt?: Date;

  /** While its pieces are being taken again. */
  @Prop({ type: SchemaFactory.createForClass(Revival) })
  revival?: Revival;

  /** The last number that a taking of its pieces was given, after its placement; none is given twice. */
  @Prop({ type: Number })
  lastRound?: number;

  /** Of these numbers, those by which the order has come back; its pieces are of the last. */
  @Prop({ type: [Number], default: undefined })
  revivedRounds?: number[];

  /** The request that placed it, when that had an `Idempotency-Key`. */
  @Prop({ type: SchemaTypes.ObjectId })
  operationId?: Types.ObjectId;

  /** What the order is found by: its number, and its customer. */
  @Prop({ type: [String], default: [] })
  searchWords: string[];

  _id: Types.ObjectId;
  submittedAt: Date;
  updatedAt: Date;
}

export const OrderSchema = SchemaFactory.createForClass(Order);
OrderSchema.plugin(shopScoped);

// One order by its readable number, and each number once in a shop.
OrderSchema.index({ shopId: 1, orderId: 1 }, { unique: true });
// A shop's orders, newest first; the sales of a time.
OrderSchema.index({ shopId: 1, submittedAt: -1, _id: -1 });
// Those of one status, newest first.
OrderSchema.index({ shopId: 1, status: 1, submittedAt: -1, _id: -1 });
// Those of one channel, newest first; and those of one status there.
OrderSchema.index({ shopId: 1, channel: 1, submittedAt: -1, _id: -1 });
OrderSchema.index({ shopId: 1, status: 1, channel: 1, submittedAt: -1, _id: -1 });
// Those of one customer, newest first.
OrderSchema.index({ shopId: 1, customerId: 1, submittedAt: -1, _id: -1 });
// Whether an open order came by a form.
OrderSchema.index({ shopId: 1, formId: 1, status: 1 });
// Those that a text finds, newest first.
OrderSchema.index({ shopId: 1, searchWords: 1, submittedAt: -1, _id: -1 });
// What has changed since a number.
OrderSchema.index({ shopId: 1, seq: 1 });
// What a repeated request has placed already.
OrderSchema.index(
  { shopId: 1, operationId: 1 },
  { unique: true, partialFilterExpression: { operationId: { $exists: true } } },
);
// Pieces that a process which died did not put back.
OrderSchema.index({ 'restock.since': 1 }, { sparse: true });
