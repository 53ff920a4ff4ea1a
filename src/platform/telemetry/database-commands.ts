import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import type { CommandFailedEvent, CommandStartedEvent, CommandSucceededEvent } from 'mongodb';
import { AppConfig } from '../config/app-config.js';
import { commandShape } from './command-shape.js';
import { Metrics } from './metrics.js';
import { Tracing } from './tracing.js';

type Ended = CommandSucceededEvent | CommandFailedEvent;

/** What the API sends all day; anything else counts as `other`. */
const COMMANDS = new Set([
  'find',
  'getMore',
  'aggregate',
  'count',
  'distinct',
  'insert',
  'update',
  'delete',
  'findAndModify',
  'createIndexes',
]);

/** A start makes and lists all indexes at the same time, which is told as one. */
const OF_THE_START = new Set(['createIndexes', 'listIndexes']);

/** Hears of every command to the database: its duration, and a line in the log when it was slow. */
@Injectable()
export class DatabaseCommands implements OnModuleInit {
  private readonly logger = new Logger(DatabaseCommands.name);
  private readonly started = new Map<number, CommandStartedEvent>();
  private readonly duration;

  constructor(
    @InjectConnection() private readonly connection: Connection,
    private readonly config: AppConfig,
    private readonly tracing: Tracing,
    metrics: Metrics,
  ) {
    this.duration = metrics.histogram({
      name: 'database_command_duration_seconds',
      help: 'Time from sending a command to the database to its answer.',
      labels: ['command', 'outcome'],
    });
  }

  onModuleInit(): void {
    const client = this.connection.getClient();
    client.on('commandStarted', (event) => this.started.set(event.requestId, event));
    client.on('commandSucceeded', (event) => this.note(event, 'ok'));
    client.on('commandFailed', (event) => this.note(event, 'failed'));
  }

  private note(event: Ended, outcome: 'ok' | 'failed'): void {
    const started = this.started.get(event.requestId);
    this.started.delete(event.requestId);
    const command = COMMANDS.has(event.commandName) ? event.commandName : 'other';
    this.duration.observe({ command, outcome }, event.duration / 1_000);
    if (!started) return;
    this.tracing.noteCommand(started, event.duration, outcome);
    const isSlow = event.duration >= this.config.slowQueryMs;
    if (isSlow && !OF_THE_START.has(event.commandName)) {
      this.logger.warn({ msg: 'slow query', ms: event.duration, ...commandShape(started) });
    }
  }
}
