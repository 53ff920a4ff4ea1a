import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';
import { STOCK_REASONS, type StockReason } from './stock-reason.js';

/** What is told of one change of a stock, wherever it is kept. */
@Schema({ _id: false })
export class StockChange {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  _id: Types.ObjectId;

  /** Counts the changes of this stock: their order, without gaps. */
  @Prop({ required: true })
  version: number;

  @Prop({ required: true })
  change: number;

  /** What was left after it; null: not counted any more. */
  @Prop({ type: Number, default: null })
  newStock: number | null;

  @Prop({ type: String, enum: STOCK_REASONS, required: true })
  reason: StockReason;

  @Prop({ type: SchemaTypes.ObjectId, default: null })
  orderId: Types.ObjectId | null;

  /** The member who did it; null: a customer, by an order, or the system. */
  @Prop({ type: SchemaTypes.ObjectId, default: null })
  by: Types.ObjectId | null;

  @Prop({ default: '' })
  note: string;

  @Prop({ required: true })
  at: Date;
}

/** A change that is still kept in its product, where it was made in one step with the stock. */
@Schema({ _id: false })
export class PendingStockChange extends StockChange {
  /** Whether it waits for its order to be written: until then it may be undone. */
  @Prop({ default: false })
  held: boolean;

  /** Which taking of its order's pieces it belongs to. */
  @Prop({ default: 0 })
  round?: number;
}

@Schema({ collection: 'stock_movements' })
export class StockMovement extends StockChange {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  @Prop({ type: SchemaTypes.ObjectId, required: true })
  productId: Types.ObjectId;
}

export const PendingStockChangeSchema = SchemaFactory.createForClass(PendingStockChange);
export const StockMovementSchema = SchemaFactory.createForClass(StockMovement);
StockMovementSchema.plugin(shopScoped);

// A product's movements, newest first.
StockMovementSchema.index({ shopId: 1, productId: 1, version: -1 });
