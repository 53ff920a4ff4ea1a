import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../platform/config/app-config.js';
import type { FacebookSettings } from '../../platform/config/platform-settings.js';
import { appSecretProof, callGraph, requireMetaSignature } from './graph.js';
import { addressOf, unreadable } from './platform-call.js';
import { PlatformFailure } from './platform-failure.js';
import {
  after,
  idOf,
  type Json,
  listOf,
  momentOf,
  nameOf,
  objectOf,
  scopesOf,
  secretOf,
} from './platform-json.js';
import type {
  Account,
  Delivery,
  Grant,
  Held,
  Platform,
  Renewed,
  Return,
  Visit,
} from './platform.js';

const LABEL = 'Facebook';
const REQUIRED = ['pages_show_list', 'pages_messaging', 'pages_manage_metadata'];
const SCOPES = [...REQUIRED, 'pages_read_engagement'];
const FIELDS = 'messages,messaging_postbacks,message_deliveries,message_reads,message_echoes';
const MESSAGING = 'MESSAGING';
const PAGES_AT_ONCE = '100';
const MAX_TURNS = 10;

/** What `debug_token` tells of a token. */
interface TokenFacts {
  userId: string;
  scopes: string[];
  /** The exchange may leave out `expires_in`. */
  expiresAt?: Date;
  reconnectBy?: Date;
}

/**
 * Facebook Login for pages and Messenger (reference: providers.md, section 1). There is no refresh
 * token: the person's long-lived token (60 days) is exchanged for another before it ends, and page
 * tokens taken with it have no end of their own. Data access lapses after 90 days without the
 * person: that is when they must connect again. PKCE, in testing for OpenID Connect, is not here.
 */
@Injectable()
export class FacebookPlatform implements Platform {
  readonly name = 'facebook';
  readonly label = LABEL;
  readonly requiredScopes = REQUIRED;
  readonly missingVariables: string[];
  private readonly settings: FacebookSettings;
  private readonly webhookSecrets: string[];

  constructor({ platforms: { facebook, instagram } }: AppConfig) {
    this.missingVariables = facebook ? [] : ['FACEBOOK_APP_ID', 'FACEBOOK_APP_SECRET'];
    this.settings = facebook ?? { appId: '', appSecret: '', graphBase: '', dialogBase: '' };
    // One address serves both apps' webhooks, each signed with its own secret.
    this.webhookSecrets = [facebook, instagram].flatMap((app) => app?.appSecret ?? []);
  }

  authorizeUrl({ state, redirectUri }: Visit): string {
    return addressOf(`${this.settings.dialogBase}/dialog/oauth`, {
      client_id: this.settings.appId,
      redirect_uri: redirectUri,
      state,
      response_type: 'code',
      scope: SCOPES.join(','),
      display: 'popup',
    });
  }

  async exchange({ code, redirectUri }: Return): Promise<Grant> {
    const short = await this.fetchToken({ redirect_uri: redirectUri, code });
    const { token, expiresAt } = await this.fetchLongLived(short.token);
    const facts = await this.inspect(token);
    return { ...facts, expiresAt: expiresAt ?? facts.expiresAt, token, refreshToken: token };
  }

