import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { countsRevisions, type Revised } from '../platform/database/counts-revisions.plugin.js';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';
import { type PendingStockChange, PendingStockChangeSchema } from './stock-movement.schema.js';

export const ITEM_TYPES = ['product', 'service'] as const;
export type ItemType = (typeof ITEM_TYPES)[number];

/** What a button of the app says and does: a flat object, as the app keeps it. */
export type ProductButton = Record<string, string | number | boolean | null>;

/** How people sort: upper and lower case alike, `Size 2` before `Size 10`. */
export const NAME_COLLATION = { locale: 'en', strength: 2, numericOrdering: true } as const;

/** Something a shop sells. Amounts are integer minor units of `currency`. */
@Schema({ collection: 'products', timestamps: true })
export class Product implements Revised {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  @Prop({ required: true })
  name: string;

  @Prop({ default: '' })
  description: string;

  /** Line below the name where the product is shown in Facebook's chats. */
  @Prop({ default: '' })
  facebookSubtitle: string;

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

  /** The stored file behind `imageUrl`, when it is one. */
  @Prop({ type: String, default: null })
  imageFileId: string | null;

  @Prop({ default: '' })
  category: string;

  @Prop({ type: String, enum: ITEM_TYPES, default: 'product' })
  itemType: ItemType;

  @Prop({ default: '' })
  warranty: string;

  /** How long a service takes. */
  @Prop({ default: '' })
  duration: string;

  /** Where a service is given. */
  @Prop({ default: '' })
  location: string;

  @Prop({ type: [SchemaTypes.Mixed], default: [] })
  buttons: ProductButton[];

  /** The form by which it is ordered. */
  @Prop({ type: String, default: null })
  formId: string | null;

  /** The shop's currency when the prices were set. */
  @Prop({ required: true })
  currency: string;

  /** What the product's row in a file without a SKU is known again by. */
  @Prop({ type: String })
  importKey?: string;

  /** Counts the changes of all but the stock. */
  @Prop({ required: true, default: 0 })
  contentVersion: number;

  /** What the product is found by: its name, its SKU and its category. */
  @Prop({ type: [String], default: [] })
  searchWords: string[];

  revision: number;
  _id: Types.ObjectId;
  createdAt: Date;
  updatedAt: Date;
}

export const ProductSchema = SchemaFactory.createForClass(Product);
ProductSchema.plugin(shopScoped);
ProductSchema.plugin(countsRevisions);

// The catalogue in order of creation; products by id; the conditional update of one product.
ProductSchema.index({ shopId: 1, _id: 1 });
// One product by its SKU, and each SKU once in a shop.
ProductSchema.index(
  { shopId: 1, sku: 1 },
  { unique: true, partialFilterExpression: { sku: { $gt: '' } } },
);
// One product by its row in a file that was imported, and each row once.
ProductSchema.index(
  { shopId: 1, importKey: 1 },
  { unique: true, partialFilterExpression: { importKey: { $gt: '' } } },
);
// Products that a text finds, in order of creation.
ProductSchema.index({ shopId: 1, searchWords: 1, _id: 1 });
// The catalogue by name.
ProductSchema.index({ shopId: 1, name: 1, _id: 1 }, { collation: NAME_COLLATION });
// The catalogue by price.
ProductSchema.index({ shopId: 1, retailPrice: 1, _id: 1 });
// Products of one type in order of creation, by name, by price.
ProductSchema.index({ shopId: 1, itemType: 1, _id: 1 });
ProductSchema.index({ shopId: 1, itemType: 1, name: 1, _id: 1 }, { collation: NAME_COLLATION });
ProductSchema.index({ shopId: 1, itemType: 1, retailPrice: 1, _id: 1 });
// Products of one category in order of creation, by name, by price, by stock.
ProductSchema.index({ shopId: 1, category: 1, _id: 1 }, { collation: NAME_COLLATION });
ProductSchema.index({ shopId: 1, category: 1, name: 1, _id: 1 }, { collation: NAME_COLLATION });
ProductSchema.index(
  { shopId: 1, category: 1, retailPrice: 1, _id: 1 },
  { collation: NAME_COLLATION },
);
ProductSchema.index({ shopId: 1, category: 1, stock: 1, _id: 1 }, { collation: NAME_COLLATION });
// Products with a stock in a range, fewest first; those that are sold out, or not counted.
ProductSchema.index({ shopId: 1, stock: 1, _id: 1 });
// Whether any product shows that file.
ProductSchema.index({ imageFileId: 1 }, { partialFilterExpression: { imageFileId: { $gt: '' } } });
// Changes of stock that were left behind by a process that died.
ProductSchema.index({ 'pendingStockChanges.at': 1 }, { sparse: true });
