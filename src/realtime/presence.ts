import { randomUUID } from 'node:crypto';
import {
  type BeforeApplicationShutdown,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { OpenConversations } from '../notifications/open-conversations.js';
import { Doors } from './doors.js';
import { ProcessBus } from './process-bus.js';
import { shopOfRoom, shopRoom } from './rooms.js';

/** A member of a shop who has it open, and the conversations they look at. */
export interface OnlineMember {
  userId: string;
  conversationIds: string[];
}

/** What a process tells the others of its own sockets. */
interface Report {
  process: string;
  shopId: string;
  members: OnlineMember[];
}

/** Changes of a moment are told together. */
const SETTLE_MS = 50;
const REPORT_MS = 15_000;
/** A process that was not heard for so long has died, with its sockets. */
const FORGET_MS = 40_000;

/**
 * Who is online in which shop, over all processes. Each process knows its own sockets, tells the
 * others, and repeats it: what a Redis that restarts has lost, or a dead process has left, heals.
 */
@Injectable()
export class Presence implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly process = randomUUID();
  private timer: NodeJS.Timeout;
  private readonly settling = new Map<string, NodeJS.Timeout>();
  /** What other processes have reported: shop, then process. */
  private readonly others = new Map<string, Map<string, { at: number; members: OnlineMember[] }>>();
  /** What the sockets here were told last. */
  private readonly told = new Map<string, OnlineMember[]>();
  /** When the last socket of a shop went: who did not hear it still believes it. */
  private readonly emptied = new Map<string, number>();

  constructor(
    private readonly doors: Doors,
    private readonly bus: ProcessBus,
    private readonly openConversations: OpenConversations,
  ) {}

  onModuleInit(): void {
    this.openConversations.register((shopId, userId) => {
      const member = this.online(shopId).find((one) => one.userId === userId);
      return member?.conversationIds ?? [];
    });
  }

  onApplicationBootstrap(): void {
    this.bus.on('presence', (report) => this.hear(report as Report));
    this.doors.onShopChange((shopId) => this.settle(shopId));
    this.bus.on('whoIsOnline', () => this.tellAll(performance.now()));
    this.bus.onTurn('hearAgain', () => this.compare());
    // The question of before may have been lost.
    this.bus.onTurn('speakAgain', () => this.compare());
    this.timer = setInterval(() => this.repeat(performance.now()), REPORT_MS);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
    for (const timer of this.settling.values()) clearTimeout(timer);
    for (const shopId of this.told.keys()) this.report(shopId, []);
  }

  /** Everybody who is online in a shop, by user id. */
  online(shopId: string): OnlineMember[] {
    const elsewhere = [...(this.others.get(shopId)?.values() ?? [])];
    return union([this.here(shopId), ...elsewhere.map(({ members }) => members)]);
  }

  private here(shopId: string): OnlineMember[] {
    return union(
      this.doors.occupants(shopRoom(shopId)).map(({ identity, viewing }) => {
        if (identity.kind !== 'member') return [];
        return [{ userId: identity.userId, conversationIds: viewing ? [viewing] : [] }];
      }),
    );
  }

  private settle(shopId: string): void {
    if (this.settling.has(shopId)) return;
    const timer = setTimeout(() => {
      this.settling.delete(shopId);
      this.report(shopId, this.here(shopId));
      this.tell(shopId);
    }, SETTLE_MS);
    this.settling.set(shopId, timer);
  }

  private hear({ process, shopId, members }: Report): void {
    const reports = this.others.get(shopId) ?? new Map();
    if (members.length > 0) reports.set(process, { at: performance.now(), members });
    else reports.delete(process);
    if (reports.size > 0) this.others.set(shopId, reports);
    else this.others.delete(shopId);
    this.tell(shopId);
  }

  /** After an outage: neither side knows what the other has missed. */
  private compare(): void {
    this.bus.publish('whoIsOnline', null);
    this.tellAll(performance.now());
  }

  /** Also where nobody is any more. */
  private tellAll(now: number): void {
    for (const shopId of this.emptied.keys()) this.report(shopId, []);
    this.repeat(now);
  }

  /** Says again who is here, and forgets processes that no longer do. */
  private repeat(now: number): void {
    for (const [shopId, reports] of this.others) {
      for (const [process, { at }] of reports) if (now - at > FORGET_MS) reports.delete(process);
      if (reports.size === 0) this.others.delete(shopId);
    }
    // By now others have forgotten it by themselves.
    for (const [shopId, at] of this.emptied) if (now - at > FORGET_MS) this.emptied.delete(shopId);
    const rooms = new Set(this.doors.occupants().flatMap((occupant) => [...occupant.rooms]));
    const shops = [...rooms].map(shopOfRoom).filter((shopId) => shopId !== undefined);
    for (const shopId of new Set([...shops, ...this.told.keys()])) {
      this.report(shopId, this.here(shopId));
      this.tell(shopId);
    }
  }

  private report(shopId: string, members: OnlineMember[]): void {
    if (members.length > 0) this.emptied.delete(shopId);
    else if (!this.emptied.has(shopId)) this.emptied.set(shopId, performance.now());
    const report: Report = { process: this.process, shopId, members };
    this.bus.publish('presence', report);
  }

  /** Tells the sockets of this process what has changed; every process does so for its own. */
  private tell(shopId: string): void {
    const before = this.told.get(shopId) ?? [];
    const now = this.online(shopId);
    if (this.here(shopId).length > 0) this.told.set(shopId, now);
    else this.told.delete(shopId);
    for (const data of differences(before, now)) {
      const event = { do: 'emit', room: shopRoom(shopId), event: 'presence' } as const;
      this.doors.apply([{ ...event, data: { shopId, ...data } }]);
    }
  }
}

/** One entry a person, in the order of their ids, with all that they look at. */
function union(lists: OnlineMember[][]): OnlineMember[] {
  const people = new Map<string, Set<string>>();
  for (const { userId, conversationIds } of lists.flat()) {
    const seen = people.get(userId) ?? new Set();
    for (const id of conversationIds) seen.add(id);
    people.set(userId, seen);
  }
  return [...people]
    .map(([userId, ids]) => ({ userId, conversationIds: [...ids].sort() }))
    .sort((a, b) => (a.userId < b.userId ? -1 : 1));
}

function differences(before: OnlineMember[], now: OnlineMember[]): object[] {
  const known = new Map(before.map((member) => [member.userId, member.conversationIds.join()]));
  const changed = now.filter(({ userId, conversationIds }) => {
    const same = known.get(userId) === conversationIds.join();
    known.delete(userId);
    return !same;
  });
  return [
    ...changed.map((member) => ({ ...member, online: true })),
    ...[...known.keys()].map((userId) => ({ userId, conversationIds: [], online: false })),
  ];
}
