import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { Agenda, InMemoryNotificationChannel, type Job as RunningJob, toJobId } from 'agenda';
import type { Model } from 'mongoose';
import { isDuplicateKey } from '../database/database-errors.js';
import { MigrationsService } from '../database/migrations.service.js';
import { AppError } from '../http/app-error.js';
import { decodeCursor } from '../http/cursor.js';
import { isBug } from '../http/exception.filter.js';
import { Page } from '../http/page.js';
import { requestId, withRequestId } from '../logging/request-context.js';
import { ErrorReports } from '../telemetry/error-reports.js';
import { Metrics } from '../telemetry/metrics.js';
import { askAgain } from './ask-again.js';
import { countJobs, measureJobs } from './job-counts.js';
import { Job, type JobData } from './job.schema.js';
import { JobsRepository } from './jobs-repository.js';
import { RetryLater } from './retry-later.js';
import { RETRY_DELAYS_MS, retryDelay } from './retry-delays.js';

export interface JobOptions {
  /** How many of this name run at once in one process. */
  concurrency?: number;
  /** After so long a job whose process has died is run by another; none may take longer. */
  lockSeconds?: number;
  retryDelaysMs?: readonly number[];
}

/** `attempt`: 1 for the first try. */
export type JobHandler<T extends object> = (payload: T, info: { attempt: number }) => Promise<void>;

interface Repetition {
  name: string;
  seconds: number;
}

/** How soon another process finds a job; the one that asked for it starts it at once. */
const POLL_MS = 2_000;
const DEFAULT_CONCURRENCY = 4;
const DEFAULT_LOCK_SECONDS = 60;
/**
 * The names' own bounds are the bound. One over all of them would let a locked job wait here for its
 * turn, and when its lock expires meanwhile, the library forgets to count it out: a place lost for good.
 */
const NO_COMMON_BOUND = 1_000;
const DRAIN_MS = 5_000;
const DRAIN_POLL_MS = 20;
/** Between the insert that found a job there and the update that found it gone, it was done. */
const MAX_TURNS = 5;
const REPETITION_KEY = 'repetition';
/** Nobody runs it, nobody will. */
const DEAD = { nextRunAt: null, lockedAt: null };

/**
 * Durable jobs, kept by `agenda` in the same database. A job may run twice, after a crash or a lost
 * lock: every handler is written so that the second run changes nothing.
 */
