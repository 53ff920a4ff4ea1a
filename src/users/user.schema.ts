import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { HydratedDocument, Types } from 'mongoose';

/** Role of a person on the platform; roles in a shop are the shop's. */
export const USER_ROLES = ['owner', 'admin', 'agent'] as const;
export type UserRole = (typeof USER_ROLES)[number];

@Schema({ collection: 'users', timestamps: true })
export class User {
  /** Lower case, as `normaliseEmail` makes it. */
  @Prop({ required: true })
  email: string;

  /** argon2id in PHC form; none for who signs in with Facebook only. */
  @Prop({ type: String })
  passwordHash?: string;

  /** When another password was set; making the hash of the same one anew leaves it. */
  @Prop({ type: Date, default: null })
  passwordChangedAt: Date | null;

  @Prop({ required: true })
  username: string;

  /** The username in lower case: two people may not differ by case alone. */
  @Prop({ required: true })
  usernameKey: string;

  @Prop({ type: String, enum: USER_ROLES, default: 'owner' })
  role: UserRole;

  @Prop({ type: String })
  avatarUrl?: string;

  /** The stored file behind `avatarUrl`, when it is one. */
  @Prop({ type: String })
  avatarFileId?: string;

  @Prop({ type: Date })
  lastLogin?: Date;

  /** Set when the address was proven by a link sent to it. */
  @Prop({ type: Date })
  emailVerifiedAt?: Date;

  /** Until then nobody signs in: sessions end, and the account changes, at this moment. */
  @Prop({ type: Date, default: null })
  signInsHeldUntil: Date | null;

  /** Set when the account may no longer sign in. */
  @Prop({ type: Date })
  disabledAt?: Date;

  /** Id of the linked Facebook account. */
  @Prop({ type: String })
  facebookId?: string;

  _id: Types.ObjectId;
  createdAt: Date;
  updatedAt: Date;
}

export type UserDocument = HydratedDocument<User>;
export const UserSchema = SchemaFactory.createForClass(User);

// Sign-in, and one account an address.
UserSchema.index({ email: 1 }, { unique: true });
// Sign-in with Facebook, and one account a Facebook person.
UserSchema.index(
  { facebookId: 1 },
  { unique: true, partialFilterExpression: { facebookId: { $exists: true } } },
);
// Whether anybody's picture is that file.
UserSchema.index(
  { avatarFileId: 1 },
  { partialFilterExpression: { avatarFileId: { $exists: true } } },
);
// Look-up by exact username, to invite.
UserSchema.index({ usernameKey: 1 }, { unique: true });
