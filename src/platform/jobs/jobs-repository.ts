import { MongoJobRepository, ObjectId } from '@agendajs/mongo-backend';
import type { AgendaBackend, JobId, JobParameters } from 'agenda';

type NextJob = Parameters<MongoJobRepository['getNextJobToRun']>;
type JobState = Parameters<MongoJobRepository['saveJobState']>;
type Database = ConstructorParameters<typeof MongoJobRepository>[0];

/** A job whose lock ran out so often is not begun again: it may be what ends its process. */
const MAX_CRASHES = 5;
const MAX_APART_MS = 30_000;
/** Past the moment at which a timer that is early may fire. */
const TIMER_SLACK_MS = 5;

interface Listener {
  /** Something failed where nobody waits for it. */
  failed(error: unknown): void;
  /** The time has come of a job that was fetched before it. */
  due(job: JobParameters): void;
  /** It is dead, as no run of it has come to an end. */
  gaveUp(job: JobParameters): void;
}

/** The library's storage of jobs, which can be closed without leaving locks behind. */
export class JobsRepository extends MongoJobRepository {
  /** By what each run was locked, after it has given that back. */
  private readonly locks = new WeakMap<JobParameters, Date>();
  private inFlight = 0;
  private isClosed = false;

  constructor(
    database: Database,
    private readonly listener: Listener,
  ) {
    super({ ...database, ensureIndex: false });
  }

  get backend(): AgendaBackend {
    return {
      name: 'MongoDB',
      repository: this,
      ownsConnection: false,
      connect: () => this.connect(),
      disconnect: () => Promise.resolve(),
    };
  }

  /** Whether a write is on its way: a run that begins or ends, or a lock that is taken or given back. */
  get isBusy(): boolean {
    return this.inFlight > 0;
  }

  /** From now on no job is handed out, and one that is just being fetched is given back. */
  close(): void {
    this.isClosed = true;
  }

  async track<T>(work: () => Promise<T>): Promise<T> {
    this.inFlight++;
    try {
      return await work();
    } finally {
      this.inFlight--;
    }
  }

  override async getNextJobToRun(...next: NextJob): Promise<JobParameters | undefined> {
    if (this.isClosed) return undefined;
    return this.track(async () => {
      const job = await super.getNextJobToRun(...next);
      if (job && !job.nextRunAt && (await this.isHeldBack(job))) return undefined;
      if (job) this.remind(job);
      if (!job?._id || !this.isClosed) return job;
      await this.unlockJobs([job._id]);
      return undefined;
    });
  }

  /**
   * When a run begins and when it has ended, under its own lock: one that was slow, and taken over,
   * must not take away the lock of who runs it now.
   * @throws Error when it has lost its lock, or is gone
   */
  override async saveJobState(...[job, options]: JobState): Promise<void> {
    const lockedAt = job.lockedAt ?? this.locks.get(job);
    if (job.lockedAt) this.locks.set(job, job.lockedAt);
    const { _id, name, nextRunAt, lastRunAt, lastFinishedAt, failCount, failReason, failedAt } =
      job;
    const $set = {
      lockedAt: job.lockedAt ?? null,
      nextRunAt: nextRunAt ?? null,
      lastRunAt: lastRunAt ?? null,
      lastFinishedAt: lastFinishedAt ?? null,
      failCount: failCount ?? null,
      failReason: failReason ?? null,
      failedAt: failedAt ?? null,
      lastModifiedBy: options?.lastModifiedBy ?? null,
    };
    const own = { _id: new ObjectId(String(_id)), name, lockedAt };
    // A run that has ended, however, has not ended its process.
    const change = { $set, ...(job.lockedAt ? {} : { $unset: { crashes: '' as const } }) };
    const { matchedCount } = await this.track(() => this.collection.updateOne(own, change));
    if (matchedCount === 0) throw new Error(`${name} has lost its lock`);
  }

  /** The library does not wait for it, so that it must not fail. */
  override async unlockJob({ _id }: JobParameters): Promise<void> {
    if (_id) await this.unlockJobs([_id]).catch((error: unknown) => this.listener.failed(error));
  }

  /**
   * Only those come here that have not begun. One that was taken over from a dead process has no next
   * time either, and without a lock nobody would find it again.
   */
  override async unlockJobs(ids: (JobId | string)[]): Promise<void> {
    const isOne = { _id: { $in: ids.map((id) => new ObjectId(String(id))) } };
    await this.track(() =>
      this.collection.updateMany(isOne, [
        { $set: { lockedAt: null, nextRunAt: { $ifNull: ['$nextRunAt', '$$NOW'] } } },
      ]),
    );
  }

  /**
   * Counts a run that was taken over. From the second time on it waits for a while, each for itself: what
   * ran beside the job that ends processes must not be counted with it for ever. After some it is dead.
   */
  private async isHeldBack(job: JobParameters): Promise<boolean> {
    const own = { _id: new ObjectId(String(job._id)), lockedAt: job.lockedAt };
    const counted = await this.collection.findOneAndUpdate(
      own,
      { $inc: { crashes: 1 } },
      { returnDocument: 'after' },
    );
    const { crashes = 0 } = (counted ?? {}) as { crashes?: number };
    if (crashes < 2) return false;
    if (crashes <= MAX_CRASHES) {
      const nextRunAt = new Date(Date.now() + Math.random() * crashes * MAX_APART_MS);
      await this.collection.updateOne(own, { $set: { lockedAt: null, nextRunAt } });
      return true;
    }
    const failReason = `its lock ran out ${crashes} times: each time its process died, or it took too long`;
    await this.collection.updateOne(own, {
      $set: { lockedAt: null, failedAt: new Date(), failReason },
      $unset: { crashes: '' },
    });
    this.listener.gaveUp({ ...job, failReason });
    return true;
  }

  /** The library has one timer for a job: when that is early, the job waits for the next poll. */
  private remind(job: JobParameters): void {
    const wait = (job.nextRunAt?.getTime() ?? 0) - Date.now();
    if (wait > 0) setTimeout(() => this.listener.due(job), wait + TIMER_SLACK_MS).unref();
  }
}
