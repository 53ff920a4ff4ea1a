import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';
import type { QuietHours } from './quiet-hours.js';
import type { NotificationKind, Way } from './told.js';

/** What a person wants to be told in one shop. */
@Schema({ collection: 'notification_preferences' })
export class NotificationPreference {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  @Prop({ type: SchemaTypes.ObjectId, required: true })
  userId: Types.ObjectId;

  /** Where it differs from the table. */
  @Prop({ type: SchemaTypes.Mixed, default: {} })
  kinds: Partial<Record<NotificationKind, Partial<Record<Way, boolean>>>>;

  @Prop({ type: SchemaTypes.Mixed, default: null })
  quietHours: QuietHours | null;
}

export const NotificationPreferenceSchema = SchemaFactory.createForClass(NotificationPreference);
NotificationPreferenceSchema.plugin(shopScoped);

// A person's in a shop; those of a team.
NotificationPreferenceSchema.index({ shopId: 1, userId: 1 }, { unique: true });
