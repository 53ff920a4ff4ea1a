import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';

/**
 * `merging` customers are on their way into another, `merged` ones only point to the one they are
 * now, `erased` ones are nobody any more.
 */
export const CUSTOMER_STATES = ['active', 'merging', 'merged', 'erased'] as const;
export type CustomerState = (typeof CUSTOMER_STATES)[number];

/** One person in one shop, known again by phone or e-mail. */
@Schema({ collection: 'customers', timestamps: true })
export class Customer {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  @Prop({ type: String, enum: CUSTOMER_STATES, required: true, default: 'active' })
  state: CustomerState;

  @Prop({ required: true })
  name: string;

  /** As they were given. */
  @Prop({ type: [String], default: [] })
  phones: string[];

  @Prop({ type: [String], default: [] })
  emails: string[];

  /**
   * `keysOf` the phones and e-mails, and those of `nationals` that nobody had before: each is one
   * active customer's in a shop. Customers of before `nationals` have of their phones only these.
   */
  @Prop({ type: [String], default: [] })
  keys: string[];

  /** `nationalsOf` the phones; customers of other countries may have the same. */
  @Prop({ type: [String], default: [] })
  nationals: string[];

  @Prop({ default: '' })
  address: string;

  /** The team's own words. */
  @Prop({ default: '' })
  notes: string;

  @Prop({ type: [String], default: [] })
  tags: string[];

  @Prop({ type: [String], default: [] })
  searchWords: string[];

  /** The customer this one is now. */
  @Prop({ type: SchemaTypes.ObjectId, default: null })
  mergedInto: Types.ObjectId | null;

  /** Who came into this one while that is not finished: nobody is taken in twice. */
  @Prop({ type: [SchemaTypes.ObjectId], default: [] })
  takenIn: Types.ObjectId[];

  /** While orders and conversations may still have to follow a merge or an erasure. */
  @Prop({ type: Date })
  unfinishedSince?: Date;

  /** The first time: what was told later is of nobody. */
  @Prop({ type: Date })
  erasedAt?: Date;

  _id: Types.ObjectId;
  createdAt: Date;
  updatedAt: Date;
}

export const CustomerSchema = SchemaFactory.createForClass(Customer);
CustomerSchema.plugin(shopScoped);

// No two customers with one phone or e-mail; what has been merged or erased stands in nobody's way.
CustomerSchema.index(
  { shopId: 1, keys: 1 },
  { unique: true, partialFilterExpression: { state: 'active', keys: { $gt: '' } } },
);
// Who has a phone or e-mail, also while a merge moves it.
CustomerSchema.index({ shopId: 1, keys: 1, state: 1 });
// Whose number may be one that is written without its country.
CustomerSchema.index({ shopId: 1, nationals: 1 });
// A shop's customers, newest first.
CustomerSchema.index({ shopId: 1, state: 1, createdAt: -1, _id: -1 });
// Those that a text finds, newest first.
CustomerSchema.index({ shopId: 1, searchWords: 1, createdAt: -1, _id: -1 });
// Whoever became a customer.
CustomerSchema.index(
  { shopId: 1, mergedInto: 1 },
  { partialFilterExpression: { mergedInto: { $type: 'objectId' } } },
);
// Merges and erasures to finish.
CustomerSchema.index({ unfinishedSince: 1 }, { sparse: true });
