import type { Model } from 'mongoose';
import type { Metrics } from '../telemetry/metrics.js';
import type { Job } from './job.schema.js';

const JOB_STATES = ['waiting', 'due', 'running', 'dead'] as const;
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

/** What operators see of the jobs: how many there are, and how long each took. */
export function measureJobs(jobs: Model<Job>, metrics: Metrics) {
  const labels = ['state'] as const;
  metrics.gauge(
    { name: 'jobs', help: 'Jobs of all processes, by state.', labels },
    async (gauge) => {
      const counts = await countJobs(jobs, new Date());
      for (const state of JOB_STATES) gauge.set({ state }, counts[state]);
    },
  );
  return metrics.histogram({
    name: 'job_duration_seconds',
    help: 'Runs of jobs in this process.',
    labels: ['name', 'outcome'],
  });
}
