import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types, type UpdateQuery } from 'mongoose';
import { DomainEvents } from '../events/domain-events.js';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import { AppError } from '../platform/http/app-error.js';
import { assignment } from './assignment.js';
import { fieldsOf, NOTHING } from './connection-fields.js';
import { IntegrationResponse, type IntegrationView } from './dto/integration.response.js';
import { isFarOff, nextDue } from './integration-schedule.js';
import { IntegrationTokensService } from './integration-tokens.service.js';
import { type FailureReason, Integration } from './integration.schema.js';
import {
  endOf,
  type NewConnection,
  revocationsBeside,
  tokensOf,
  type WebhookKeys,
} from './new-connection.js';
import { type Account, type PlatformName, PLATFORMS, type Renewed } from './platforms/platform.js';
import { PlatformsService } from './platforms/platforms.service.js';

const MAX_TURNS = 5;

/**
 * The only writer of the connections. Each change is one write that names the revision it has read, so
 * that a refresh cannot bring back what was disconnected, and two clicks make one connection.
 */
@Injectable()
export class IntegrationsService {
  constructor(
    @InjectModel(Integration.name) private readonly integrations: Model<Integration>,
    private readonly tokens: IntegrationTokensService,
    private readonly platforms: PlatformsService,
    private readonly events: DomainEvents,
  ) {}

  /** All platforms, connected or not. */
  async list(shopId: string): Promise<IntegrationView[]> {
    const rows = await this.integrations.find({ shopId }).limit(PLATFORMS.length).lean();
    return PLATFORMS.map((name) =>
      this.view(
        name,
        rows.find(({ platform }) => platform === name),
      ),
    );
  }

  async find(shopId: string, platform: PlatformName): Promise<Integration | null> {
    return this.integrations.findOne({ shopId, platform }).lean();
  }

  /** The connection that a webhook's address names. */
  async findByKey(platform: PlatformName, integrationKey: string): Promise<Integration | null> {
    return this.integrations
      .findOne({ integrationKey, platform })
      .setOptions({ acrossShops: true })
      .lean();
  }

  /** The shop's connection that a page, account or bot serves, of whatever shop. */
  async findByPage(platform: PlatformName, pageId: string): Promise<Integration | null> {
    return this.integrations
      .findOne({ platform, pageId, isConnected: true })
      .setOptions({ acrossShops: true })
      .lean();
  }

  view(platform: PlatformName, row?: Integration | null): IntegrationView {
    const isOffered = this.platforms.isOffered(platform);
    const isReadable = !row || 'tokens' in this.tokens.open(row, row);
    return { platform, isOffered, isReadable, row: row ?? undefined };
  }

