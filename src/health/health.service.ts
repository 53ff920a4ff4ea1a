import { Inject, Injectable } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { AppError, type FieldError } from '../platform/http/app-error.js';
import { REDIS, type RedisClient } from '../platform/redis/redis.module.js';
import type { HealthResponse } from './dto/health.response.js';
import { Readiness } from './readiness.js';

const CHECK_DEADLINE_MS = 1_500;

@Injectable()
export class HealthService {
  constructor(
    @InjectConnection() private readonly connection: Connection,
    @Inject(REDIS) private readonly redis: RedisClient,
    private readonly readiness: Readiness,
  ) {}

  /**
   * Without Redis a process serves what it can alone: it is degraded, and no reason to turn everybody
   * away.
   * @throws AppError `not_ready` while it stops, or without the database
   */
  async requireReady(): Promise<Pick<HealthResponse, 'status' | 'checks'>> {
    if (this.readiness.draining) throw notReady([{ field: 'process', message: 'is stopping' }]);
    const [database, redis] = await Promise.all([
      answersInTime(() => this.pingDatabase()),
      this.redis ? answersInTime(() => this.redis!.ping()) : undefined,
    ]);
    if (!database) throw notReady([{ field: 'database', message: 'does not answer' }]);
    const checks: HealthResponse['checks'] = { database: 'up' };
    if (redis !== undefined) checks['redis'] = redis ? 'up' : 'down';
    return { status: redis === false ? 'degraded' : 'ready', checks };
  }

  private async pingDatabase(): Promise<void> {
    if (!this.connection.db) throw new Error('not connected');
    await this.connection.db.command({ ping: 1 });
  }
}

function notReady(details: FieldError[]): AppError {
  const parts = details.map(({ field, message }) => `${field} ${message}`);
  return new AppError('not_ready', `Not ready: ${parts.join(', ')}.`, { details });
}

async function answersInTime(check: () => Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), CHECK_DEADLINE_MS);
  });
  const answer = check().then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([answer, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
