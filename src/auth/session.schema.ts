import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';

/** One sign-in of one device. */
@Schema({ collection: 'sessions' })
export class Session {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  userId: Types.ObjectId;

  @Prop({ type: String })
  userAgent?: string;

  @Prop({ type: String })
  ip?: string;

  @Prop({ required: true })
  createdAt: Date;

  @Prop({ required: true })
  expiresAt: Date;

  @Prop({ type: Date })
  revokedAt?: Date;

  _id: Types.ObjectId;
}

export const SessionSchema = SchemaFactory.createForClass(Session);

// Removes what has ended.
SessionSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
// A person's devices, newest first.
SessionSchema.index({ userId: 1, createdAt: -1 });
