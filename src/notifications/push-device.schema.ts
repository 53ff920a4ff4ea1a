import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';

/** A browser that a person wants to be told by, as its `PushSubscription` has it. */
@Schema({ collection: 'push_subscriptions' })
export class PushDevice {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  userId: Types.ObjectId;

  /** The session that subscribed it: without it nobody is signed in there. */
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  sessionId: Types.ObjectId;

  @Prop({ required: true })
  endpoint: string;

  /** The browser's public key, base64url. */
  @Prop({ required: true })
  p256dh: string;

  /** The secret it shares with us, base64url. */
  @Prop({ required: true })
  auth: string;

  @Prop({ default: '' })
  userAgent: string;

  /** When its browser last said that it is there. */
  @Prop({ required: true })
  seenAt: Date;

  _id: Types.ObjectId;
}

export const PushDeviceSchema = SchemaFactory.createForClass(PushDevice);

// One of an endpoint.
PushDeviceSchema.index({ endpoint: 1 }, { unique: true });
// A person's, those of one of their sessions, and which of them are the oldest.
PushDeviceSchema.index({ userId: 1, seenAt: -1, _id: -1 });
PushDeviceSchema.index({ userId: 1, sessionId: 1 });
