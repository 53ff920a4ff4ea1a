import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { Schema as MongooseSchema, type Types } from 'mongoose';

/** What every job carries: the key that makes it one of its name, and what it is about. */
export interface JobData {
  key: string;
  payload: object;
  /** Of the request that asked for it last; a job of the server's own has none. */
  requestId?: string;
}

/**
 * A job as `agenda` keeps it: its own fields, under its own names, and what we note beside. One that is
 * done is gone. One that has neither a next time nor a lock is dead: its retries are used up.
 */
@Schema({ collection: 'jobs' })
export class Job {
  @Prop({ required: true })
  name: string;

  @Prop({ type: MongooseSchema.Types.Mixed, required: true })
  data: JobData;

  @Prop({ type: String, default: 'normal' })
  type: 'normal' | 'single';

  @Prop({ default: 0 })
  priority: number;

  /** Null while it runs, and once it is dead. */
  @Prop({ type: Date, default: null })
  nextRunAt: Date | null;

  @Prop({ type: Date, default: null })
  lockedAt: Date | null;

  /** Failures in a row. */
  @Prop({ type: Number, default: null })
  failCount: number | null;

  @Prop({ type: String, default: null })
  failReason: string | null;

  @Prop({ type: Date, default: null })
  failedAt: Date | null;

  /** Of one that repeats, such as `15 seconds`. */
  @Prop({ type: String, default: null })
  repeatInterval: string | null;

  /** How often its lock has run out since a run of it came to an end: its process died, most likely. */
  @Prop()
  crashes?: number;

  /** It was asked for while it ran, and runs once more. */
  @Prop()
  isAskedAgain?: boolean;

  _id: Types.ObjectId;
}

export const JobSchema = SchemaFactory.createForClass(Job);

// One job of a name and a key.
JobSchema.index({ name: 1, 'data.key': 1 }, { unique: true });
// The next one of a name to run.
JobSchema.index({ name: 1, nextRunAt: 1, priority: -1, lockedAt: 1, disabled: 1 });
// The dead, the newest first.
JobSchema.index({ nextRunAt: 1, lockedAt: 1, failedAt: -1, _id: -1 });
