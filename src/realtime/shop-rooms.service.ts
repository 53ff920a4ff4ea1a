import { Injectable, Logger } from '@nestjs/common';
import pLimit from 'p-limit';
import { SessionsService } from '../auth/sessions.service.js';
import type { Caller } from '../platform/http/access.decorators.js';
import { AppError } from '../platform/http/app-error.js';
import { ShopsService } from '../shops/shops.service.js';
import type { ChangesResponse } from '../sync/dto/changes.response.js';
import { type Reader, SyncService } from '../sync/sync.service.js';
import { Doors } from './doors.js';
import { Presence } from './presence.js';
import type { RoomMember } from './room-member.js';
import { sessionRoom, shopRoom } from './rooms.js';

/** How far a client was told what it had missed. */
interface Missed {
  reader: Reader;
  seq: number;
  reset: boolean;
  /** By id, the number of the state that was told. */
  told: Map<string, number>;
  /** How much of that in the last look. */
  count: number;
}

interface Row {
  event: string;
  data: { id: string; seq: number };
}

/** What there is to tell: at most a page of it, or else the numbers of all. */
interface Look {
  seq: number;
  reset: boolean;
  rows: Row[];
  numbers: number[];
}

/** Told of what was missed before more of it is read. */
const PAGE = 50;
/** Many that come back at once would fill the memory with what each has missed. */
const LOOKS_AT_ONCE = 8;
/** Who reads more slowly than the shop writes is faster when they read everything anew. */
const MAX_LOOKS = 10;

/** Lets members into the rooms of their shops, at both doors, and tells them what they have missed. */
@Injectable()
export class ShopRooms {
  private readonly logger = new Logger(ShopRooms.name);
  private readonly looks = pLimit(LOOKS_AT_ONCE);

  constructor(
    private readonly shops: ShopsService,
    private readonly sessions: SessionsService,
    private readonly sync: SyncService,
    private readonly presence: Presence,
    private readonly doors: Doors,
  ) {}

  /**
   * @param since what the client has seen: it is told everything newer by the usual events, in order
   * @throws AppError 404 for a shop that is not theirs
   */
  async join(member: RoomMember, shopId: string, since?: number): Promise<object> {
    const missed = since === undefined ? undefined : await this.tellMissed(member, shopId, since);
    const { sessionId } = await this.enter(member, shopId);
    await this.sessions.rememberShop(sessionId, shopId);
    const answer = missed && (await this.tellMeanwhile(member, missed));
    return { shopId, ...answer, online: this.presence.online(shopId) };
  }

  async leave(member: RoomMember, shopId: string): Promise<object> {
    const room = shopRoom(shopId);
    await member.leave(room);
    this.doors.noteChange([room]);
    const { identity } = member;
    // Another tab that is there must find itself there when it comes back.
    if (identity.kind === 'member' && !this.isSessionIn(identity.sessionId, room)) {
      await this.sessions.forgetShop(identity.sessionId, shopId);
    }
    return { shopId };
  }

  private isSessionIn(sessionId: string, room: string): boolean {
    const sockets = this.doors.occupants(sessionRoom(sessionId));
    return sockets.some(({ rooms }) => [...rooms].includes(room));
  }

  /** Puts a client that has come back without joining where its session was. */
  async restore(member: RoomMember): Promise<void> {
    if (member.identity.kind !== 'member') return;
    try {
      const session = await this.sessions.findLive(member.identity.sessionId, new Date());
      for (const shopId of session?.joinedShops ?? []) await this.restoreOne(member, shopId);
    } catch (error) {
      // The client may join by itself.
      this.logger.warn({ msg: 'rooms of a session not restored', error: String(error) });
    }
  }

  private async restoreOne(member: RoomMember, shopId: string): Promise<void> {
    if (member.isIn(shopRoom(shopId))) return;
    try {
      await this.enter(member, shopId);
    } catch (error) {
      if (error instanceof AppError) return;
      throw error;
    }
    member.send('shop:restored', { shopId, online: this.presence.online(shopId) });
  }

