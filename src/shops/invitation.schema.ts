import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';
import { SHOP_ROLES, type ShopRole } from './permissions.js';

/** An open offer of a role, for an address without an account; it goes when it is used. */
@Schema({ collection: 'invitations' })
export class Invitation {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  /** Lower case, as `normaliseEmail` makes it. */
  @Prop({ required: true })
  email: string;

  @Prop({ type: String, enum: SHOP_ROLES, required: true })
  role: ShopRole;

  /** SHA-256 of the token in the link. */
  @Prop({ required: true })
  tokenHash: string;

  /** Must still be allowed to give the role when the invitation is accepted. */
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  invitedBy: Types.ObjectId;

  @Prop({ required: true })
  createdAt: Date;

  @Prop({ required: true })
  expiresAt: Date;

  _id: Types.ObjectId;
}

export const InvitationSchema = SchemaFactory.createForClass(Invitation);
InvitationSchema.plugin(shopScoped);

// A shop's open invitations, and one an address.
InvitationSchema.index({ shopId: 1, email: 1 }, { unique: true });
// The invitation of a link.
InvitationSchema.index({ tokenHash: 1 }, { unique: true });
// Removes what nobody accepted.
InvitationSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
