import { Injectable, Logger } from '@nestjs/common';
import { AppConfig } from '../platform/config/app-config.js';
import { AppError } from '../platform/http/app-error.js';
import { hashOneTimeSecret } from '../platform/security/one-time-secret.js';
import { ShopsService } from '../shops/shops.service.js';
import type { IntegrationView } from './dto/integration.response.js';
import { IntegrationTokensService } from './integration-tokens.service.js';
import type { Integration } from './integration.schema.js';
import { IntegrationsService, takenPage } from './integrations.service.js';
import type { WebhookKeys } from './new-connection.js';
import { PlatformFailure } from './platforms/platform-failure.js';
import type { Account, Grant, Platform, PlatformName, Return } from './platforms/platform.js';
import { PlatformsService } from './platforms/platforms.service.js';
import { TokenRefreshJob } from './token-refresh.job.js';

/** Makes, changes and ends connections: first the platform is asked, then one write keeps it. */
@Injectable()
export class ConnectionsService {
  private readonly logger = new Logger(ConnectionsService.name);

  constructor(
    private readonly integrations: IntegrationsService,
    private readonly platforms: PlatformsService,
    private readonly tokens: IntegrationTokensService,
    private readonly shops: ShopsService,
    private readonly job: TokenRefreshJob,
    private readonly config: AppConfig,
  ) {}

  async get(shopId: string, name: PlatformName): Promise<IntegrationView> {
    return this.integrations.view(name, await this.integrations.find(shopId, name));
  }

  /**
   * Exchanges what a visit brought back, and keeps the connection; nothing is kept when any of it fails.
   * @throws AppError `invalid_token`, `scopes_missing`, `no_page`, `conflict`, `provider_failed`
   */
  async establish(shopId: string, name: PlatformName, returned: Return): Promise<IntegrationView> {
    const platform = this.platforms.require(name);
    const { grant, accounts } = await this.asking(platform, async () => {
      const given = await platform.exchange(returned);
      requireScopes(platform, given);
      return { grant: given, accounts: await platform.listAccounts(given) };
    });
    if (accounts.length === 0) {
      throw new AppError(
        'no_page',
        `${platform.label} shows no page that you may answer messages for: make one, or allow it.`,
      );
    }
    const known = await this.integrations.find(shopId, name);
    const isOnly = accounts.length === 1;
    const account = isOnly ? accounts[0] : accounts.find(({ id }) => id === known?.pageId);
    const webhook = account && (await this.attach(shopId, platform, account));
    const made = { grant, account, pages: isOnly ? [] : accounts, webhook };
    return this.tended(name, await this.integrations.connect(shopId, name, made, new Date()));
  }

  /** @throws AppError `not_found`, `conflict`, `provider_failed` */
  async choosePage(shopId: string, name: PlatformName, pageId: string): Promise<IntegrationView> {
    const platform = this.platforms.require(name);
    const row = await this.integrations.find(shopId, name);
    if (!row?.pages.some(({ id }) => id === pageId)) throw AppError.notFound('page');
    if (row.pageId === pageId) return this.integrations.view(name, row);
    const account = await this.accountOf(platform, row, pageId);
    const webhook = await this.attach(shopId, platform, account);
    return this.tended(name, await this.integrations.setPage(row, account, webhook, new Date()));
  }

  async disconnect(shopId: string, name: PlatformName): Promise<IntegrationView> {
    return this.tended(
      name,
      await this.integrations.disconnect(shopId, name, 'member', new Date()),
    );
  }

  /** Whether a pasted token opens a bot, asked at the platform. @throws AppError `provider_failed` */
  async isGoodToken(name: PlatformName, token: string): Promise<boolean> {
    const platform = this.platforms.require(name);
    if (!platform.pastedToken?.test(token)) return false;
    try {
      return (await platform.listAccounts({ token, userId: '' })).length > 0;
    } catch (error) {
      if (error instanceof PlatformFailure && error.kind !== 'unavailable') return false;
      throw this.explain(platform, error);
    }
  }

  /** Has the platform told soon of what is left. */
  private async tended(name: PlatformName, row: Integration | null): Promise<IntegrationView> {
    if (row && row.revoking.length > 0) await this.job.tendSoon(row._id.toHexString());
    return this.integrations.view(name, row);
  }

  /** As the platform has it now: the page's token is never older than the person's. */
  private async accountOf(platform: Platform, row: Integration, pageId: string): Promise<Account> {
    const held = this.tokens.openHeld(row, row);
    if ('problem' in held) throw reconnect(platform);
    const grant = { token: held.refreshToken ?? '', userId: held.platformUserId };
    const accounts = await this.asking(platform, () => platform.listAccounts(grant), row);
    const account = accounts.find(({ id }) => id === pageId);
    if (!account) throw AppError.notFound('page');
    return account;
  }

  /** Has the platform send us what happens there; never what is another shop's. */
  private async attach(shopId: string, platform: Platform, account: Account): Promise<WebhookKeys> {
    await this.requireFree(shopId, platform.name, account.id);
    const { integrationKey, secret } = this.tokens.webhookKeys(shopId, platform.name, account.id);
    const url = `${this.config.ownOrigin}/webhook/${platform.name}/${integrationKey}`;
    await this.asking(platform, () => platform.subscribe(account, { url, secret }));
    return { integrationKey, webhookSecretHash: hashOneTimeSecret(secret) };
  }

  private async requireFree(shopId: string, name: PlatformName, pageId: string): Promise<void> {
    const other = await this.integrations.findByPage(name, pageId);
    if (!other || other.shopId.equals(shopId)) return;
    const otherId = other.shopId.toHexString();
    if (await this.shops.exists(otherId)) throw takenPage();
    await this.integrations.disconnect(otherId, name, 'member', new Date());
  }

  /** @param row the connection whose tokens are used: when they are dead, so is it */
  private async asking<T>(
    platform: Platform,
    ask: () => Promise<T>,
    row?: Integration,
  ): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      const isDead = error instanceof PlatformFailure && error.kind === 'dead';
      if (isDead && row) {
        await this.integrations.fail(row, 'dead', new Date());
        throw reconnect(platform);
      }
      throw this.explain(platform, error);
    }
  }

  private explain({ name }: Platform, error: unknown): unknown {
    if (!(error instanceof PlatformFailure)) return error;
    const { kind, code, message } = error;
    this.logger.warn({ msg: 'a platform failed a connection', platform: name, kind, code });
    if (kind === 'unavailable') return new AppError('provider_failed', `${message} Try again.`);
    return new AppError('invalid_token', `${message} Start again.`);
  }
}

function requireScopes({ label, requiredScopes }: Platform, { scopes }: Grant): void {
  const missing = requiredScopes.filter((scope) => !scopes.includes(scope));
  if (missing.length === 0) return;
  throw new AppError(
    'scopes_missing',
    `${label} did not allow ${missing.join(', ')}: connect again and allow everything.`,
  );
}

function reconnect({ label }: Platform): AppError {
  return AppError.conflict('conflict', `${label} has ended the permission: connect again.`);
}
