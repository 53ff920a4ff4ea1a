import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';

/** A Facebook person who met an account with the same e-mail, and must give its password first. */
@Schema({ collection: 'facebookLinks' })
export class FacebookLink {
  /** SHA-256 of the handle that the app got. */
  @Prop({ required: true })
  handleHash: string;

  @Prop({ required: true })
  facebookId: string;

  @Prop({ type: SchemaTypes.ObjectId, required: true })
  userId: Types.ObjectId;

  /** Passwords that were tried. */
  @Prop({ required: true, default: 0 })
  tries: number;

  @Prop({ required: true })
  expiresAt: Date;

  _id: Types.ObjectId;
}

export const FacebookLinkSchema = SchemaFactory.createForClass(FacebookLink);

// The password that comes with a handle.
FacebookLinkSchema.index({ handleHash: 1 }, { unique: true });
// Removes what was never used.
FacebookLinkSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
