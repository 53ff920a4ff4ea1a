import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';

/** What a link in an e-mail may be for. */
export const ACCOUNT_TOKEN_PURPOSES = ['password_reset', 'email_verification'] as const;
export type AccountTokenPurpose = (typeof ACCOUNT_TOKEN_PURPOSES)[number];

/** The newest link of a kind that was sent to a user; it serves once. */
@Schema({ collection: 'account_tokens' })
export class AccountToken {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  userId: Types.ObjectId;

  @Prop({ type: String, enum: ACCOUNT_TOKEN_PURPOSES, required: true })
  purpose: AccountTokenPurpose;

  /** SHA-256 of the token in the link. */
  @Prop({ required: true })
  tokenHash: string;

  @Prop({ required: true })
  expiresAt: Date;

  _id: Types.ObjectId;
}

export const AccountTokenSchema = SchemaFactory.createForClass(AccountToken);

// A new link takes the place of the one before.
AccountTokenSchema.index({ userId: 1, purpose: 1 }, { unique: true });
// The link that somebody follows.
AccountTokenSchema.index({ tokenHash: 1 }, { unique: true });
// Removes what has expired.
AccountTokenSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
