import { setTimeout as pause } from 'node:timers/promises';
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnModuleInit,
} from '@nestjs/common';
import { JobsService } from '../platform/jobs/jobs.service.js';
import { requestId } from '../platform/logging/request-context.js';
import { isAllowed } from '../shops/permissions.js';
import { type Membership, ShopsService } from '../shops/shops.service.js';
import { type Entry, FeedWriterService } from './feed-writer.service.js';
import { OpenConversations } from './open-conversations.js';
import { PreferencesService } from './preferences.service.js';
import type { Told } from './told.js';

interface Waiting {
  told: Told;
  requestId: string | undefined;
  resolve: () => void;
  reject: (error: unknown) => void;
}

type Newest = Pick<Entry, 'told' | 'requestId' | 'count'>;

const RECOVER = 'notifications.recover';
const RECOVER_SECONDS = 30;
const MAX_AT_ONCE = 100;
/** Between the beginnings of two batches: nobody feels it, and a rush is told in few. */
const PACE_MS = 250;

/**
 * Finds for each thing told who is to hear it, and how. What comes in the same moment is told together:
 * a rush of orders costs a shop's team a few writes, not a few for each.
 */
@Injectable()
export class TellingService implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(TellingService.name);
  private waiting: Waiting[] = [];
  private working?: Promise<void>;
  private beganAt = -Infinity;

  constructor(
    private readonly shops: ShopsService,
    private readonly preferences: PreferencesService,
    private readonly open: OpenConversations,
    private readonly feed: FeedWriterService,
    private readonly jobs: JobsService,
  ) {}

  onModuleInit(): void {
    this.jobs.define(RECOVER, () => this.feed.recover(new Date()));
    this.jobs.every(RECOVER, RECOVER_SECONDS);
  }

  /** Resolves when it is in the feeds; told again, it changes nothing. */
  tell(told: Told): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ told, requestId: requestId(), resolve, reject });
      this.working ??= this.work().finally(() => (this.working = undefined));
    });
  }

  /** What still waits is told; should that fail, the next start finds it. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.working;
  }

  private async work(): Promise<void> {
    while (this.waiting.length > 0) {
      // What comes meanwhile, or in the same turn of the event loop, comes along.
      await pause(Math.max(0, this.beganAt + PACE_MS - performance.now()));
      this.beganAt = performance.now();
      const batch = this.waiting.splice(0, MAX_AT_ONCE);
      const shopIds = new Set(batch.map(({ told }) => told.shopId));
      for (const shopId of shopIds) {
        await this.tellShop(
          shopId,
          batch.filter(({ told }) => told.shopId === shopId),
        );
      }
    }
    // At once: what is told from here on begins anew.
    this.working = undefined;
  }

  private async tellShop(shopId: string, batch: Waiting[]): Promise<void> {
    try {
      const team = await this.shops.listMembers(shopId);
      const entries = await this.entriesFor(team, newestOfEach(batch));
      if (entries.length > 0) await this.feed.write(shopId, entries);
      for (const { resolve } of batch) resolve();
    } catch (error) {
      this.logger.warn({ msg: 'not told yet', shopId, error: String(error) });
      for (const { reject } of batch) reject(error);
    }
  }

  private async entriesFor(team: Membership[], told: Newest[]): Promise<Entry[]> {
    const [member] = team;
    if (!member) return [];
    const userIds = team.map(({ userId }) => userId);
    const preferences = await this.preferences.mapOf(member.shopId, userIds);
    return told.flatMap((one) =>
      audienceOf(one.told, team).flatMap(({ shopId, userId }) => {
        const { kinds, quietHours } = preferences.get(userId)!;
        const { push, inApp } = kinds[one.told.kind];
        const { conversationId } = one.told.about;
        const isSeen =
          conversationId !== undefined && this.open.isOpen(shopId, userId, conversationId);
        return push || inApp
          ? [{ ...one, userId, push: push && !isSeen, inApp, isSeen, quietHours }]
          : [];
      }),
    );
  }
}

function audienceOf({ to, by }: Told, team: Membership[]): Membership[] {
  const others = team.filter(({ userId }) => userId !== by);
  const member = 'member' in to ? team.find(({ userId }) => userId === to.member) : undefined;
  if (member) return others.filter((person) => person === member);
  const permission = 'all' in to ? to.all : to.orElse;
  return permission ? others.filter(({ role }) => isAllowed(role, permission)) : [];
}

/** Of what is told several times under one key to the same people the last, and how often. */
function newestOfEach(all: Waiting[]): Newest[] {
  const newest = new Map<string, Newest>();
  for (const { told, requestId: asked } of all) {
    const key = JSON.stringify([told.key, told.to]);
    const known = newest.get(key);
    const isNewer = !known || known.told.version < told.version;
    const count = (known?.count ?? 0) + (known?.told.version === told.version ? 0 : 1);
    newest.set(key, isNewer ? { told, requestId: asked, count } : { ...known, count });
  }
  return [...newest.values()];
}
