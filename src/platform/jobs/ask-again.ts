import type { Model } from 'mongoose';
import type { Job, JobData } from './job.schema.js';

/** What somebody asks for. */
export interface JobRequest {
  name: string;
  data: JobData;
  at: Date;
}

const HAS_NO_TIME = { $eq: [{ $ifNull: ['$nextRunAt', null] }, null] };
const HAS_NO_LOCK = { $eq: [{ $ifNull: ['$lockedAt', null] }, null] };
const IS_DEAD = { $and: [HAS_NO_TIME, HAS_NO_LOCK] };
/** One that is only held for its turn has a next time still. */
const IS_RUNNING = { $and: [HAS_NO_TIME, { $not: HAS_NO_LOCK }] };

/**
 * Asks for a job that is there, in one step, whatever becomes of it at the same time: one that runs is
 * marked, a dead one lives again, one that waits stays as it is.
 * @returns null when it has gone meanwhile
 */
export function askAgain(jobs: Model<Job>, { name, data, at }: JobRequest): Promise<Job | null> {
  const whenDead = (value: unknown, field: string) => ({ $cond: [IS_DEAD, value, field] });
  return jobs
    .findOneAndUpdate(
      { name, 'data.key': data.key },
      [
        {
          $set: {
            nextRunAt: whenDead(at, '$nextRunAt'),
            failCount: whenDead(0, '$failCount'),
            data: whenDead({ $literal: data }, '$data'),
            isAskedAgain: {
              $cond: [IS_RUNNING, true, whenDead(false, '$isAskedAgain')],
            },
          },
        },
      ],
      { updatePipeline: true, returnDocument: 'after' },
    )
    .lean<Job>()
    .exec();
}
