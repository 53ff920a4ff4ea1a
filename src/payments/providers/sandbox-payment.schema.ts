import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';

@Schema({ _id: false })
class SandboxRefund {
  @Prop({ required: true })
  refundId: string;

  @Prop({ required: true })
  amount: number;

  @Prop({ default: '' })
  ownId: string;
}

/** What the sandbox knows of a payment, as a provider would, apart from ours. */
@Schema({ collection: 'sandbox_payments' })
export class SandboxPayment {
  @Prop({ type: String, required: true })
  _id: string;

  @Prop({ required: true })
  paymentId: string;

  /** Integer minor units of `currency`. */
  @Prop({ required: true })
  amount: number;

  @Prop({ required: true })
  currency: string;

  @Prop({ type: String, default: 'pending' })
  state: 'pending' | 'requires_action' | 'processing' | 'failed' | 'succeeded' | 'canceled';

  @Prop({ default: 0 })
  tries: number;

  /** When what is processing has succeeded. */
  @Prop({ type: Date, default: null })
  settlesAt: Date | null;

  @Prop({ type: [SchemaFactory.createForClass(SandboxRefund)], default: [] })
  refunds: SandboxRefund[];
}

export const SandboxPaymentSchema = SchemaFactory.createForClass(SandboxPayment);
// A refund by its id.
SandboxPaymentSchema.index({ 'refunds.refundId': 1 });