  /** @throws AppError `conflict` when another shop is connected with the same page */
  async connect(
    shopId: string,
    platform: PlatformName,
    made: NewConnection,
    now: Date,
  ): Promise<Integration> {
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      const known = await this.find(shopId, platform);
      const sealed = this.tokens.seal(shopId, platform, tokensOf(made));
      const fields = { ...fieldsOf(made, now), ...sealed };
      const row = await this.keepingPages(() => {
        if (!known) return this.insert(shopId, platform, fields);
        const revoking = revocationsBeside(known, made, now);
        const dueAt = revoking.length > 0 ? now : fields.dueAt;
        return this.change(known, assignment({ ...fields, revoking, dueAt }));
      });
      if (!row) continue;
      if (row.isConnected) this.events.emit('integration.connected', this.told(row));
      return row;
    }
    throw changed();
  }

  /** @throws AppError `conflict` when it was changed meanwhile, or the page is another shop's */
  async setPage(
    row: Integration,
    account: Account,
    webhook: WebhookKeys,
    now: Date,
  ): Promise<Integration> {
    const shopId = row.shopId.toHexString();
    const opened = this.tokens.open(row, row);
    const refreshToken = 'tokens' in opened ? opened.tokens.refreshToken : undefined;
    const sealed = this.tokens.seal(shopId, row.platform, {
      accessToken: account.accessToken,
      refreshToken,
    });
    const left = row.pageId === undefined ? null : endOf(row, now, true);
    const update = assignment({
      ...sealed,
      ...webhook,
      state: 'connected',
      isConnected: true,
      pageId: account.id,
      displayName: account.name,
      connectedAt: now,
      checkedAt: now,
      dueAt: left ? now : nextDue(row, now),
    });
    const chosen = await this.keepingPages(() =>
      this.change(row, { ...update, ...(left ? { $push: { revoking: left } } : {}) }),
    );
    if (!chosen) throw changed();
    this.events.emit('integration.connected', this.told(chosen));
    return chosen;
  }

  /**
   * Ends a connection here, at once; its platform is told afterwards, as often as it takes.
   * @param by `platform`: it was the platform that ended it, and need not be told
   */
  async disconnect(
    shopId: string,
    platform: PlatformName,
    by: 'member' | 'platform',
    now: Date,
  ): Promise<Integration | null> {
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      const known = await this.find(shopId, platform);
      if (!known || known.state === 'disconnected') return known;
      const end = by === 'member' ? endOf(known, now) : null;
      const nothing = { ...NOTHING, state: 'disconnected', failure: undefined, scopes: [] };
      const nobody = { pageId: undefined, displayName: '', platformUserId: undefined };
      const isLeft = end !== null || known.revoking.length > 0;
      const update = assignment({ ...nothing, ...nobody, dueAt: isLeft ? now : undefined });
      const row = await this.change(known, {
        ...update,
        ...(end ? { $push: { revoking: end } } : {}),
      });
      if (!row) continue;
      this.events.emit('integration.disconnected', { ...this.told(row), by });
      return row;
    }
    throw changed();
  }

  /** Notes, once, that a connection is dead: nothing is tried with it any more. */
  async fail(row: Integration, failure: FailureReason, now: Date): Promise<void> {
    const fields = { ...NOTHING, state: 'failed', failure, checkedAt: now };
    const untold = 'integration.failed';
    await this.tellUntold(await this.change(row, assignment({ ...fields, untold })));
  }

  /** What a refresh brought, unless the connection was changed meanwhile. */
  async renew(row: Integration, renewed: Renewed, now: Date): Promise<Integration | null> {
    const opened = this.tokens.open(row, row);
    const kept = 'tokens' in opened ? opened.tokens : {};
    const { accessToken = kept.accessToken, refreshToken = kept.refreshToken } = renewed;
    const tokens = { accessToken, refreshToken };
    const { expiresAt, reconnectBy = row.reconnectBy } = renewed;
    return this.change(
      row,
      assignment({
        ...this.tokens.seal(row.shopId.toHexString(), row.platform, tokens),
        expiresAt,
        reconnectBy,
        ...(isFarOff(reconnectBy, now) ? { askedAt: undefined } : {}),
        renewedAt: now,
        checkedAt: now,
        failures: 0,
      }),
    );
  }

  /** What a check found, unless the connection was changed meanwhile. */
  async noteCheck(
    row: Integration,
    reconnectBy: Date | undefined,
    now: Date,
  ): Promise<Integration | null> {
    return this.change(
      row,
      assignment({
        checkedAt: now,
        failures: 0,
        ...(reconnectBy ? { reconnectBy } : {}),
        ...(isFarOff(reconnectBy, now) ? { askedAt: undefined } : {}),
      }),
    );
  }

  async noteFailure(row: Integration): Promise<Integration | null> {
    return this.change(row, { $set: { failures: row.failures + 1 } });
  }

  /** Asks the team, once, to connect again in time. */
  async ask(row: Integration, now: Date): Promise<Integration | null> {
    const untold = 'integration.expiring';
    const asked = await this.change(row, { $set: { askedAt: now, untold } });
    await this.tellUntold(asked);
    return asked;
  }

  /** Tells what a row says is untold; a process that dies over it leaves that to the next look. */
  async tellUntold(row: Integration | null): Promise<void> {
    if (!row?.untold) return;
    const { _id, shopId, revision, untold } = row;
    await this.events.deliver(untold, this.told(row));
    await this.integrations.updateOne({ _id, shopId, revision }, { $unset: { untold: '' } });
  }

  private async insert(
    shopId: string,
    platform: PlatformName,
    fields: Partial<Integration>,
  ): Promise<Integration | null> {
    const row = { ...fields, shopId: new Types.ObjectId(shopId), platform, revision: 1 };
    return (await this.integrations.create(row)).toObject();
  }

  private async change(
    row: Integration,
    update: UpdateQuery<Integration>,
  ): Promise<Integration | null> {
    const { _id, shopId, revision } = row;
    return this.integrations
      .findOneAndUpdate(
        { _id, shopId, revision },
        { ...update, $inc: { revision: 1 } },
        { returnDocument: 'after' },
      )
      .lean();
  }

  /** Null also when another made the row at this moment. */
  private async keepingPages(
    write: () => Promise<Integration | null>,
  ): Promise<Integration | null> {
    try {
      return await write();
    } catch (error) {
      if (isDuplicateKey(error, 'pageId')) throw takenPage();
      if (isDuplicateKey(error, 'shopId')) return null;
      throw error;
    }
  }

  private told(row: Integration): { shopId: string; integration: IntegrationResponse } {
    const integration = IntegrationResponse.from(this.view(row.platform, row));
    return { shopId: row.shopId.toHexString(), integration };
  }
}

export function takenPage(): AppError {
  return AppError.conflict(
    'conflict',
    'Another shop is connected with this page or account: disconnect it there first.',
  );
}

function changed(): AppError {
  return AppError.conflict(
    'conflict',
    'This connection was changed at this moment: read it again.',
  );
}
