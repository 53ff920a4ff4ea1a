import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';

/** A change to stored data that was begun, and when it was done. */
@Schema({ collection: 'migrations', _id: false })
export class AppliedMigration {
  /** The migration's own id. */
  @Prop({ type: String, required: true })
  _id: string;

  /** The process that runs it, by a name of its own. */
  @Prop({ type: String, default: null })
  owner: string | null;

  /** Until then, by the database's clock, its owner is taken to be alive. */
  @Prop({ required: true })
  lockedUntil: Date;

  @Prop({ type: Date, default: null })
  finishedAt: Date | null;

  /** Documents changed. */
  @Prop({ type: Number, default: null })
  changed: number | null;
}

export const AppliedMigrationSchema = SchemaFactory.createForClass(AppliedMigration);
