import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { SHOP_ROLES, type ShopRole } from './permissions.js';

@Schema({ _id: false })
export class TeamMember {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  userId: Types.ObjectId;

  @Prop({ type: String, enum: SHOP_ROLES, required: true })
  role: ShopRole;

  @Prop({ required: true })
  addedAt: Date;
}

@Schema({ collection: 'shops', timestamps: true })
export class Shop {
  @Prop({ required: true })
  name: string;

  /** Address of the public shop. */
  @Prop({ required: true })
  slug: string;

  @Prop({ type: SchemaTypes.ObjectId, required: true })
  ownerId: Types.ObjectId;

  /** Everyone with a role here, the owner included. */
  @Prop({ type: [SchemaFactory.createForClass(TeamMember)], required: true })
  team: TeamMember[];

  /** ISO 4217. */
  @Prop({ required: true })
  currency: string;

  /** IANA: whose days promotions and reports count by. */
  @Prop({ required: true, default: 'UTC' })
  timeZone: string;

  @Prop({ default: '' })
  description: string;

  @Prop({ type: String })
  logoUrl?: string;

  /** The stored file behind `logoUrl`, when it is one. */
  @Prop({ type: String })
  logoFileId?: string;

  @Prop({ default: '' })
  phone: string;

  @Prop({ default: '' })
  email: string;

  @Prop({ default: '' })
  address: string;

  /** Set when it was deleted: its team and its address are moved aside then. */
  @Prop({ type: Date })
  deletedAt?: Date;

  @Prop({ type: [SchemaFactory.createForClass(TeamMember)] })
  deletedTeam?: TeamMember[];

  /** The shop's counter: number of the last write that others must see. */
  @Prop({ required: true, default: 0 })
  seq: number;

  /** When `seq` moved last, to the ten seconds before. */
  @Prop({ type: Date })
  seqAt?: Date;

  /** Number of the last order. */
  @Prop({ required: true, default: 0 })
  orderCounter: number;

  _id: Types.ObjectId;
  createdAt: Date;
  updatedAt: Date;
}

export const ShopSchema = SchemaFactory.createForClass(Shop);

// The public shop by its address.
ShopSchema.index({ slug: 1 }, { unique: true });
// Whether any shop's logo is that file.
ShopSchema.index({ logoFileId: 1 }, { partialFilterExpression: { logoFileId: { $exists: true } } });
// Shops in which something was written lately.
ShopSchema.index({ seqAt: 1 }, { sparse: true });
// A person's shops, oldest first.
ShopSchema.index({ 'team.userId': 1, _id: 1 });
