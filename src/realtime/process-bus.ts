import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { RedisChannel } from '../platform/redis/redis-channel.js';
import { REDIS, type RedisClient } from '../platform/redis/redis.module.js';

const CHANNEL_PREFIX = 'cliick:realtime:';

/** What processes tell each other: commands for their doors, and who is online at theirs. */
type Topic = 'commands' | 'presence';
type Listener = (body: unknown) => void;

interface Message {
  topic: Topic;
  body: unknown;
}

/** Carries what this process has to tell to the others, in order; without Redis there are none. */
@Injectable()
export class ProcessBus implements OnModuleInit, OnApplicationShutdown {
  private readonly listeners = new Map<Topic, Listener>();
  private channel?: RedisChannel;

  constructor(
    @Inject(REDIS) private readonly redis: RedisClient,
    @InjectConnection() private readonly connection: Connection,
  ) {}

  onModuleInit(): void {
    if (!this.redis) return;
    // Channels are of the whole Redis, whatever its database: installations may share it.
    const name = CHANNEL_PREFIX + this.connection.name;
    this.channel = new RedisChannel(this.redis, name, (message) => {
      const { topic, body } = message as Message;
      this.listeners.get(topic)?.(body);
    });
  }

  on(topic: Topic, listener: Listener): void {
    this.listeners.set(topic, listener);
  }

  /** @param body anything that JSON can write */
  publish(topic: Topic, body: unknown): void {
    const message: Message = { topic, body };
    this.channel?.publish(message);
  }

  onApplicationShutdown(): void {
    this.channel?.close();
  }
}
