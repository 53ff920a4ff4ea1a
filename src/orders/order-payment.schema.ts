import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { type KeptPayment, PAYMENT_SUMMARY_STATES } from './order-payment-status.js';

/** A payment of an order, as far as the order's own payment status follows from it. */
@Schema({ _id: false, id: false })
export class OrderPayment implements KeptPayment {
  @Prop({ required: true })
  paymentId: string;

  @Prop({ required: true })
  version: number;

  @Prop({ required: true })
  provider: string;

  @Prop({ type: String, default: null })
  providerId: string | null;

  @Prop({ type: String, enum: PAYMENT_SUMMARY_STATES, required: true })
  state: KeptPayment['state'];

  @Prop({ required: true })
  captured: number;

  @Prop({ required: true })
  refunded: number;

  @Prop({ required: true })
  captureRank: number;
}

export const OrderPaymentSchema = SchemaFactory.createForClass(OrderPayment);
