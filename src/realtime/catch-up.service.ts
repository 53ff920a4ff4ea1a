import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { ShopsService } from '../shops/shops.service.js';
import type { ChangesResponse } from '../sync/dto/changes.response.js';
import { SyncService } from '../sync/sync.service.js';
import { type Command, Doors, type Occupant } from './doors.js';
import { ProcessBus } from './process-bus.js';
import { numberedPush, PushMemory } from './push-memory.js';
import { commandsFor } from './push-table.js';
import { shopOfRoom, shopRoom } from './rooms.js';
import { Sweeper } from './sweeper.js';

/** Told at once, and the pause before the next: a client must be able to read along. */
const BATCH = 50;
const PAUSE_MS = 50;

/** Sockets are told nothing of it. */
const NO_CHAT = { customerName: '', assigneeId: null };

/** A document's newer state, and how it is told. */
interface State {
  id: string;
  seq: number;
  commands: Command[];
}

/** By shop, the number since which something may not have been told. */
type Since = Map<string, number>;

/**
 * Tells the sockets of this process what other processes have written while they could not say so: a
 * client whose socket stayed open has no reason to ask. What has changed is in the data; from where on
 * is known by the last moment at which all was heard, and by what a process failed to publish.
 */
@Injectable()
export class CatchUp implements OnApplicationBootstrap {
  private readonly logger = new Logger(CatchUp.name);
  /** Each shop's number when all was surely heard, of the last look and of the one before. */
  private heard: Since = new Map();
  private heardBefore: Since = new Map();
  /** What was not published, by the shops it was for. */
  private lost: Since = new Map();
  /** Whether anything was not: an eviction has no number, and is found by a sweep. */
  private hasLost = false;

  constructor(
    private readonly doors: Doors,
    private readonly bus: ProcessBus,
    private readonly memory: PushMemory,
    private readonly shops: ShopsService,
    private readonly sync: SyncService,
    private readonly sweeper: Sweeper,
  ) {}

  onApplicationBootstrap(): void {
    this.doors.onShopChange((shopId) => void this.noteShop(shopId));
    this.bus.onTurn('proveHearing', () => void this.attempt(() => this.noteHeard()));
    this.bus.onTurn('hearAgain', () => void this.attempt(() => this.tellUnheard()));
    this.bus.onTurn('speakAgain', () => this.publishLost());
    this.bus.onLoss((topic, body) => {
      if (topic === 'commands') this.noteLost(sinceOf(body as Command[]));
      if (topic === 'lost') this.noteLost(body as [string, number][]);
    });
    this.bus.on('lost', (body) => {
      const lost: Since = new Map(body as [string, number][]);
      void this.attempt(() => this.tellAll(lost));
    });
  }

  /** Somebody is there now: what is written from here on must reach them. */
  async noteShop(shopId: string): Promise<void> {
    if (!this.bus.isShared || this.heard.has(shopId)) return;
    await this.attempt(async () => {
      const seq = await this.shops.getSeq(shopId);
      if (!this.heard.has(shopId)) this.heard.set(shopId, seq);
    });
  }

  private async noteHeard(): Promise<void> {
    const seqs = await this.shops.mapSeqs([...this.occupiedShops()]);
    this.heardBefore = this.heard;
    this.heard = seqs;
    this.memory.turn();
  }

  private async tellUnheard(): Promise<void> {
    await this.tellAll(new Map([...this.heard, ...this.heardBefore]));
  }

  private noteLost(since: Iterable<[string, number]>): void {
    this.hasLost = true;
    for (const [shopId, seq] of since) {
      this.lost.set(shopId, Math.min(seq, this.lost.get(shopId) ?? seq));
    }
  }

  private publishLost(): void {
    if (!this.hasLost) return;
    const lost = [...this.lost];
    this.lost = new Map();
    this.hasLost = false;
    this.bus.publish('lost', lost);
  }

  private async tellAll(since: Since): Promise<void> {
    // Who has lost their place meanwhile must hear none of it.
    await this.sweeper.sweep(new Date());
    for (const shopId of this.occupiedShops()) {
      const from = since.get(shopId);
      if (from !== undefined) await this.tell(shopId, from);
    }
  }

  private async tell(shopId: string, since: number): Promise<void> {
    const changes = await this.sync.changesSince({ shopId, userId: null }, since, new Date());
    if (changes.reset) {
      const data = { shopId, seq: changes.seq };
      this.doors.apply([{ do: 'emit', room: shopRoom(shopId), event: 'shop:reset', data }]);
      return;
    }
    const states = [...statesOf(shopId, changes), ...(await this.notificationsOf(shopId, since))];
    // What the overlap brings again was heard.
    const missed = states.filter(({ seq }) => seq > since).sort((a, b) => a.seq - b.seq);
    for (let start = 0; start < missed.length; start += BATCH) {
      if (start > 0) await pause(PAUSE_MS);
      for (const { id, seq, commands } of missed.slice(start, start + BATCH)) {
        // Looked at only now: a later state may have come meanwhile.
        if (this.memory.has({ id, seq })) continue;
        this.doors.apply(commands);
        this.memory.keep(commands);
      }
    }
  }

  /** What the people of a shop's room are told, each alone. */
  private async notificationsOf(shopId: string, since: number): Promise<State[]> {
    const people = this.doors
      .occupants(shopRoom(shopId))
      .flatMap(({ identity }) => (identity.kind === 'member' ? [identity.userId] : []));
    const states: State[] = [];
    for (const userId of new Set(people)) {
      const reader = { shopId, userId };
      for (const notification of await this.sync.notificationsSince(reader, since, new Date())) {
        const { id, seq } = notification;
        const commands = commandsFor('notification.raised', { ...reader, notification });
        states.push({ id, seq, commands });
      }
    }
    return states;
  }

  /** Those of members and of customers. */
  private occupiedShops(): Set<string> {
    const shops = this.doors.occupants().flatMap(({ identity, rooms }: Occupant) => {
      if (identity.kind === 'customer') return [identity.shopId];
      return [...rooms].flatMap((room) => shopOfRoom(room) ?? []);
    });
    return new Set(shops);
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.warn({ msg: 'sockets may have missed something', error: String(error) });
    }
  }
}

/** What the whole team is told. */
function statesOf(shopId: string, { messages, conversations, orders }: ChangesResponse): State[] {
  return [
    ...messages.map((message) => ({
      ...message,
      commands: commandsFor('message.created', { shopId, message, chat: NO_CHAT }),
    })),
    ...conversations.map((conversation) => ({
      ...conversation,
      commands: commandsFor('conversation.updated', {
        shopId,
        conversation,
        hasNewStatus: true,
      }),
    })),
    ...orders.map((order) => ({
      ...order,
      commands: commandsFor('order.updated', { shopId, order }),
    })),
  ];
}

function sinceOf(commands: Command[]): [string, number][] {
  return commands.flatMap((command): [string, number][] => {
    const pushed = numberedPush(command);
    return pushed ? [[pushed.shopId, pushed.seq - 1]] : [];
  });
}
