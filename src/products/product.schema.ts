import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';
import { type PendingStockChange, PendingStockChangeSchema } from './stock-movement.schema.js';

export const ITEM_TYPES = ['product', 'service'] as const;
export type ItemType = (typeof ITEM_TYPES)[number];

/** Something a shop sells. Amounts are integer minor units of `currency`. */
@Schema({ collection: 'products', timestamps: true })
export class Product {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  @Prop({ required: true })
  name: string;

  @Prop({ default: '' })
  description: string;

  @Prop({ required: true })
  retailPrice: number;

  /** What the seller paid for it: for the team's eyes only. */
  @Prop({ type: Number, default: null })
  originalPrice: number | null;

  @Prop({ type: Number, default: null })
  promoPrice: number | null;

  /** First day of the promotion, `YYYY-MM-DD`. */
  @Prop({ type: String, default: null })
  promoStartDate: string | null;

  /** Last day of the promotion, `YYYY-MM-DD`. */
  @Prop({ type: String, default: null })
  promoEndDate: string | null;

  /** Pieces left; null: not counted, as for every service. */
  @Prop({ type: Number, default: null, min: 0 })
  stock: number | null;

  /** Counts the changes of `stock`. */
  @Prop({ required: true, default: 0 })
  stockVersion: number;

  @Prop({ type: Date, default: null })
  stockChangedAt: Date | null;

  /** Changes of `stock`, written in one step with it, on their way to the movements. */
  @Prop({ type: [PendingStockChangeSchema], default: [] })
  pendingStockChanges: PendingStockChange[];

  @Prop({ default: '' })
  sku: string;

  @Prop({ default: '' })
  imageUrl: string;

  @Prop({ default: '' })
  category: string;

  @Prop({ type: String, enum: ITEM_TYPES, default: 'product' })
  itemType: ItemType;

  /** The shop's currency when the prices were set. */
  @Prop({ required: true })
  currency: string;

  _id: Types.ObjectId;
  createdAt: Date;
  updatedAt: Date;
}

export const ProductSchema = SchemaFactory.createForClass(Product);
ProductSchema.plugin(shopScoped);

// The catalogue in order of creation; products by id; the conditional update of one product's stock.
ProductSchema.index({ shopId: 1, _id: 1 });
// Changes of stock that were left behind by a process that died.
ProductSchema.index({ 'pendingStockChanges.at': 1 }, { sparse: true });
