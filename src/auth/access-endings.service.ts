import { Injectable } from '@nestjs/common';
import { UsersService } from '../users/users.service.js';
import { SessionsService } from './sessions.service.js';

/** Longer than the few writes of a change take; a process that dies in them leaves it to pass. */
const HOLD_MS = 30_000;

/**
 * Ends a person's access before their account is changed. Sessions and account are not written in
 * one step: while nobody can sign in, no session comes between the two, wherever a process dies.
 */
@Injectable()
export class AccessEndings {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
  ) {}

  /** @returns until when nobody can sign in: the change is made by then, or not at all */
  async begin(userId: string, exceptSessionId?: string): Promise<Date> {
    const heldUntil = new Date(Date.now() + HOLD_MS);
    await this.users.holdSignIns(userId, heldUntil);
    await this.sessions.revokeAll(userId, new Date(), exceptSessionId);
    return heldUntil;
  }
}