  /**
   * Looks again after joining: a membership lost between look and join was told to the room before
   * this socket was in it.
   */
  private async enter(member: RoomMember, shopId: string): Promise<Caller> {
    const caller = requireSignedIn(member);
    await this.requireMembership(caller, shopId);
    const room = shopRoom(shopId);
    await member.join(room);
    try {
      await this.requireMembership(caller, shopId);
    } catch (error) {
      await member.leave(room);
      throw error;
    }
    if (!member.isIn(room)) {
      throw AppError.conflict('conflict', 'You left the shop meanwhile: join again.');
    }
    this.doors.noteChange([room]);
    return caller;
  }

  private async requireMembership({ userId }: Caller, shopId: string): Promise<void> {
    if (!(await this.shops.findMembership(shopId, userId))) throw AppError.notFound('shop');
  }

  /**
   * While they are not in the room: what comes there would be newer, and a client that is cut off amid
   * the telling would come back with a number above what it was not told. So until one look brings no
   * more than what is told at once.
   */
  private async tellMissed(member: RoomMember, shopId: string, since: number): Promise<Missed> {
    const caller = requireSignedIn(member);
    await this.requireMembership(caller, shopId);
    await member.leave(shopRoom(shopId));
    const reader = { shopId, userId: caller.userId };
    const seq = await this.sync.resumeFrom(shopId, since);
    let missed: Missed = { reader, seq, reset: false, told: new Map(), count: 0 };
    for (let looks = 0; looks < MAX_LOOKS && member.open; looks++) {
      missed = await this.tellChanges(member, missed);
      if (missed.reset || missed.count <= PAGE) return missed;
    }
    return { ...missed, reset: true };
  }

  /** What was written while the rest was told; from here on the room tells. */
  private async tellMeanwhile(member: RoomMember, missed: Missed): Promise<object> {
    const { seq, reset } = missed.reset ? missed : await this.tellChanges(member, missed);
    return { seq, reset };
  }

  private async tellChanges(
    member: RoomMember,
    { reader, seq: since, told }: Missed,
  ): Promise<Missed> {
    const look = () => this.lookAt(reader, since, told);
    const { seq, reset, rows, numbers } = await this.looks(look);
    await tellRows(member, rows, told);
    let above = (numbers[0] ?? 0) - 1;
    for (let start = 0; start < numbers.length && member.open; start += PAGE) {
      const page = numbers.slice(start, start + PAGE);
      await tellRows(member, await this.readPage(member, reader, { above, page }), told);
      above = page.at(-1)!;
    }
    return { reader, seq, reset, told, count: Math.max(rows.length, numbers.length) };
  }

  /** Of more than a page only the numbers are kept: who does not read would have all of it held. */
  private async lookAt(reader: Reader, since: number, told: Missed['told']): Promise<Look> {
    const changes = await this.sync.changesSince(reader, since, new Date());
    const { seq, reset } = changes;
    const rows = rowsOf(changes).filter(({ data }) => isNews(data, told));
    if (rows.length <= PAGE) return { seq, reset, rows, numbers: [] };
    return { seq, reset, rows: [], numbers: rows.map(({ data }) => data.seq) };
  }

  /** Who was taken out of the team while they did not read is told no more. */
  private async readPage(
    member: RoomMember,
    reader: Reader,
    { above, page }: { above: number; page: number[] },
  ): Promise<Row[]> {
    await this.requireMembership(requireSignedIn(member), reader.shopId);
    const seen = new Set(page);
    const rows = rowsOf(await this.sync.changesBetween(reader, above, page.at(-1)!));
    return rows.filter(({ data }) => seen.has(data.seq));
  }
}

function rowsOf({ messages, conversations, orders, notifications }: ChangesResponse): Row[] {
  return [
    ...messages.map((data) => ({ event: 'message:new', data })),
    ...conversations.map((data) => ({ event: 'conversation:update', data })),
    ...orders.map((data) => ({ event: 'order:update', data })),
    ...notifications.map((data) => ({ event: 'notification', data })),
  ].sort((a, b) => a.data.seq - b.data.seq);
}

async function tellRows(member: RoomMember, rows: Row[], told: Missed['told']): Promise<void> {
  for (const { event, data } of rows) {
    if (!isNews(data, told)) continue;
    member.send(event, data);
    told.set(data.id, data.seq);
    await member.flush();
  }
}

function isNews({ id, seq }: Row['data'], told: Missed['told']): boolean {
  return (told.get(id) ?? -1) < seq;
}

function requireSignedIn({ identity }: RoomMember): Caller {
  if (identity.kind === 'member') return identity;
  throw AppError.notFound('shop');
}
