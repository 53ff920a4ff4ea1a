import { Inject, Injectable } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { AppError, type FieldError } from '../platform/http/app-error.js';
import { REDIS, type RedisClient } from '../platform/redis/redis.module.js';
import { Readiness } from './readiness.js';

const CHECK_DEADLINE_MS = 1_500;

@Injectable()
export class HealthService {
  constructor(
    @InjectConnection() private readonly connection: Connection,
    @Inject(REDIS) private readonly redis: RedisClient,
    private readonly readiness: Readiness,
  ) {}

  /** @throws AppError `not_ready` naming what is missing */
  async requireReady(): Promise<{ checks: Record<string, 'up'> }> {
    if (this.readiness.draining) throw notReady([{ field: 'process', message: 'is stopping' }]);
    const checks: Record<string, () => Promise<unknown>> = {
      database: () => this.pingDatabase(),
      ...(this.redis ? { redis: () => this.redis!.ping() } : {}),
    };
    const failures = await Promise.all(
      Object.entries(checks).map(async ([field, check]) =>
        (await answersInTime(check)) ? [] : [{ field, message: 'does not answer' }],
      ),
    );
    if (failures.some((failure) => failure.length > 0)) throw notReady(failures.flat());
    return { checks: Object.fromEntries(Object.keys(checks).map((name) => [name, 'up'])) };
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
