import { createHmac, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../platform/config/app-config.js';
import type { TiktokSettings } from '../../platform/config/platform-settings.js';
import { AppError } from '../../platform/http/app-error.js';
import { addressOf, callPlatform, unreadable } from './platform-call.js';
import { PlatformFailure } from './platform-failure.js';
import {
  after,
  idOf,
  momentOf,
  nameOf,
  objectOf,
  parseObject,
  scopesOf,
  secretOf,
} from './platform-json.js';
import type {
  Account,
  Delivery,
  Grant,
  Held,
  Platform,
  PlatformEvent,
  Renewed,
  Return,
  Visit,
} from './platform.js';

const LABEL = 'TikTok';
const SCOPES = ['user.info.basic'];
/** Of the token endpoint and of the API: a person, or TikTok, has taken the permission back. */
const DEAD = [
  'invalid_grant',
  'access_token_invalid',
  'token_not_authorized',
  'scope_not_authorized',
];
const UNAVAILABLE = ['rate_limit_exceeded', 'internal_error', 'server_error'];
const SIGNATURE = /^t=(\d{1,12}),s=([0-9a-f]{64})$/;
const TOLERANCE_S = 300;
const SECOND_MS = 1_000;

/**
 * TikTok's Login Kit v2 for the web (reference: providers.md, section 3): `client_key` for a client
 * id, an access token for a day, a refresh token for a year that may change at each use. Errors may
 * come with 200, so that only an answer with a token is one. The web flow has no PKCE. Login Kit
 * carries no messages: they need a grant of the Business Messaging API.
 */
@Injectable()
export class TiktokPlatform implements Platform {
  readonly name = 'tiktok';
  readonly label = LABEL;
  readonly requiredScopes = SCOPES;
  readonly missingVariables: string[];
  private readonly settings: TiktokSettings;

  constructor({ platforms: { tiktok } }: AppConfig) {
    this.missingVariables = tiktok ? [] : ['TIKTOK_CLIENT_KEY', 'TIKTOK_CLIENT_SECRET'];
    this.settings = tiktok ?? { clientKey: '', clientSecret: '', dialogBase: '', apiBase: '' };
  }

  authorizeUrl({ state, redirectUri }: Visit): string {
    return addressOf(`${this.settings.dialogBase}/v2/auth/authorize/`, {
      client_key: this.settings.clientKey,
      scope: SCOPES.join(','),
      response_type: 'code',
      redirect_uri: redirectUri,
      state,
    });
  }

  async exchange({ code, redirectUri }: Return): Promise<Grant> {
    const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri };
    // Of a code `invalid_grant` says only that it is no good.
    return this.fetchToken(form, 'refused');
  }

  async listAccounts({ token, userId }: Pick<Grant, 'token' | 'userId'>): Promise<Account[]> {
    const { body } = await callPlatform(LABEL, {
      method: 'GET',
      url: `${this.settings.apiBase}/v2/user/info/`,
      query: { fields: 'open_id,union_id,display_name,avatar_url' },
      headers: { Authorization: `Bearer ${token}` },
    });
    const code = objectOf(body['error'])?.['code'];
    if (code !== 'ok') throw failureOf(code, 'dead');
    const user = objectOf(objectOf(body['data'])?.['user']);
    if (!user || idOf(user['open_id']) !== userId) throw unreadable(LABEL);
    return [{ id: userId, name: nameOf(user['display_name']), accessToken: token }];
  }

  /** The webhook's address is a setting of the app at TikTok, for all accounts. */
  async subscribe(): Promise<void> {}

  async refresh({ refreshToken = '' }: Held): Promise<Renewed> {
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
    const { token, ...renewed } = await this.fetchToken(form, 'dead');
    return { accessToken: token, ...renewed };
  }

  async check({ accessToken = '', platformUserId }: Held): Promise<Pick<Renewed, 'reconnectBy'>> {
    await this.listAccounts({ token: accessToken, userId: platformUserId });
    return {};
  }

  async revoke({ accessToken }: Held): Promise<void> {
    if (!accessToken) return;
    const { clientKey, clientSecret, apiBase } = this.settings;
    const { body } = await callPlatform(LABEL, {
      method: 'POST',
      url: `${apiBase}/v2/oauth/revoke/`,
      form: { client_key: clientKey, client_secret: clientSecret, token: accessToken },
    });
    if (body['error'] !== undefined) throw failureOf(body['error'], 'dead');
  }

  /** `t=<seconds>,s=<hex>`: HMAC-SHA256 of `<t>.<body>` under the client secret. */
  requireSignature({ body, headers }: Delivery, now: Date): void {
    const [, time, sent] = SIGNATURE.exec(String(headers['tiktok-signature'] ?? '')) ?? [];
    if (!time || !sent) throw refused('missing or broken: send it as TikTok made it.');
    const own = createHmac('sha256', this.settings.clientSecret).update(`${time}.`).update(body);
    if (!timingSafeEqual(Buffer.from(sent, 'hex'), own.digest())) {
      throw refused('wrong: check the client secret.');
    }
    if (Math.abs(now.getTime() / SECOND_MS - Number(time)) > TOLERANCE_S) {
      throw refused('too far from the present: check the clocks.');
    }
  }

  readEvents(body: Buffer): PlatformEvent[] {
    const { client_key, event, user_openid, create_time } = parseObject(body.toString()) ?? {};
    const pageId = idOf(user_openid);
    const at = momentOf(create_time);
    const isOurs = client_key === this.settings.clientKey;
    if (!isOurs || event !== 'authorization.removed' || !pageId || !at) return [];
    return [{ kind: 'removed', pageId, at }];
  }

  private async fetchToken(
    form: Record<string, string>,
    ifInvalid: 'dead' | 'refused',
  ): Promise<Grant> {
    const { clientKey, clientSecret, apiBase } = this.settings;
    const { body } = await callPlatform(LABEL, {
      method: 'POST',
      url: `${apiBase}/v2/oauth/token/`,
      form: { client_key: clientKey, client_secret: clientSecret, ...form },
    });
    const token = secretOf(body['access_token']);
    if (!token && body['error'] !== undefined) throw failureOf(body['error'], ifInvalid);
    const userId = idOf(body['open_id']);
    const refreshToken = secretOf(body['refresh_token']);
    if (!token || !refreshToken || !userId) throw unreadable(LABEL);
    const now = new Date();
    return {
      token,
      refreshToken,
      userId,
      scopes: scopesOf(body['scope']),
      expiresAt: after(body['expires_in'], now),
      reconnectBy: after(body['refresh_expires_in'], now),
    };
  }
}

/** @param ifInvalid what it means that the token or the code is no good */
function failureOf(code: unknown, ifInvalid: 'dead' | 'refused'): PlatformFailure {
  const known = idOf(code) ?? 'unknown';
  if (DEAD.includes(known)) {
    return new PlatformFailure(ifInvalid, 'TikTok does not take the permission any more.', known);
  }
  const kind = UNAVAILABLE.includes(known) ? 'unavailable' : 'refused';
  return new PlatformFailure(kind, 'TikTok refused.', known);
}

function refused(what: string): AppError {
  return new AppError('invalid_signature', `The TikTok-Signature of this webhook is ${what}`);
}
