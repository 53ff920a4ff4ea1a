import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../platform/config/app-config.js';
import { AppError } from '../../platform/http/app-error.js';
import { addressOf, callPlatform, unreadable } from './platform-call.js';
import { PlatformFailure } from './platform-failure.js';
import { idOf, type Json, nameOf } from './platform-json.js';
import type {
  Account,
  Delivery,
  DeliveryKeys,
  Grant,
  Held,
  Platform,
  Renewed,
  Return,
  Visit,
  WebhookTarget,
} from './platform.js';

const LABEL = 'Viber';
/** invalidAuthToken, publicAccountBlocked, publicAccountNotFound, publicAccountSuspended. */
const DEAD = [2, 7, 8, 9];
const TOO_MANY_REQUESTS = 12;
const EVENTS = [
  'delivered',
  'seen',
  'failed',
  'subscribed',
  'unsubscribed',
  'conversation_started',
];
const SIGNATURE = /^[0-9a-f]{64}$/;

/**
 * Viber (reference: providers.md, section 5). It has no OAuth: a bot has one token, without end,
 * that the seller pastes at our page; the way from there to our callback is OAuth's, with a code that
 * only the browser which set out can have. Answers are 200 even for failures: `status` tells.
 */
@Injectable()
export class ViberPlatform implements Platform {
  readonly name = 'viber';
  readonly label = LABEL;
  readonly requiredScopes = [];
  readonly pastedToken = /^[\w-]{20,200}$/;
  /** There is nothing to set up. */
  readonly missingVariables = [];
  private readonly apiBase: string;

  constructor({ platforms: { viber } }: AppConfig) {
    this.apiBase = viber.apiBase;
  }

  authorizeUrl({ state, redirectUri, codeChallenge }: Visit): string {
    return addressOf(redirectUri, { code: codeChallenge, state });
  }

  async exchange({ code, codeVerifier = '', pasted }: Return): Promise<Grant> {
    const expected = createHash('sha256').update(codeVerifier).digest('base64url');
    if (!pasted || code !== expected) {
      throw new PlatformFailure('refused', 'Viber needs the bot token, pasted at our page.');
    }
    const [bot] = await this.listAccounts({ token: pasted });
    return { token: pasted, userId: bot!.id, scopes: [] };
  }

  async listAccounts({ token }: Pick<Grant, 'token'>): Promise<Account[]> {
    const body = await this.call(token, 'get_account_info');
    const id = idOf(body['id']);
    if (!id) throw unreadable(LABEL);
    return [{ id, name: nameOf(body['name'], body['uri']), accessToken: token }];
  }

  /** Viber calls `url` before it answers. */
  async subscribe({ accessToken }: Account, { url }: WebhookTarget): Promise<void> {
    const target = { url, event_types: EVENTS, send_name: true, send_photo: true };
    await this.call(accessToken, 'set_webhook', target);
  }

  async check({ accessToken = '' }: Held): Promise<Pick<Renewed, 'reconnectBy'>> {
    await this.listAccounts({ token: accessToken });
    return {};
  }

  async revoke({ accessToken }: Held): Promise<void> {
    if (accessToken) await this.call(accessToken, 'set_webhook', { url: '' });
  }

  /** Hex HMAC-SHA256 of the body under the bot's token. */
  requireSignature({ body, headers }: Delivery, _now: Date, keys?: DeliveryKeys): void {
    const sent = String(headers['x-viber-content-signature'] ?? '').toLowerCase();
    if (keys && SIGNATURE.test(sent)) {
      const own = createHmac('sha256', keys.accessToken).update(body).digest();
      if (timingSafeEqual(Buffer.from(sent, 'hex'), own)) return;
    }
    throw new AppError(
      'invalid_signature',
      'The X-Viber-Content-Signature of this webhook is missing or wrong: connect the bot again.',
    );
  }

  private async call(token: string, method: string, json: object = {}): Promise<Json> {
    const { body } = await callPlatform(LABEL, {
      method: 'POST',
      url: `${this.apiBase}/${method}`,
      headers: { 'X-Viber-Auth-Token': token },
      json,
    });
    const status = body['status'];
    if (status === 0) return body;
    if (typeof status !== 'number') throw unreadable(LABEL);
    if (DEAD.includes(status)) {
      throw new PlatformFailure('dead', 'Viber does not take the bot token.', status);
    }
    const kind = status === TOO_MANY_REQUESTS ? 'unavailable' : 'refused';
    throw new PlatformFailure(kind, 'Viber refused.', status);
  }
}
