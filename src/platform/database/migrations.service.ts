import { Injectable, Logger, Optional } from '@nestjs/common';
import { InjectConnection, InjectModel } from '@nestjs/mongoose';
import type { Connection, Model, QueryFilter, UpdateResult } from 'mongoose';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppliedMigration } from './applied-migration.schema.js';
import { isDuplicateKey } from './database-errors.js';
import { buildSchemaIndexes } from './schema-indexes.js';

export interface Migration {
  /** Sorts by when it was written, and never changes: `2026-11-25-what-it-does`. */
  id: string;
  /**
   * Changes what is stored, and answers how many documents. It may run again after a crash, beside
   * processes of the version before, so it finds what is still to do by looking at the data.
   */
  run(connection: Connection): Promise<number>;
}

export interface MigrationTimings {
  /** A process that says nothing for so long is dead, and another goes on. */
  lockMs: number;
  beatMs: number;
}

const TIMINGS: MigrationTimings = { lockMs: 30_000, beatMs: 10_000 };
const POLL_MS = 200;
/** Of a lock that nobody holds. */
const FREE = new Date(0);

/**
 * Brings the database to what this version expects: first the migrations that domains have added,
 * each once over all processes, then the indexes that the schemas declare. Nothing is served before.
 */
@Injectable()
export class MigrationsService {
  private readonly logger = new Logger(MigrationsService.name);
  private readonly migrations: Migration[] = [];
  /** What this process is called in its locks. */
  private readonly owner = randomUUID();
  private made?: Promise<void>;

  constructor(
    @InjectConnection() private readonly connection: Connection,
    @InjectModel(AppliedMigration.name) private readonly applied: Model<AppliedMigration>,
    @Optional() private readonly timings: MigrationTimings = TIMINGS,
  ) {}

  /** To be called at `onModuleInit`. */
  add(migration: Migration): void {
    this.migrations.push(migration);
  }

  /** Resolves when the database is ready, whoever made it so. */
  ready(): Promise<void> {
    this.made ??= this.bringUpToDate();
    return this.made;
  }

  private async bringUpToDate(): Promise<void> {
    const inOrder = this.migrations.toSorted((one, other) => (one.id < other.id ? -1 : 1));
    for (const migration of inOrder) await this.apply(migration);
    const startedAt = performance.now();
    const undeclared = await buildSchemaIndexes(this.connection);
    const ms = Math.round(performance.now() - startedAt);
    this.logger.log({ msg: 'indexes are there', ms });
    if (undeclared.length === 0) return;
    // An operator's own, or of another version that runs beside this one: not ours to drop.
    this.logger.warn({ msg: 'indexes that no schema declares', indexes: undeclared });
  }

  private async apply(migration: Migration): Promise<void> {
    const _id = migration.id;
    for (;;) {
      const known = await this.applied.findById(_id).lean();
      if (known?.finishedAt) return;
      if (!known) await this.note(_id);
      if (await this.take(_id)) await this.run(migration);
      else await sleep(POLL_MS);
    }
  }

  /** Makes it known, to be taken by any process. */
  private async note(_id: string): Promise<void> {
    try {
      await this.applied.create({ _id, lockedUntil: FREE });
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  }

  /** Whether this process is the one to run it now: clocks of machines differ, the database has one. */
  private async take(_id: string): Promise<boolean> {
    const free = { _id, finishedAt: null, $expr: { $lt: ['$lockedUntil', '$$NOW'] } };
    return (await this.lock(free)).modifiedCount > 0;
  }

  private lock(filter: QueryFilter<AppliedMigration>): Promise<UpdateResult> {
    const lockedUntil = { $add: ['$$NOW', this.timings.lockMs] };
    const change = [{ $set: { owner: this.owner, lockedUntil } }];
    return this.applied.updateOne(filter, change, { updatePipeline: true }).exec();
  }

  private async run(migration: Migration): Promise<void> {
    const { id } = migration;
    // Of who was slow, and has lost its lock, nothing is written: another runs it now.
    const own = { _id: id, owner: this.owner, finishedAt: null };
    const startedAt = performance.now();
    this.logger.log({ msg: 'migration begins', migration: id });
    const beat = setInterval(() => void this.lock(own).catch(() => {}), this.timings.beatMs);
    try {
      const changed = await migration.run(this.connection);
      await this.applied.updateOne(own, { $set: { finishedAt: new Date(), changed } });
      const ms = Math.round(performance.now() - startedAt);
      this.logger.log({ msg: 'migration is done', migration: id, changed, ms });
    } catch (error) {
      // The next start tries again at once.
      await this.applied.updateOne(own, { $set: { lockedUntil: FREE } });
      this.logger.error({ msg: 'migration failed', migration: id, error: String(error) });
      throw error;
    } finally {
      clearInterval(beat);
    }
  }
}
