import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';

/** Up to which of a shop's numbers everything was told. */
@Schema({ collection: 'replay_marks' })
export class ReplayMark {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  /** The shop's number at the look before the last: up to it nothing can come any more. */
  @Prop({ required: true })
  done: number;

  /** The shop's number at the last look; what it was taken for may have been written a moment later. */
  @Prop({ required: true })
  seen: number;
}

export const ReplayMarkSchema = SchemaFactory.createForClass(ReplayMark);
ReplayMarkSchema.plugin(shopScoped);

// A shop's mark.
ReplayMarkSchema.index({ shopId: 1 }, { unique: true });
