import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';

/** How often the listening connection is asked whether it still is one. */
const HEARTBEAT_MS = 25_000;

interface Envelope {
  from: string;
  message: unknown;
}

export interface ChannelListener {
  hear(message: unknown): void;
  /** All that was published until now was heard. */
  proveHearing(): void;
  /** It hears from now on, for the first time or anew: what was published before may be missed. */
  hearAgain(): void;
  /** One's own `message` was not published; the others may not have heard it. */
  lose(message: unknown): void;
  /** What was lost may be told now. */
  speakAgain(): void;
}

/**
 * A channel between processes: each hears what the others publish, in their order, and not itself.
 * It keeps nothing: what is published while Redis is away, or a process is, is heard by nobody.
 */
export class RedisChannel {
  private readonly logger = new Logger(RedisChannel.name);
  private readonly self = randomUUID();
  private readonly subscriber: Redis;
  private readonly heartbeat: NodeJS.Timeout;
  private isAway = false;
  private isClosed = false;
  private hasLost = false;

  constructor(
    private readonly redis: Redis,
    private readonly name: string,
    private readonly listener: ChannelListener,
  ) {
    // A connection that listens can do nothing else.
    this.subscriber = redis.duplicate({ autoResubscribe: false });
    this.subscriber.on('ready', () => this.subscribe());
    this.subscriber.on('message', (_, text) => this.hear(text));
    this.subscriber.on('close', () => this.noteAway('connection closed'));
    // The other connection logs the same.
    this.subscriber.on('error', () => {});
    this.redis.on('ready', () => this.speakAgain());
    this.heartbeat = setInterval(() => this.beat(), HEARTBEAT_MS);
  }

  /** @param message anything that JSON can write */
  publish(message: unknown): void {
    const envelope: Envelope = { from: this.self, message };
    this.redis.publish(this.name, JSON.stringify(envelope)).then(
      () => {
        this.noteBack();
        this.speakAgain();
      },
      ({ message: reason }: Error) => {
        this.noteAway(reason);
        this.hasLost = true;
        this.listener.lose(message);
      },
    );
  }

  close(): void {
    this.isClosed = true;
    clearInterval(this.heartbeat);
    this.subscriber.disconnect();
  }

  private subscribe(): void {
    this.subscriber.subscribe(this.name).then(
      () => {
        this.noteBack();
        this.listener.hearAgain();
      },
      ({ message }: Error) => {
        this.noteAway(message);
        this.reconnect();
      },
    );
  }

  private speakAgain(): void {
    if (!this.hasLost) return;
    this.hasLost = false;
    this.listener.speakAgain();
  }

  private hear(text: string): void {
    try {
      const { from, message } = JSON.parse(text) as Envelope;
      if (from !== this.self) this.listener.hear(message);
    } catch (error) {
      this.logger.warn({ msg: 'message not understood', channel: this.name, error: String(error) });
    }
  }

  /** A network that swallows packets never closes a connection which only listens. */
  private beat(): void {
    if (this.subscriber.status !== 'ready') return;
    this.subscriber.ping().then(
      () => this.listener.proveHearing(),
      () => this.reconnect(),
    );
  }

  private reconnect(): void {
    if (!this.isClosed) this.subscriber.disconnect(true);
  }

  private noteAway(reason: string): void {
    if (this.isAway || this.isClosed) return;
    this.isAway = true;
    this.logger.warn({ msg: 'processes do not hear each other', channel: this.name, reason });
  }

  private noteBack(): void {
    if (this.isAway) this.logger.log({ msg: 'processes hear each other', channel: this.name });
    this.isAway = false;
  }
}
