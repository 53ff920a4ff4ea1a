import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';

/** When all shops were looked at last. */
@Schema({ collection: 'replay_rounds' })
export class ReplayRound {
  @Prop({ required: true })
  name: string;

  @Prop({ required: true })
  at: Date;
}

export const ReplayRoundSchema = SchemaFactory.createForClass(ReplayRound);

// The last round.
ReplayRoundSchema.index({ name: 1 }, { unique: true });
