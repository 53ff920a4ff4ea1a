import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { type PlatformName, PLATFORMS } from './platforms/platform.js';

/** A visit to a platform that has not come back yet; it is gone when it has. */
@Schema({ collection: 'oauth_states' })
export class OAuthState {
  /** SHA-256 of the `state` that the platform hands back. */
  @Prop({ required: true })
  stateHash: string;

  /** SHA-256 of the cookie of the browser that set out. */
  @Prop({ required: true })
  bindingHash: string;

  @Prop({ type: String, enum: PLATFORMS, required: true })
  platform: PlatformName;

  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  @Prop({ type: SchemaTypes.ObjectId, required: true })
  userId: Types.ObjectId;

  /** Origin of the page that opened the popup: the only one that is told how it ended. */
  @Prop({ required: true })
  appOrigin: string;

  /** A bot's token that was pasted on the way, sealed. */
  @Prop({ type: String })
  pasted?: string;

  @Prop({ required: true })
  expiresAt: Date;

  _id: Types.ObjectId;
}

export const OAuthStateSchema = SchemaFactory.createForClass(OAuthState);

// The platform's answer.
OAuthStateSchema.index({ stateHash: 1 }, { unique: true });
// Removes those that never came back.
OAuthStateSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
