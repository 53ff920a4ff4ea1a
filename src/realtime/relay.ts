import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type Command, Doors } from './doors.js';
import { ProcessBus } from './process-bus.js';
import { numberedPush, PushMemory } from './push-memory.js';

/** Has the doors of all processes do a thing: of this one at once, of the others through the bus. */
@Injectable()
export class Relay implements OnModuleInit {
  constructor(
    private readonly doors: Doors,
    private readonly bus: ProcessBus,
    private readonly memory: PushMemory,
  ) {}

  onModuleInit(): void {
    this.bus.on('commands', (commands) => this.apply(commands as Command[]));
  }

  /** Commands of one call stay together, and calls in their order. */
  send(...commands: Command[]): void {
    if (commands.length === 0) return;
    this.apply(commands);
    this.bus.publish('commands', commands);
  }

  /** Sends what this process has neither sent nor heard lately. */
  repeat(...commands: Command[]): void {
    const [pushed] = commands.flatMap((command) => numberedPush(command) ?? []);
    if (this.bus.isShared && pushed && !this.memory.has(pushed)) this.send(...commands);
  }

  private apply(commands: Command[]): void {
    this.doors.apply(commands);
    if (this.bus.isShared) this.memory.keep(commands);
  }
}
