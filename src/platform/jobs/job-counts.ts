import type { Model } from 'mongoose';
import type { Job } from './job.schema.js';

/** How many jobs of a name there are: those that are due are among those that wait. */
export interface JobCounts {
  name: string;
  waiting: number;
  due: number;
  running: number;
  dead: number;
}

/** Of those of the names that have any. */
export function countJobs(jobs: Model<Job>, names: string[], now: Date): Promise<JobCounts[]> {
  const isFree = { $eq: ['$lockedAt', null] };
  const hasNoTime = { $eq: ['$nextRunAt', null] };
  const total = (is: object) => ({ $sum: { $cond: [is, 1, 0] } });
  return jobs.aggregate<JobCounts>([
    { $match: { name: { $in: names } } },
    {
      $group: {
        _id: '$name',
        waiting: total({ $and: [isFree, { $not: hasNoTime }] }),
        due: total({ $and: [isFree, { $not: hasNoTime }, { $lte: ['$nextRunAt', now] }] }),
        running: total({ $not: isFree }),
        dead: total({ $and: [isFree, hasNoTime] }),
      },
    },
    { $project: { _id: 0, name: '$_id', waiting: 1, due: 1, running: 1, dead: 1 } },
    { $sort: { name: 1 } },
  ]);
}
