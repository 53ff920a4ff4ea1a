import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type Command, Doors } from './doors.js';
import { ProcessBus } from './process-bus.js';

/** Has the doors of all processes do a thing: of this one at once, of the others through the bus. */
@Injectable()
export class Relay implements OnModuleInit {
  constructor(
    private readonly doors: Doors,
    private readonly bus: ProcessBus,
  ) {}

  onModuleInit(): void {
    this.bus.on('commands', (commands) => this.doors.apply(commands as Command[]));
  }

  /** Commands of one call stay together, and calls in their order. */
  send(...commands: Command[]): void {
    if (commands.length === 0) return;
    this.doors.apply(commands);
    this.bus.publish('commands', commands);
  }
}
