import { Injectable } from '@nestjs/common';
import type { Command } from './doors.js';
import { shopOfRoom } from './rooms.js';

/** Beyond this it forgets: what comes twice is dropped by `id` and `seq`. */
const MAX_KEPT = 20_000;

/** What was pushed to the teams and their people here lately, so that what others could not tell is told once. */
@Injectable()
export class PushMemory {
  /** By id, the highest number under which a document was pushed. */
  private lately = new Map<string, number>();
  private before = new Map<string, number>();

  keep(commands: Command[]): void {
    for (const command of commands) {
      const pushed = numberedPush(command);
      if (!pushed) continue;
      if (this.lately.size >= MAX_KEPT) this.turn();
      this.lately.set(pushed.id, Math.max(pushed.seq, this.lately.get(pushed.id) ?? 0));
    }
  }

  /** Whether this state of a document, or a later one, was pushed. */
  has({ id, seq }: { id: string; seq: number }): boolean {
    return [this.lately, this.before].some((kept) => (kept.get(id) ?? 0) >= seq);
  }

  /** Forgets what was kept before the last turn. */
  turn(): void {
    this.before = this.lately;
    this.lately = new Map();
  }
}

/** The document that a command pushes to a team, or to one of it; undefined for anything else. */
export function numberedPush(
  command: Command,
): { shopId: string; id: string; seq: number } | undefined {
  if (command.do !== 'emit') return undefined;
  const { id, seq, shopId: told } = command.data as Record<string, unknown>;
  // A person's room is of no shop, but what they are told is.
  const shopId = command.event === 'notification' ? told : shopOfRoom(command.room);
  if (typeof shopId !== 'string' || typeof id !== 'string' || typeof seq !== 'number') {
    return undefined;
  }
  return { shopId, id, seq };
}
