import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { RedisChannel } from '../platform/redis/redis-channel.js';
import { REDIS, type RedisClient } from '../platform/redis/redis.module.js';
import { type Command, Doors } from './doors.js';

const CHANNEL_PREFIX = 'cliick:realtime:';

/** Has the doors of all processes do a thing: of this one at once, of the others through Redis. */
@Injectable()
export class Relay implements OnModuleInit, OnApplicationShutdown {
  private channel?: RedisChannel;

  constructor(
    private readonly doors: Doors,
    @Inject(REDIS) private readonly redis: RedisClient,
    @InjectConnection() private readonly connection: Connection,
  ) {}

  onModuleInit(): void {
    if (!this.redis) return;
    // Channels are of the whole Redis, whatever its database: installations may share it.
    const name = CHANNEL_PREFIX + this.connection.name;
    this.channel = new RedisChannel(this.redis, name, (commands) =>
      this.doors.apply(commands as Command[]),
    );
  }

  /** Commands of one call stay together, and calls in their order. */
  send(...commands: Command[]): void {
    this.doors.apply(commands);
    this.channel?.publish(commands);
  }

  onApplicationShutdown(): void {
    this.channel?.close();
  }
}
