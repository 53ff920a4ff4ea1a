import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';

/** Who is away longer has so much to read that they read everything anew. */
const KEPT_SECONDS = 14 * 86_400;

/** Numbers of a shop of which not every socket was told in order. */
@Schema({ collection: 'untold_ranges' })
export class UntoldRange {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  @Prop({ required: true })
  from: number;

  @Prop({ required: true })
  to: number;

  /** When it was last noted. */
  @Prop({ required: true })
  at: Date;

  _id: Types.ObjectId;
}

export const UntoldRangeSchema = SchemaFactory.createForClass(UntoldRange);
UntoldRangeSchema.plugin(shopScoped);
UntoldRangeSchema.index({ shopId: 1, to: 1 });
UntoldRangeSchema.index({ at: 1 }, { expireAfterSeconds: KEPT_SECONDS });
