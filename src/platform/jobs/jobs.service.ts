import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { MongoBackend } from '@agendajs/mongo-backend';
import { Agenda, InMemoryNotificationChannel, type Job as RunningJob, toJobId } from 'agenda';
import type { Model } from 'mongoose';
import { isDuplicateKey } from '../database/database-errors.js';
import { AppError } from '../http/app-error.js';
import { Job, type JobData } from './job.schema.js';
import { RETRY_DELAYS_MS, retryDelay } from './retry-delays.js';

export interface JobOptions {
  /** How many of this name run at once in one process. */
  concurrency?: number;
  /** After so long a job whose process has died is run by another; none may take longer. */
  lockSeconds?: number;
  retryDelaysMs?: readonly number[];
}

export type JobHandler<T extends object> = (payload: T) => Promise<void>;

interface Repetition {
  name: string;
  seconds: number;
}

/** How soon another process finds a job; the one that asked for it starts it at once. */
const POLL_MS = 2_000;
const DEFAULT_CONCURRENCY = 4;
const DEFAULT_LOCK_SECONDS = 60;
const MAX_IN_PARALLEL = 20;
const DRAIN_MS = 5_000;
const DRAIN_POLL_MS = 20;
const REPETITION_KEY = 'repetition';

/**
 * Durable jobs, kept by `agenda` in the same database. A job may run twice, after a crash or a lost
 * lock: every handler is written so that the second run changes nothing.
 */
