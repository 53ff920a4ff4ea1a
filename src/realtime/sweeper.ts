import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { SessionsService } from '../auth/sessions.service.js';
import { ShopsService } from '../shops/shops.service.js';
import type { CustomerAccess } from '../auth/customer-tokens.service.js';
import { ChatCustomers } from './chat-customers.service.js';
import { Doors, type Occupant } from './doors.js';
import { closeChat, closeSession, takeOutOfShop } from './evictions.js';
import { shopOfRoom } from './rooms.js';
import type { SocketIdentity } from './socket-identity.js';

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
    private readonly chatCustomers: ChatCustomers,
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

  /** Closes a socket whose access has ended already. */
  async check(identity: SocketIdentity): Promise<void> {
    try {
      if (identity.kind === 'member') await this.closeEnded([identity.sessionId], new Date());
      else await this.closeGone([identity], new Date());
    } catch (error) {
      // The next sweep asks again.
      this.logger.warn({ msg: 'access of a socket not checked', error: String(error) });
    }
  }

  /** Closes the sockets whose access has ended, and empties the shops' rooms of strangers. */
  async sweep(now: Date): Promise<void> {
    const occupants = this.doors.occupants();
    const identities = occupants.map(({ identity }) => identity);
    const members = identities.filter((one) => one.kind === 'member');
    const customers = identities.filter((one) => one.kind === 'customer');
    const sessionIds = new Set(members.map(({ sessionId }) => sessionId));
    for (const batch of batchesOf([...sessionIds])) await this.closeEnded(batch, now);
    for (const batch of batchesOf(customers)) await this.closeGone(batch, now);
    for (const batch of batchesOf(seatsOf(occupants))) await this.takeOutStrangers(batch);
  }

  private async closeGone(customers: CustomerAccess[], now: Date): Promise<void> {
    const gone = await this.chatCustomers.listGone(customers, now);
    this.doors.apply(gone.map(({ subjectId }) => closeChat(subjectId)));
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
  for (const { identity, rooms } of occupants) {
    if (identity.kind !== 'member') continue;
    const { userId } = identity;
    for (const room of rooms) {
      const shopId = shopOfRoom(room);
      if (shopId) seats.set(`${room} ${userId}`, { shopId, userId });
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
