import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { SessionsService } from '../auth/sessions.service.js';
import { DomainEvents } from '../events/domain-events.js';
import { Broadcaster } from './broadcaster.js';
import type { RoomMember } from './client-events.js';
import { sessionRoom, shopRoom, userRoom } from './rooms.js';

const SESSION_ENDED = 'Your session has ended: sign in again.';
const LEFT_SHOP = 'You are no longer in the team of this shop.';
const SWEEP_MS = 25_000;
/** Sessions that one query asks for. */
const SWEEP_BATCH = 1_000;

/** Takes what a lost session or membership no longer allows from the sockets of both doors. */
@Injectable()
export class Evictor implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(Evictor.name);
  private timer: NodeJS.Timeout;

  constructor(
    private readonly events: DomainEvents,
    private readonly broadcaster: Broadcaster,
    private readonly sessions: SessionsService,
  ) {}

  onModuleInit(): void {
    this.events.on('session.ended', ({ sessionId }) => this.close(sessionRoom(sessionId)));
    this.events.on('sessions.ended', ({ userId, exceptSessionId }) => {
      this.close(userRoom(userId), exceptSessionId && sessionRoom(exceptSessionId));
    });
    this.events.on('membership.changed', ({ shopId, userId, role }) => {
      if (role === null) this.takeOut(shopId, userId);
    });
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.sweep(new Date()).catch((error: unknown) => {
        this.logger.warn({ msg: 'sessions of sockets not checked', error: String(error) });
      });
    }, SWEEP_MS);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /**
   * Puts a new socket where its session's end will find it, then looks again: an end between its
   * handshake and now has found nobody there.
   */
  async admit(member: RoomMember): Promise<void> {
    const { sessionId, userId } = member.caller;
    try {
      await member.join(sessionRoom(sessionId));
      await member.join(userRoom(userId));
      await this.closeEnded([sessionId], new Date());
    } catch (error) {
      // The next sweep asks again.
      this.logger.warn({ msg: 'session of a socket not checked', error: String(error) });
    }
  }

  /** Closes the sockets whose sessions reached their absolute end, or were ended elsewhere. */
  async sweep(now: Date): Promise<void> {
    const ids = this.broadcaster.doors.flatMap((door) => door.sessionIds());
    const distinct = [...new Set(ids)];
    for (let start = 0; start < distinct.length; start += SWEEP_BATCH) {
      await this.closeEnded(distinct.slice(start, start + SWEEP_BATCH), now);
    }
  }

  private async closeEnded(sessionIds: string[], now: Date): Promise<void> {
    const live = await this.sessions.listLiveIds(sessionIds, now);
    for (const id of sessionIds) {
      if (!live.has(id)) this.close(sessionRoom(id));
    }
  }

  private close(room: string, except?: string): void {
    for (const door of this.broadcaster.doors) door.close(room, SESSION_ENDED, except);
  }

  private takeOut(shopId: string, userId: string): void {
    for (const door of this.broadcaster.doors) {
      door.leave(userRoom(userId), shopRoom(shopId));
      door.emit(userRoom(userId), 'shop:left', { shopId, reason: LEFT_SHOP });
    }
  }
}
