import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { createRemoteJWKSet, JWTPayload } from 'jose';
import { AppConfig } from '../../platform/config/app-config.js';
import type { TelegramSettings } from '../../platform/config/platform-settings.js';
import { AppError } from '../../platform/http/app-error.js';
import { addressOf, callPlatform, unreadable } from './platform-call.js';
import { PlatformFailure } from './platform-failure.js';
import { idOf, type Json, nameOf, objectOf, secretOf } from './platform-json.js';
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

const LABEL = 'Telegram';
const SCOPES = ['openid', 'profile'];
const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];
const TIMEOUT_MS = 5_000;
/** Kinds of updates that are asked for. */
const UPDATES = ['message', 'edited_message', 'callback_query', 'my_chat_member'];
/** Of a bot token that is unknown or was replaced: 401, or 404 as it stands in the path. */
const DEAD = [401, 404];

/**
 * Telegram (reference: providers.md, section 4): its OpenID Connect code flow, with PKCE and
 * the client's secret, proves who the seller is; the bot through which the shop writes is theirs, and
 * its token is pasted at our page first. A bot token has no end. It stands in the address of every
 * call to the Bot API, which is why addresses are never logged.
 */
@Injectable()
export class TelegramPlatform implements Platform {
  readonly name = 'telegram';
  readonly label = LABEL;
  readonly requiredScopes = [];
  readonly pastedToken = /^\d{5,20}:[\w-]{30,64}$/;
  readonly missingVariables: string[];
  private readonly settings: TelegramSettings;
  private keys?: ReturnType<typeof createRemoteJWKSet>;

  constructor({ platforms: { telegram } }: AppConfig) {
    this.missingVariables = telegram ? [] : ['TELEGRAM_CLIENT_ID', 'TELEGRAM_CLIENT_SECRET'];
    this.settings = telegram ?? { clientId: '', clientSecret: '', oauthBase: '', apiBase: '' };
  }

  authorizeUrl({ state, redirectUri, codeChallenge }: Visit): string {
    return addressOf(`${this.settings.oauthBase}/auth`, {
      client_id: this.settings.clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: SCOPES.join(' '),
      state,
      code_challenge: codeChallenge,
      code_challenge_method: 'S256',
    });
  }

  async exchange({ code, redirectUri, codeVerifier, pasted }: Return): Promise<Grant> {
    if (!pasted || !codeVerifier) {
      throw new PlatformFailure('refused', 'Telegram needs the bot token, pasted at our page.');
    }
    const { clientId, clientSecret, oauthBase } = this.settings;
    const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
    const { body } = await callPlatform(LABEL, {
      method: 'POST',
      url: `${oauthBase}/token`,
      headers: { Authorization: `Basic ${basic}` },
      form: {
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        client_id: clientId,
        code_verifier: codeVerifier,
      },
    });
    const idToken = secretOf(body['id_token']);
    if (!idToken && idOf(body['error'])) {
      throw new PlatformFailure('refused', 'Telegram refused the code.', idOf(body['error']));
    }
    if (!idToken) throw unreadable(LABEL);
    const { sub } = await this.verify(idToken);
    const userId = idOf(sub);
    if (!userId) throw unreadable(LABEL);
    return { token: pasted, userId, scopes: SCOPES };
  }

  async listAccounts({ token }: Pick<Grant, 'token'>): Promise<Account[]> {
    const bot = objectOf(await this.call(token, 'getMe'));
    const id = idOf(bot?.['id']);
    if (!bot || !id || bot['is_bot'] !== true) throw unreadable(LABEL);
    return [{ id, name: nameOf(bot['username'], bot['first_name']), accessToken: token }];
  }

  async subscribe({ accessToken }: Account, { url, secret }: WebhookTarget): Promise<void> {
    const target = { url, secret_token: secret, allowed_updates: UPDATES };
    await this.call(accessToken, 'setWebhook', target);
  }

  async check({ accessToken = '' }: Held): Promise<Pick<Renewed, 'reconnectBy'>> {
    await this.listAccounts({ token: accessToken });
    return {};
  }

  async revoke({ accessToken }: Held): Promise<void> {
    if (accessToken) await this.call(accessToken, 'deleteWebhook');
  }

  requireSignature({ headers }: Delivery, _now: Date, keys?: DeliveryKeys): void {
    const sent = String(headers['x-telegram-bot-api-secret-token'] ?? '');
    const hash = createHash('sha256').update(sent).digest();
    if (keys && timingSafeEqual(hash, Buffer.from(keys.secretHash, 'hex'))) return;
    throw new AppError(
      'invalid_signature',
      'The secret token of this webhook is missing or wrong: connect the bot again.',
    );
  }

  /** @throws PlatformFailure `refused` for a token that is not Telegram's for us, now */
  private async verify(idToken: string): Promise<JWTPayload> {
    const { oauthBase: issuer, clientId: audience } = this.settings;
    // Loaded with the first seller who comes back: most starts have no use for it.
    const { createRemoteJWKSet, errors, jwtVerify } = await import('jose');
    const address = new URL(`${issuer}/.well-known/jwks.json`);
    this.keys ??= createRemoteJWKSet(address, { timeoutDuration: TIMEOUT_MS });
    try {
      const options = { issuer, audience, algorithms: ALGORITHMS, requiredClaims: ['exp', 'sub'] };
      return (await jwtVerify(idToken, this.keys, options)).payload;
    } catch (error) {
      const code = error instanceof errors.JOSEError ? error.code : undefined;
      // The keys could not be fetched or read, which says nothing of the token.
      const isOutage =
        !code || ['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID'].includes(code);
      if (isOutage)
        throw new PlatformFailure('unavailable', "Telegram's keys cannot be read.", code);
      throw new PlatformFailure('refused', "Telegram's identity token is not good.", code);
    }
  }

  private async call(token: string, method: string, json: object = {}): Promise<unknown> {
    const url = `${this.settings.apiBase}/bot${token}/${method}`;
    const { body } = await callPlatform(LABEL, { method: 'POST', url, json });
    if (body['ok'] === true) return body['result'];
    throw failureOf(body);
  }
}

function failureOf(body: Json): PlatformFailure {
  const code = Number(body['error_code']);
  if (DEAD.includes(code)) {
    return new PlatformFailure('dead', 'Telegram does not know the bot token.', code);
  }
  if (body['ok'] !== false) return unreadable(LABEL, code);
  const kind = code === 429 || code >= 500 ? 'unavailable' : 'refused';
  return new PlatformFailure(kind, 'Telegram refused.', code);
}
