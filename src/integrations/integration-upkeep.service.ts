import { Injectable, Logger } from '@nestjs/common';
import { ShopsService } from '../shops/shops.service.js';
import { DueIntegrationsService } from './due-integrations.service.js';
import { askAt, nextDue, pauseAfter, refreshAt } from './integration-schedule.js';
import { IntegrationTokensService } from './integration-tokens.service.js';
import type { Integration, Revocation } from './integration.schema.js';
import { IntegrationsService } from './integrations.service.js';
import { PlatformFailure } from './platforms/platform-failure.js';
import type { Held } from './platforms/platform.js';
import { PlatformsService } from './platforms/platforms.service.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A platform that has not heard of an end by then will not hear of it. */
const REVOKE_DAYS = 7;
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 6 * HOUR_MS;

/** Keeps a connection well: refreshes its tokens, sees that it lives, and ends what has ended. */
@Injectable()
export class IntegrationUpkeepService {
  private readonly logger = new Logger(IntegrationUpkeepService.name);

  constructor(
    private readonly integrations: IntegrationsService,
    private readonly due: DueIntegrationsService,
    private readonly platforms: PlatformsService,
    private readonly tokens: IntegrationTokensService,
    private readonly shops: ShopsService,
  ) {}

  /** Does what is due; whoever comes second, in whatever process, finds nothing to do. */
  async tend(id: string, now: Date): Promise<void> {
    const row = await this.due.claim(id, now);
    if (!row) return;
    await this.integrations.tellUntold(row);
    const moments = [await this.revokePending(row, now), await this.keep(row, now)];
    const soonest = Math.min(...moments.map((one) => one?.getTime() ?? Infinity));
    await this.due.reschedule(row, soonest === Infinity ? undefined : new Date(soonest));
  }

  /** @returns when to try again what could not be revoked */
  private async revokePending(row: Integration, now: Date): Promise<Date | undefined> {
    let next: Date | undefined;
    for (const revocation of row.revoking) {
      const age = now.getTime() - revocation.since.getTime();
      if (age < REVOKE_DAYS * DAY_MS && !(await this.revoke(row, revocation))) {
        const pause = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, age));
        next = new Date(now.getTime() + pause);
      } else {
        await this.due.removeRevocation(row, revocation);
      }
    }
    return next;
  }

  /** @returns whether there is nothing left to do */
  private async revoke(row: Integration, revocation: Revocation): Promise<boolean> {
    const held = this.tokens.openHeld(row, revocation);
    if ('problem' in held) return held.problem === 'damaged';
    const { pageId, platformUserId } = held;
    if (pageId && (await this.due.isPageInUse(row, pageId))) {
      delete held.pageId;
      delete held.accessToken;
    }
    const keepsGrant = revocation.keepsGrant || (await this.due.isGrantInUse(row, platformUserId));
    try {
      await this.platforms.get(row.platform).revoke(held, keepsGrant);
      return true;
    } catch (error) {
      if (!(error instanceof PlatformFailure)) throw error;
      this.note('could not be revoked', row, error);
      // A dead token is what was wanted.
      return error.kind === 'dead';
    }
  }

  /** @returns when it is due again */
  private async keep(row: Integration, now: Date): Promise<Date | undefined> {
    if (row.state !== 'connected' && row.state !== 'choose_page') return undefined;
    const shopId = row.shopId.toHexString();
    if (!(await this.shops.exists(shopId))) {
      await this.integrations.disconnect(shopId, row.platform, 'member', now);
      return now;
    }
    if (!this.platforms.isOffered(row.platform)) return new Date(now.getTime() + DAY_MS);
    const held = this.tokens.openHeld(row, row);
    if ('problem' in held) {
      if (held.problem === 'damaged') await this.integrations.fail(row, 'damaged', now);
      // Another process may have the key, and this one after its next start.
      return held.problem === 'damaged' ? undefined : new Date(now.getTime() + HOUR_MS);
    }
    return this.ask(row, held, now);
  }

  private async ask(row: Integration, held: Held, now: Date): Promise<Date | undefined> {
    try {
      const kept = await this.refreshOrCheck(row, held, now);
      const isAsked = kept && isPast(askAt(kept), now);
      const known = isAsked ? await this.integrations.ask(kept, now) : kept;
      // Changed meanwhile: whoever did has said when it is due.
      return known ? nextDue(known, now) : undefined;
    } catch (error) {
      if (!(error instanceof PlatformFailure)) throw error;
      this.note('does not answer well', row, error);
      const isOver = error.kind === 'refused' && isPast(row.expiresAt, now);
      if (error.kind === 'dead' || isOver) {
        await this.integrations.fail(row, isOver ? 'expired' : 'dead', now);
        return undefined;
      }
      const noted = await this.integrations.noteFailure(row);
      return noted ? new Date(now.getTime() + pauseAfter(noted.failures)) : undefined;
    }
  }

  private async refreshOrCheck(
    row: Integration,
    held: Held,
    now: Date,
  ): Promise<Integration | null> {
    const platform = this.platforms.get(row.platform);
    if (platform.refresh && isPast(refreshAt(row), now)) {
      return this.integrations.renew(row, await platform.refresh(held), now);
    }
    const { reconnectBy } = await platform.check(held);
    return this.integrations.noteCheck(row, reconnectBy, now);
  }

  private note(what: string, { platform, shopId }: Integration, error: PlatformFailure): void {
    const { kind, code } = error;
    this.logger.warn({ msg: `a connection ${what}`, platform, shopId: String(shopId), kind, code });
  }
}

function isPast(moment: Date | undefined, now: Date): boolean {
  return moment !== undefined && moment <= now;
}
