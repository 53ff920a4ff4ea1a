import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';

/** One sign-in of one device, and the family of refresh tokens that descend from it. */
@Schema({ collection: 'sessions' })
export class Session {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  userId: Types.ObjectId;

  /** Goes into every refresh token of this session, and is told nobody. */
  @Prop({ required: true })
  family: string;

  /** SHA-256 of the refresh token that is good now. */
  @Prop({ required: true })
  refreshHash: string;

  /** Counts the refresh tokens; the one before the current is still answered for a moment. */
  @Prop({ required: true })
  generation: number;

  @Prop({ required: true })
  rotatedAt: Date;

  @Prop({ type: String })
  userAgent?: string;

  @Prop({ type: String })
  ip?: string;

  @Prop({ required: true })
  createdAt: Date;

  @Prop({ required: true })
  lastUsedAt: Date;

  /** When the person last gave the password here; null after a sign-in without one. */
  @Prop({ type: Date, default: null })
  passwordAt: Date | null;

  /** Shops whose rooms its sockets have joined: a client that comes back is put there again. */
  @Prop({ type: [String], default: [] })
  joinedShops: string[];

  @Prop({ required: true })
  expiresAt: Date;

  @Prop({ type: Date, default: null })
  revokedAt: Date | null;

  _id: Types.ObjectId;
}

export const SessionSchema = SchemaFactory.createForClass(Session);

// Removes what has ended.
SessionSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
// A person's devices, newest first.
SessionSchema.index({ userId: 1, createdAt: -1 });
