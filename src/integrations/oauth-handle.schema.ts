import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';
import { type PlatformName, PLATFORMS } from './platforms/platform.js';

/** Shows once to `connect` that the callback has made the connection already. */
@Schema({ collection: 'oauth_handles' })
export class OAuthHandle {
  @Prop({ required: true })
  handleHash: string;

  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  @Prop({ type: SchemaTypes.ObjectId, required: true })
  userId: Types.ObjectId;

  @Prop({ type: String, enum: PLATFORMS, required: true })
  platform: PlatformName;

  @Prop({ required: true })
  expiresAt: Date;

  _id: Types.ObjectId;
}

export const OAuthHandleSchema = SchemaFactory.createForClass(OAuthHandle);
OAuthHandleSchema.plugin(shopScoped);

// What `connect` is given.
OAuthHandleSchema.index({ handleHash: 1 }, { unique: true });
// Removes what was never used.
OAuthHandleSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
