import { Global, Inject, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { AppConfig } from '../config/app-config.js';

/** Injection token of the one Redis client, null without `REDIS_URL`. */
export const REDIS = Symbol('redis');
export type RedisClient = Redis | null;

const CONNECT_TIMEOUT_MS = 2_000;
const MAX_RECONNECT_DELAY_MS = 2_000;

/** The Redis that several API processes share, reconnecting for ever. */
@Global()
@Module({
  providers: [{ provide: REDIS, inject: [AppConfig], useFactory: connect }],
  exports: [REDIS],
})
export class RedisModule implements OnApplicationShutdown {
  constructor(@Inject(REDIS) private readonly redis: RedisClient) {}

  onApplicationShutdown(): void {
    this.redis?.disconnect();
  }
}

/** The client is not even loaded where there is no Redis. */
async function connect({ redisUrl }: AppConfig): Promise<RedisClient> {
  if (!redisUrl) return null;
  const { Redis } = await import('ioredis');
  const logger = new Logger(RedisModule.name);
  const redis = new Redis(redisUrl, {
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: CONNECT_TIMEOUT_MS,
    // A request never waits for a Redis that is away: it is told at once.
    enableOfflineQueue: false,
    retryStrategy: (attempt) => Math.min(attempt * 100, MAX_RECONNECT_DELAY_MS),
  });
  redis.on('error', ({ message }: Error) => logger.warn({ msg: 'redis', error: message }));
  redis.on('ready', () => logger.log('redis connected'));
  return redis;
}
