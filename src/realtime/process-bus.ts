import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { RedisChannel } from '../platform/redis/redis-channel.js';
import { REDIS, type RedisClient } from '../platform/redis/redis.module.js';

const CHANNEL_PREFIX = 'cliick:realtime:';

/**
 * What processes tell each other: commands for their doors, who is online at theirs, that they ask who
 * is at the others', and since which numbers of which shops something could not be told.
 */
type Topic = 'commands' | 'presence' | 'whoIsOnline' | 'lost';
type Listener = (body: unknown) => void;
/** What happens to the bus itself: see `ChannelListener`. */
type Turn = 'proveHearing' | 'hearAgain' | 'speakAgain';

interface Message {
  topic: Topic;
  body: unknown;
}

/** Carries what this process has to tell to the others, in order; without Redis there are none. */
@Injectable()
export class ProcessBus implements OnModuleInit, OnApplicationShutdown {
  private readonly listeners = new Map<Topic, Listener>();
  private readonly losses: ((topic: Topic, body: unknown) => void)[] = [];
  private readonly turns: { turn: Turn; listener: () => void }[] = [];
  private channel?: RedisChannel;

  constructor(
    @Inject(REDIS) private readonly redis: RedisClient,
    @InjectConnection() private readonly connection: Connection,
  ) {}

  onModuleInit(): void {
    if (!this.redis) return;
    // Channels are of the whole Redis, whatever its database: installations may share it.
    const name = CHANNEL_PREFIX + this.connection.name;
    this.channel = new RedisChannel(this.redis, name, {
      hear: (message) => {
        const { topic, body } = message as Message;
        this.listeners.get(topic)?.(body);
      },
      lose: (message) => {
        const { topic, body } = message as Message;
        for (const listener of this.losses) listener(topic, body);
      },
      proveHearing: () => this.take('proveHearing'),
      hearAgain: () => this.take('hearAgain'),
      speakAgain: () => this.take('speakAgain'),
    });
  }

  /** Whether there may be other processes. */
  get isShared(): boolean {
    return this.redis !== null;
  }

  on(topic: Topic, listener: Listener): void {
    this.listeners.set(topic, listener);
  }

  /** Hears what the others may not have heard. */
  onLoss(listener: (topic: Topic, body: unknown) => void): void {
    this.losses.push(listener);
  }

  onTurn(turn: Turn, listener: () => void): void {
    this.turns.push({ turn, listener });
  }

  /** @param body anything that JSON can write */
  publish(topic: Topic, body: unknown): void {
    const message: Message = { topic, body };
    this.channel?.publish(message);
  }

  onApplicationShutdown(): void {
    this.channel?.close();
  }

  private take(turn: Turn): void {
    for (const one of this.turns) if (one.turn === turn) one.listener();
  }
}
