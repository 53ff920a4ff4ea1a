import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Types } from 'mongoose';

/** A visit to a provider's dialog that has not come back yet. */
@Schema({ collection: 'signInStates' })
export class SignInState {
  /** SHA-256 of the `state` that the provider hands back. */
  @Prop({ required: true })
  stateHash: string;

  /** SHA-256 of the cookie of the browser that set out. */
  @Prop({ required: true })
  bindingHash: string;

  /** Which sign-in it is of: a state of one serves no other. */
  @Prop({ required: true })
  flow: string;

  /** Address in the app to go to; none for a popup. */
  @Prop({ type: String })
  redirect?: string;

  @Prop({ required: true })
  expiresAt: Date;

  _id: Types.ObjectId;
}

export const SignInStateSchema = SchemaFactory.createForClass(SignInState);

// The provider's answer.
SignInStateSchema.index({ stateHash: 1 }, { unique: true });
// Removes those that never came back.
SignInStateSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
