import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { SessionsService } from '../auth/sessions.service.js';
import { ShopsService } from '../shops/shops.service.js';
import type { RoomMember } from './client-events.js';
import { Doors, type Occupant } from './doors.js';
import { closeSession, takeOutOfShop } from './evictions.js';
import { sessionRoom, shopOfRoom, userRoom } from './rooms.js';

const SWEEP_MS = 25_000;
/** Sessions, or memberships, that one query asks for. */
const BATCH = 1_000;

interface Seat {
  shopId: string;
  userId: string;
}

/**
 * Asks the database what the sockets of this process may: events only tell, and one that was missed
 * must not leave anybody in.
 */
@Injectable()
export class Sweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(Sweeper.name);
  private timer: NodeJS.Timeout;

  constructor(
    private readonly doors: Doors,
    private readonly sessions: SessionsService,
    private readonly shops: ShopsService,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.sweep(new Date()).catch((error: unknown) => {
        this.logger.warn({ msg: 'access of sockets not checked', error: String(error) });
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

  /** Closes the sockets whose sessions have ended, and empties the shops' rooms of strangers. */
  async sweep(now: Date): Promise<void> {
    const occupants = this.doors.occupants();
    const sessionIds = new Set(occupants.map(({ caller }) => caller.sessionId));
    for (const batch of batchesOf([...sessionIds])) await this.closeEnded(batch, now);
    for (const batch of batchesOf(seatsOf(occupants))) await this.takeOutStrangers(batch);
  }

  private async closeEnded(sessionIds: string[], now: Date): Promise<void> {
    const live = await this.sessions.listLiveIds(sessionIds, now);
    const ended = sessionIds.filter((id) => !live.has(id));
    this.doors.apply(ended.map((id) => closeSession(id)));
  }

  /** One query: reads of memberships that start together are shared. */
  private async takeOutStrangers(seats: Seat[]): Promise<void> {
    await Promise.all(
      seats.map(async ({ shopId, userId }) => {
        const membership = await this.shops.findMembership(shopId, userId);
        if (!membership) this.doors.apply(takeOutOfShop(shopId, userId));
      }),
    );
  }
}

/** Who is in which shop's room, each pair once. */
function seatsOf(occupants: Occupant[]): Seat[] {
  const seats = new Map<string, Seat>();
  for (const { caller, rooms } of occupants) {
    for (const room of rooms) {
      const shopId = shopOfRoom(room);
      if (shopId) seats.set(`${room} ${caller.userId}`, { shopId, userId: caller.userId });
    }
  }
  return [...seats.values()];
}

function batchesOf<Item>(items: Item[]): Item[][] {
  const count = Math.ceil(items.length / BATCH);
  return Array.from({ length: count }, (_, index) =>
    items.slice(index * BATCH, (index + 1) * BATCH),
  );
}
