import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../platform/config/app-config.js';
import type { InstagramSettings } from '../../platform/config/platform-settings.js';
import { callGraph, requireMetaSignature } from './graph.js';
import { addressOf, unreadable } from './platform-call.js';
import { after, idOf, type Json, listOf, nameOf, scopesOf, secretOf } from './platform-json.js';
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

const LABEL = 'Instagram';
const SCOPES = ['instagram_business_basic', 'instagram_business_manage_messages'];
const FIELDS = 'messages,messaging_postbacks,message_reactions,messaging_seen';
const VERSION = 'v25.0';

/**
 * The Instagram API with Instagram Login, for professional accounts, without a Facebook page
 * (reference: providers.md, section 2 A). The code gives a token for an hour, that one a long-lived
 * one (60 days), which is refreshed while it is at least a day old and not expired. Webhooks name
 * the account by `user_id`, never by `id`. There is no PKCE, and nothing that revokes.
 */
@Injectable()
export class InstagramPlatform implements Platform {
  readonly name = 'instagram';
  readonly label = LABEL;
  readonly requiredScopes = SCOPES;
  readonly missingVariables: string[];
  private readonly settings: InstagramSettings;

  constructor({ platforms: { instagram } }: AppConfig) {
    this.missingVariables = instagram ? [] : ['INSTAGRAM_APP_ID', 'INSTAGRAM_APP_SECRET'];
    this.settings = instagram ?? {
      appId: '',
      appSecret: '',
      dialogBase: '',
      tokenBase: '',
      graphBase: '',
    };
  }

  authorizeUrl({ state, redirectUri }: Visit): string {
    return addressOf(`${this.settings.dialogBase}/oauth/authorize`, {
      client_id: this.settings.appId,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: SCOPES.join(','),
      state,
    });
  }

  async exchange({ code, redirectUri }: Return): Promise<Grant> {
    const { appId, appSecret, tokenBase } = this.settings;
    const body = await callGraph(LABEL, {
      method: 'POST',
      url: `${tokenBase}/oauth/access_token`,
      form: {
        client_id: appId,
        client_secret: appSecret,
        grant_type: 'authorization_code',
        redirect_uri: redirectUri,
        // Browsers hand over what the dialog hangs at the end of its address.
        code: code.replace(/#_$/, ''),
      },
    });
    // Flat, or the first of a list: both are documented.
    const [first = body] = listOf(body['data']);
    const short = secretOf(first['access_token']);
    const userId = idOf(first['user_id']);
    if (!short || !userId) throw unreadable(LABEL);
    const long = await this.fetchToken('access_token', {
      grant_type: 'ig_exchange_token',
      client_secret: appSecret,
      access_token: short,
    });
    return { ...long, userId, scopes: scopesOf(first['permissions']) };
  }

  async listAccounts({ token }: Pick<Grant, 'token'>): Promise<Account[]> {
    const body = await this.me(token);
    const id = idOf(body['user_id']);
    if (!id) throw unreadable(LABEL);
    return [{ id, name: nameOf(body['username']), accessToken: token }];
  }

  async subscribe({ id, accessToken }: Account): Promise<void> {
    await callGraph(LABEL, {
      method: 'POST',
      url: `${this.settings.graphBase}/${VERSION}/${encodeURIComponent(id)}/subscribed_apps`,
      form: { subscribed_fields: FIELDS, access_token: accessToken },
    });
  }

  async refresh({ accessToken = '' }: Held): Promise<Renewed> {
    const { token, expiresAt } = await this.fetchToken('refresh_access_token', {
      grant_type: 'ig_refresh_token',
      access_token: accessToken,
    });
    return { accessToken: token, expiresAt };
  }

  async check({ accessToken = '' }: Held): Promise<Pick<Renewed, 'reconnectBy'>> {
    await this.me(accessToken);
    return {};
  }

  async revoke({ pageId, accessToken }: Held): Promise<void> {
    if (!pageId || !accessToken) return;
    await callGraph(LABEL, {
      method: 'DELETE',
      url: `${this.settings.graphBase}/${VERSION}/${encodeURIComponent(pageId)}/subscribed_apps`,
      query: { access_token: accessToken },
    });
  }

  requireSignature(delivery: Delivery): void {
    requireMetaSignature(delivery, [this.settings.appSecret]);
  }

  private async me(token: string): Promise<Json> {
    return callGraph(LABEL, {
      method: 'GET',
      url: `${this.settings.graphBase}/${VERSION}/me`,
      query: { fields: 'user_id,id,username,account_type', access_token: token },
    });
  }

  private async fetchToken(
    path: string,
    query: Record<string, string>,
  ): Promise<{ token: string; expiresAt?: Date }> {
    const url = `${this.settings.graphBase}/${path}`;
    const body = await callGraph(LABEL, { method: 'GET', url, query });
    const token = secretOf(body['access_token']);
    if (!token) throw unreadable(LABEL);
    return { token, expiresAt: after(body['expires_in'], new Date()) };
  }
}