@Injectable()
export class JobsService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(JobsService.name);
  private readonly wakeUps = new InMemoryNotificationChannel();
  private readonly repetitions: Repetition[] = [];
  private readonly agenda: Agenda;
  private isStarted = false;
  private running = 0;

  constructor(@InjectModel(Job.name) private readonly jobs: Model<Job>) {
    const mongo = jobs.db.getClient().db(jobs.db.name);
    this.agenda = new Agenda({
      // The schema declares the indexes.
      backend: new MongoBackend({
        mongo: mongo as never,
        collection: jobs.collection.name,
        ensureIndex: false,
      }),
      notificationChannel: this.wakeUps,
      processEvery: POLL_MS,
      maxConcurrency: MAX_IN_PARALLEL,
      defaultConcurrency: DEFAULT_CONCURRENCY,
      // Removed here: under the lock, so that what is asked for meanwhile is not lost.
      removeOnComplete: false,
    });
    this.agenda.on('error', (error: Error) => {
      this.logger.warn({ msg: 'jobs wait', error: error.message });
    });
    this.agenda.on('start', () => this.running++);
    this.agenda.on('complete', ({ attrs }: RunningJob) => {
      this.running--;
      // The library looks for the next one only when it polls.
      setImmediate(() => this.wake(attrs.name, String(attrs._id), new Date()));
    });
  }

  /** Says what a job does. `payload` is what it was enqueued with. */
  define<T extends object>(name: string, handler: JobHandler<T>, options: JobOptions = {}): void {
    const { concurrency = DEFAULT_CONCURRENCY, lockSeconds = DEFAULT_LOCK_SECONDS } = options;
    const { retryDelaysMs = RETRY_DELAYS_MS } = options;
    const process = (job: RunningJob<JobData>, done: (error?: Error) => void): void => {
      this.run(job, handler, retryDelaysMs).then(() => done(), done);
    };
    this.agenda.define(name, process, {
      concurrency,
      // What waits for its turn here could run elsewhere.
      lockLimit: concurrency,
      lockLifetime: lockSeconds * 1_000,
      backoff: ({ attempt }) => retryDelay(retryDelaysMs, attempt, Math.random()),
    });
  }

  /**
   * Asks for a job: one of a name and key, however often it is asked for. While it waits, that changes
   * nothing; while it runs, it runs once more; a dead one is revived.
   * @param payload plain JSON without secrets
   */
  async enqueue(name: string, key: string, payload: object, at = new Date()): Promise<void> {
    try {
      const { _id } = await this.jobs.create({ name, data: { key, payload }, nextRunAt: at });
      this.wake(name, _id.toHexString(), at);
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      await this.askAgain(name, key, at);
    }
  }

  /** Runs a defined job again and again, once at a time over all processes. */
  every(name: string, seconds: number): void {
    this.repetitions.push({ name, seconds });
  }

  /** Jobs whose retries are used up, newest first. */
  async listDead(limit: number): Promise<Job[]> {
    return this.jobs
      .find({ deadAt: { $exists: true } })
      .sort({ deadAt: -1, _id: -1 })
      .limit(limit)
      .lean<Job[]>();
  }

  countDead(): Promise<number> {
    return this.jobs.countDocuments({ deadAt: { $exists: true } });
  }

  /** @throws AppError `not_found` when there is no dead job of that id */
  async retryDead(id: string): Promise<void> {
    const now = new Date();
    const job = await this.jobs
      .findOneAndUpdate(
        { _id: id, deadAt: { $exists: true } },
        { $set: { nextRunAt: now, lockedAt: null, failCount: 0 }, $unset: { deadAt: '' } },
      )
      .lean<Job>();
    if (!job) throw AppError.notFound('dead job');
    this.wake(job.name, job._id.toHexString(), now);
  }

  async onApplicationBootstrap(): Promise<void> {
    // The first poll may come before those of the whole database are built.
    await this.jobs.createIndexes();
    for (const repetition of this.repetitions) await this.repeat(repetition);
    await this.agenda.start();
    this.isStarted = true;
  }

  /** What has not begun is left to others at once; what runs may end. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStarted = false;
    await this.agenda.stop(false).catch((error: unknown) => {
      this.logger.warn({ msg: 'jobs not unlocked', error: String(error) });
    });
    const deadline = Date.now() + DRAIN_MS;
    while (this.running > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
    }
  }

  private async run<T extends object>(
    job: RunningJob<JobData>,
    handler: JobHandler<T>,
    delays: readonly number[],
  ): Promise<void> {
    const { name, _id, data } = job.attrs;
    try {
      await handler(data.payload as T);
    } catch (error) {
      const failures = (job.attrs.failCount ?? 0) + 1;
      const isLast = failures > delays.length;
      const about = { job: name, key: data.key, failures, error: String(error) };
      if (isLast) {
        this.logger.error({ msg: 'job is dead', ...about });
        await this.jobs.updateOne({ _id }, { $set: { deadAt: new Date() } });
      } else this.logger.warn({ msg: 'job failed', ...about });
      throw error;
    }
    if (data.key !== REPETITION_KEY) await this.close(job);
  }

  private async close(job: RunningJob<JobData>): Promise<void> {
    const { _id } = job.attrs;
    const { deletedCount } = await this.jobs.deleteOne({ _id, isAskedAgain: { $ne: true } });
    if (deletedCount > 0) return;
    await this.jobs.updateOne({ _id }, { $unset: { isAskedAgain: '' } });
    // Written when this run is noted.
    job.attrs.nextRunAt = new Date();
  }

  private async askAgain(name: string, key: string, at: Date): Promise<void> {
    const same = { name, 'data.key': key };
    const revived = await this.jobs
      .findOneAndUpdate(
        { ...same, nextRunAt: null, lockedAt: null },
        { $set: { nextRunAt: at, failCount: 0 }, $unset: { deadAt: '' } },
      )
      .lean<Job>();
    if (revived) {
      this.wake(name, revived._id.toHexString(), at);
      return;
    }
    // One that runs has no next time; one that is only held for its turn has.
    await this.jobs.updateOne(
      { ...same, nextRunAt: null, lockedAt: { $ne: null } },
      { $set: { isAskedAgain: true } },
    );
  }

  private async repeat({ name, seconds }: Repetition): Promise<void> {
    const interval = `${seconds} seconds`;
    try {
      const job = { name, type: 'single', nextRunAt: new Date(), repeatInterval: interval };
      await this.jobs.collection.insertOne({
        ...job,
        priority: 0,
        lockedAt: null,
        data: { key: REPETITION_KEY, payload: {} },
      } as never);
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      const $set = { repeatInterval: interval };
      await this.jobs.collection.updateOne({ name, 'data.key': REPETITION_KEY }, { $set });
    }
  }

  /** Not waited for: at the latest the next poll finds it. */
  private wake(jobName: string, id: string, nextRunAt: Date): void {
    if (!this.isStarted) return;
    this.wakeUps
      .publish({
        jobId: toJobId(id),
        jobName,
        nextRunAt,
        priority: 0,
        timestamp: new Date(),
      })
      .catch((error: unknown) => {
        this.logger.warn({ msg: 'job waits for the next poll', error: String(error) });
      });
  }
}
