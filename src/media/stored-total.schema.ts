import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';

/** What a shop has stored, at most: what was removed counts until it is counted anew. */
@Schema({ collection: 'media_stored_totals' })
export class StoredTotal {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  @Prop({ required: true })
  bytes: number;

  _id: Types.ObjectId;
}

export const StoredTotalSchema = SchemaFactory.createForClass(StoredTotal);
StoredTotalSchema.plugin(shopScoped);

// The total of a shop.
StoredTotalSchema.index({ shopId: 1 }, { unique: true });