@Injectable()
export class JobsService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(JobsService.name);
  private readonly wakeUps = new InMemoryNotificationChannel();
  private readonly repetitions: Repetition[] = [];
  private readonly repository: JobsRepository;
  private readonly agenda: Agenda;
  private readonly durations: ReturnType<typeof measureJobs>;
  /** Runs what it is given outside of the request that asked for it. */
  private readonly detached = AsyncLocalStorage.snapshot();
  private isStarted = false;
  private running = 0;

  constructor(
    @InjectModel(Job.name) private readonly jobs: Model<Job>,
    private readonly migrations: MigrationsService,
    private readonly reports: ErrorReports,
    metrics: Metrics,
  ) {
    this.durations = measureJobs(jobs, metrics);
    const mongo = jobs.db.getClient().db(jobs.db.name) as never;
    const db = { collection: jobs.collection.name };
    this.repository = new JobsRepository({ mongo, db } as never, {
      failed: (error) => this.noteAway(error),
      due: (job) => this.wake(job.name, String(job._id)),
      gaveUp: ({ name, failReason }) => {
        this.logger.error({ msg: 'job is dead', job: name, error: failReason });
      },
    });
    this.agenda = new Agenda({
      backend: this.repository.backend,
      notificationChannel: this.wakeUps,
      processEvery: POLL_MS,
      maxConcurrency: NO_COMMON_BOUND,
      // Removed here: under the lock, so that what is asked for meanwhile is not lost.
      removeOnComplete: false,
    });
    this.agenda.on('error', (error: Error) => this.noteAway(error));
    this.agenda.on('start', () => this.running++);
    this.agenda.on('complete', (job: RunningJob) => {
      this.running--;
      if (job.attrs.failCount) {
        const failed = job as RunningJob<JobData>;
        void withRequestId(failed.attrs.data.requestId, () => this.noteFailure(failed));
      }
      // The library looks for the next one only when it polls.
      setImmediate(() => this.wake(job.attrs.name, String(job.attrs._id)));
    });
  }

  /** Says what a job does. `payload` is what it was enqueued with. */
  define<T extends object>(name: string, handler: JobHandler<T>, options: JobOptions = {}): void {
    const { concurrency = DEFAULT_CONCURRENCY, lockSeconds = DEFAULT_LOCK_SECONDS } = options;
    const { retryDelaysMs = RETRY_DELAYS_MS } = options;
    const process = (job: RunningJob<JobData>, done: (error?: Error) => void): void => {
      const { requestId: id } = job.attrs.data;
      this.detached(() => withRequestId(id, () => this.run(job, handler))).then(() => done(), done);
    };
    this.agenda.define(name, process, {
      concurrency,
      // What waits for its turn here could run elsewhere.
      lockLimit: concurrency,
      lockLifetime: lockSeconds * 1_000,
      backoff: ({ attempt, jobData, error }) => {
        // One that repeats is tried again when its time comes.
        if ((jobData as JobData).key === REPETITION_KEY) return null;
        const delay = retryDelay(retryDelaysMs, attempt, Math.random());
        const told = error instanceof RetryLater ? error.delayMs : undefined;
        return delay === null ? null : (told ?? delay);
      },
    });
  }

  /**
   * Asks for a job: one of a name and key, however often it is asked for. While it waits, that changes
   * nothing; while it runs, it runs once more; a dead one is revived, with the new payload.
   * @param payload plain JSON without secrets
   */
  async enqueue(
    name: string,
    key: string,
    payload: object,
    { at = new Date() }: { at?: Date } = {},
  ): Promise<void> {
    const id = requestId();
    const data: JobData = { key, payload, ...(id && { requestId: id }) };
    for (let turn = 1; ; turn++) {
      try {
        const { _id } = await this.jobs.create({ name, data, nextRunAt: at });
        return this.wake(name, _id.toHexString(), at);
      } catch (error) {
        if (!isDuplicateKey(error) || turn === MAX_TURNS) throw error;
        const job = await askAgain(this.jobs, { name, data, at });
        if (job) return this.wake(name, job._id.toHexString(), at);
      }
    }
  }

  /** Takes a job back, waiting or dead. One that runs goes on to its end, and is not tried again. */
  async cancel(name: string, key: string): Promise<void> {
    await this.jobs.deleteOne({ name, 'data.key': key });
  }

  /** Runs a defined job again and again, once at a time over all processes. */
  every(name: string, seconds: number): void {
    const repetition = { name, seconds };
    this.repetitions.push(repetition);
    if (this.isStarted) this.repeat(repetition).catch((error: unknown) => this.noteAway(error));
  }

  /** Jobs whose retries are used up, newest first. */
  async listDead(limit: number, cursor?: string): Promise<Page<Job>> {
    const { at, id } = cursor ? decodeCursor(cursor) : {};
    const failedAt = new Date(at ?? 0);
    const older = { $or: [{ failedAt: { $lt: failedAt } }, { failedAt, _id: { $lt: id } }] };
    const rows = await this.jobs
      .find({ ...DEAD, ...(cursor && older) })
      .sort({ failedAt: -1, _id: -1 })
      .limit(limit + 1)
      .lean<Job[]>();
    return Page.of(rows, limit, (job) => ({
      at: job.failedAt?.getTime() ?? 0,
      id: job._id.toHexString(),
    }));
  }

  async countDead(): Promise<number> {
    return (await countJobs(this.jobs, new Date())).dead;
  }

  /** @throws AppError `not_found` when there is no dead job of that id */
  async retryDead(id: string): Promise<void> {
    const $set = { nextRunAt: new Date(), failCount: 0, isAskedAgain: false };
    const job = await this.jobs.findOneAndUpdate({ _id: id, ...DEAD }, { $set }).lean<Job>();
    if (!job) throw AppError.notFound('dead job');
    this.wake(job.name, id);
  }

  async onApplicationBootstrap(): Promise<void> {
    // This module starts first, and what runs may need the indexes of any other.
    await this.migrations.ready();
    for (const repetition of this.repetitions) await this.repeat(repetition);
    await this.agenda.start();
    this.isStarted = true;
  }

  /** What has not begun is left to others at once; what runs may end. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStarted = false;
    this.repository.close();
    await this.agenda.stop(false).catch((error: unknown) => this.noteAway(error));
    const deadline = Date.now() + DRAIN_MS;
    while ((this.running > 0 || this.repository.isBusy) && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
    }
  }

  private async run<T extends object>(
    job: RunningJob<JobData>,
    handler: JobHandler<T>,
  ): Promise<void> {
    const { name, data, failCount } = job.attrs;
    const measured = this.durations.startTimer({ name });
    try {
      await handler(data.payload as T, { attempt: (failCount ?? 0) + 1 });
      measured({ outcome: 'done' });
    } catch (error) {
      measured({ outcome: 'failed' });
      const isForeseen = error instanceof RetryLater || !isBug(error);
      if (!isForeseen) this.reports.report(error, { job: name });
      throw error instanceof Error ? error : new Error(String(error));
    }
    if (data.key !== REPETITION_KEY) await this.finish(job);
  }

  /** Under its own lock: one that has lost it is run by another, who finishes it. */
  private async finish(job: RunningJob<JobData>): Promise<void> {
    const { _id, lockedAt = null } = job.attrs;
    const own = { _id, lockedAt };
    const { deletedCount } = await this.jobs.deleteOne({ ...own, isAskedAgain: { $ne: true } });
    if (deletedCount > 0) return;
    const { matchedCount } = await this.jobs.updateOne(own, { $unset: { isAskedAgain: '' } });
    // Written when this run is noted.
    if (matchedCount > 0) job.attrs.nextRunAt = new Date();
  }

  /** After the last try operators hear of it, unless somebody has asked for the job meanwhile. */
  private async noteFailure({ attrs }: RunningJob<JobData>): Promise<void> {
    const { _id, name, data, failCount, failReason } = attrs;
    const about = { job: name, key: data.key, failures: failCount, error: failReason };
    const isDead = !attrs.nextRunAt && !(await this.revive(attrs));
    if (isDead) this.logger.error({ msg: 'job is dead', ...about });
    else this.logger.warn({ msg: 'job failed', ...about });
    if (!attrs.nextRunAt && !isDead) this.wake(name, String(_id));
  }

  /** Whether somebody has asked for it in its last try. */
  private async revive({ _id }: RunningJob['attrs']): Promise<boolean> {
    const $set = { nextRunAt: new Date(), failCount: 0, isAskedAgain: false };
    const asked = { _id, ...DEAD, isAskedAgain: true };
    const revival = this.repository.track(() => this.jobs.updateOne(asked, { $set }));
    return revival.then(
      ({ matchedCount }) => matchedCount > 0,
      (error: unknown) => (this.noteAway(error), false),
    );
  }

  private async repeat({ name, seconds }: Repetition): Promise<void> {
    const repeatInterval = `${seconds} seconds`;
    const data = { key: REPETITION_KEY, payload: {} };
    try {
      await this.jobs.create({ name, data, type: 'single', nextRunAt: new Date(), repeatInterval });
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      // One that was made rarer or more frequent does not wait for its old time.
      const soon = new Date(Date.now() + seconds * 1_000);
      const change = { $set: { repeatInterval }, $min: { nextRunAt: soon } };
      await this.jobs.updateOne({ name, 'data.key': REPETITION_KEY }, change);
    }
  }

  /** Not waited for: at the latest the next poll finds it. */
  private wake(jobName: string, id: string, at = new Date()): void {
    if (!this.isStarted) return;
    // The library drops the note of a time that it thinks a poll away; one without a time is due.
    const nextRunAt = at.getTime() > Date.now() ? at : null;
    const note = { jobId: toJobId(id), jobName, nextRunAt, priority: 0, timestamp: new Date() };
    this.detached(() => this.wakeUps.publish(note)).catch((error: unknown) => this.noteAway(error));
  }

  private noteAway(error: unknown): void {
    this.logger.warn({ msg: 'jobs wait', error: String(error) });
  }
}