  async listAccounts({ token }: Pick<Grant, 'token'>): Promise<Account[]> {
    const accounts: Account[] = [];
    let cursor: string | undefined;
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      const body = await this.get('me/accounts', token, {
        fields: 'id,name,access_token,tasks',
        limit: PAGES_AT_ONCE,
        ...(cursor ? { after: cursor } : {}),
      });
      accounts.push(...listOf(body['data']).flatMap(readPage));
      // Never the address in `next`: it would carry the token to wherever it leads.
      const paging = objectOf(body['paging']);
      cursor = paging?.['next'] ? secretOf(objectOf(paging['cursors'])?.['after']) : undefined;
      if (!cursor) return accounts;
    }
    return accounts;
  }

  async subscribe({ id, accessToken }: Account): Promise<void> {
    await callGraph(LABEL, {
      method: 'POST',
      url: `${this.settings.graphBase}/${encodeURIComponent(id)}/subscribed_apps`,
      form: { subscribed_fields: FIELDS, ...this.proven(accessToken) },
    });
  }

  async refresh({ refreshToken = '', pageId }: Held): Promise<Renewed> {
    const { token, expiresAt } = await this.fetchLongLived(refreshToken);
    const facts = await this.inspect(token);
    const { reconnectBy } = facts;
    const renewed = {
      refreshToken: token,
      expiresAt: expiresAt ?? facts.expiresAt,
      reconnectBy,
    };
    if (pageId === undefined) return renewed;
    const page = (await this.listAccounts({ token })).find(({ id }) => id === pageId);
    if (page) return { ...renewed, accessToken: page.accessToken };
    throw new PlatformFailure('dead', 'Facebook no longer lets this person manage the page.');
  }

  async check({ accessToken, refreshToken = '' }: Held): Promise<Pick<Renewed, 'reconnectBy'>> {
    const { reconnectBy } = await this.inspect(accessToken ?? refreshToken);
    return { reconnectBy };
  }

  async revoke(held: Held, keepsGrant: boolean): Promise<void> {
    const { pageId, accessToken, platformUserId, refreshToken } = held;
    if (pageId && accessToken) await this.unsubscribe(pageId, accessToken);
    if (keepsGrant || !refreshToken) return;
    await this.remove(platformUserId, 'permissions', refreshToken);
  }

  requireSignature(delivery: Delivery): void {
    requireMetaSignature(delivery, this.webhookSecrets);
  }

  private async fetchLongLived(token: string): Promise<{ token: string; expiresAt?: Date }> {
    return this.fetchToken({ grant_type: 'fb_exchange_token', fb_exchange_token: token });
  }

  private async fetchToken(
    form: Record<string, string>,
  ): Promise<{ token: string; expiresAt?: Date }> {
    const { appId, appSecret, graphBase } = this.settings;
    const body = await callGraph(LABEL, {
      method: 'POST',
      url: `${graphBase}/oauth/access_token`,
      form: { client_id: appId, client_secret: appSecret, ...form },
    });
    const token = secretOf(body['access_token']);
    if (!token) throw unreadable(LABEL);
    return { token, expiresAt: after(body['expires_in'], new Date()) };
  }

  /** @throws PlatformFailure `dead` for a token that is not good, or of another app */
  private async inspect(token: string): Promise<TokenFacts> {
    const { appId, appSecret, graphBase } = this.settings;
    const body = await callGraph(LABEL, {
      method: 'GET',
      url: `${graphBase}/debug_token`,
      query: { input_token: token, access_token: `${appId}|${appSecret}` },
    });
    const data = objectOf(body['data']);
    if (!data) throw unreadable(LABEL);
    const userId = idOf(data['user_id']);
    if (data['is_valid'] !== true || idOf(data['app_id']) !== appId || !userId) {
      throw new PlatformFailure('dead', 'Facebook has ended the permission.');
    }
    const expiresAt = momentOf(data['expires_at']);
    const reconnectBy = momentOf(data['data_access_expires_at']);
    return { userId, scopes: scopesOf(data['scopes']), expiresAt, reconnectBy };
  }

  private async get(path: string, token: string, query: Record<string, string>): Promise<Json> {
    const url = `${this.settings.graphBase}/${path}`;
    return callGraph(LABEL, { method: 'GET', url, query: { ...query, ...this.proven(token) } });
  }

  /** A page that is lost to this person is no reason to keep their permission. */
  private async unsubscribe(pageId: string, accessToken: string): Promise<void> {
    try {
      await this.remove(pageId, 'subscribed_apps', accessToken);
    } catch (error) {
      if (!(error instanceof PlatformFailure) || error.kind === 'unavailable') throw error;
    }
  }

  private async remove(id: string, what: string, token: string): Promise<void> {
    const url = `${this.settings.graphBase}/${encodeURIComponent(id)}/${what}`;
    await callGraph(LABEL, { method: 'DELETE', url, query: this.proven(token) });
  }

  private proven(token: string): Record<string, string> {
    const proof = appSecretProof(token, this.settings.appSecret);
    return { access_token: token, appsecret_proof: proof };
  }
}

/** A page that this person may answer messages for. */
function readPage(page: Json): Account[] {
  const id = idOf(page['id']);
  const accessToken = secretOf(page['access_token']);
  const tasks = page['tasks'];
  const answers = !Array.isArray(tasks) || tasks.includes(MESSAGING);
  return id && accessToken && answers ? [{ id, name: nameOf(page['name']), accessToken }] : [];
}
