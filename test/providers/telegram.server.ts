import { randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import {
  HOSTILE_TEXT,
  type PlatformReply,
  type PlatformRequest,
  PlatformServer,
} from './platform.server.js';

const CLIENT_ID = '7000000001';
export const TELEGRAM_SECRET = 'telegram-secret-0123456789abcdef';
export const BOT_TOKEN = `7000000002:${randomBytes(18).toString('hex')}`;
const MINUTE_S = 60;

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

/** Telegram's OpenID Connect provider and its Bot API. */
export class TelegramServer extends PlatformServer {
  /** Claims that differ from what is right. */
  claims: { iss?: string; aud?: string; expiresInS?: number } = {};
  /** Signs with a key that is not published. */
  signsWithOther = false;
  isDead = false;
  webhook: { url: string; secret_token: string } | undefined;
  private keys: KeyPair;
  private otherKeys: KeyPair;

  protected override readonly dialogPath = '/auth';
  protected readonly refusal = {
    status: 400,
    body: { error: 'invalid_grant', ok: false, error_code: 400, description: HOSTILE_TEXT },
  };
  protected readonly errorIn200 = { ok: false, error_code: 500, description: HOSTILE_TEXT };

  override async start(): Promise<this> {
    this.keys = await generateKeyPair('ES256', { extractable: true });
    this.otherKeys = await generateKeyPair('ES256');
    return super.start();
  }

  get variables(): Record<string, string> {
    return {
      TELEGRAM_CLIENT_ID: CLIENT_ID,
      TELEGRAM_CLIENT_SECRET: TELEGRAM_SECRET,
      TELEGRAM_OAUTH_BASE: this.base,
      TELEGRAM_API_BASE: this.base,
    };
  }

  override agree(url: string): Record<string, string> {
    const given = this.visited(url, this.dialogPath, {
      client_id: CLIENT_ID,
      response_type: 'code',
      scope: 'openid profile',
      code_challenge_method: 'S256',
    });
    const { state = '', redirect_uri = '', code_challenge = '' } = given;
    if (state.length > 64 || code_challenge.length !== 43) throw new Error(`odd values in ${url}`);
    const code = this.newCode({ redirectUri: redirect_uri, challenge: code_challenge, scopes: [] });
    return { code, state };
  }

  endAll(): void {
    this.isDead = true;
  }

  protected async answer(request: PlatformRequest): Promise<PlatformReply> {
    const { method, path, headers, fields } = request;
    if (path === '/.well-known/jwks.json') {
      const jwk = await exportJWK(this.keys.publicKey);
      return { body: { keys: [{ ...jwk, kid: 'k1', alg: 'ES256', use: 'sig' }] } };
    }
    if (`${method} ${path}` === 'POST /token') {
      const basic = Buffer.from(`${CLIENT_ID}:${TELEGRAM_SECRET}`).toString('base64');
      if (headers.authorization !== `Basic ${basic}` || fields['client_id'] !== CLIENT_ID) {
        return { status: 401, body: { error: 'invalid_client' } };
      }
      const isKind = fields['grant_type'] === 'authorization_code';
      const code =
        isKind && this.takeCode(fields['code'], fields['redirect_uri'], fields['code_verifier']);
      return typeof code === 'object' ? this.issue() : this.refusal;
    }
    const [, token, name] = /^\/bot([^/]+)\/(\w+)$/.exec(path) ?? [];
    if (token !== BOT_TOKEN || this.isDead) {
      return { status: 401, body: { ok: false, error_code: 401, description: 'Unauthorized' } };
    }
    return this.bot(name!, fields);
  }

  private bot(name: string, fields: Record<string, any>): PlatformReply {
    if (name === 'getMe') {
      const result = { id: 7_000_000_002, is_bot: true, first_name: 'Mya', username: 'mya_bot' };
      return { body: { ok: true, result } };
    }
    if (name === 'setWebhook' && /^[\w-]{1,256}$/.test(fields['secret_token'])) {
      this.webhook = fields as { url: string; secret_token: string };
      return { body: { ok: true, result: true } };
    }
    if (name === 'deleteWebhook') {
      this.webhook = undefined;
      return { body: { ok: true, result: true } };
    }
    return { status: 400, body: { ok: false, error_code: 400, description: 'Bad Request' } };
  }

  private async issue(): Promise<PlatformReply> {
    const { iss = this.base, aud = CLIENT_ID, expiresInS = MINUTE_S } = this.claims;
    const now = Math.floor(Date.now() / 1_000);
    const id_token = await new SignJWT({ id: 5_001, name: 'Mya' })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .setSubject('4911111111111111111')
      .setIssuer(iss)
      .setAudience(aud)
      .setIssuedAt(now - 2 * MINUTE_S)
      .setExpirationTime(now + expiresInS)
      .sign((this.signsWithOther ? this.otherKeys : this.keys).privateKey);
    const access_token = randomBytes(20).toString('hex');
    return { body: { access_token, token_type: 'Bearer', expires_in: 3_600, id_token } };
  }
}
