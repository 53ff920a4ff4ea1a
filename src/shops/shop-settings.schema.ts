import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';
import { SETTINGS_GROUPS, type SettingsGroup } from './shop-settings.js';

/** One group of a shop's settings: apart from the shop, which is read at every request. */
@Schema({ collection: 'shop_settings', timestamps: true })
export class ShopSettings {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  @Prop({ type: String, enum: SETTINGS_GROUPS, required: true })
  group: SettingsGroup;

  /** JSON as text: any key comes back as it was, and none is ever an operator. */
  @Prop({ required: true })
  json: string;

  /** The stored files that it names. */
  @Prop({ type: [String], default: [] })
  fileIds: string[];

  _id: Types.ObjectId;
}

export const ShopSettingsSchema = SchemaFactory.createForClass(ShopSettings);
ShopSettingsSchema.plugin(shopScoped);

// Whether any shop's settings name that file.
ShopSettingsSchema.index({ fileIds: 1 });
// A shop's settings, each group once.
ShopSettingsSchema.index({ shopId: 1, group: 1 }, { unique: true });
