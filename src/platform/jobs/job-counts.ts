import type { Model } from 'mongoose';
import type { Job } from './job.schema.js';

export const JOB_STATES = ['waiting', 'due', 'running', 'dead'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** How many jobs are in each state; one that waits is not due yet. */
export async function countJobs(jobs: Model<Job>, now: Date): Promise<Record<JobState, number>> {
  const [waiting, due, running, dead] = await Promise.all([
    jobs.countDocuments({ nextRunAt: { $gt: now }, lockedAt: null }),
    jobs.countDocuments({ nextRunAt: { $lte: now }, lockedAt: null }),
    jobs.countDocuments({ nextRunAt: null, lockedAt: { $ne: null } }),
    jobs.countDocuments({ nextRunAt: null, lockedAt: null }),
  ]);
  return { waiting, due, running, dead };
}
