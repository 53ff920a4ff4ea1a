import { createHmac, randomBytes } from 'node:crypto';
import {
  HOSTILE_TEXT,
  type PlatformReply,
  type PlatformRequest,
  PlatformServer,
} from './platform.server.js';

export const TIKTOK_KEY = 'awtiktokkey01';
export const TIKTOK_SECRET = 'tiktok-secret-0123456789abcdef';
export const TIKTOK_OPEN_ID = '_000a1B2c3D4';
const SCOPES = 'user.info.basic';
const FORM = 'application/x-www-form-urlencoded';

/** TikTok's Login Kit v2: refresh tokens that change at each use, errors with 200. */
export class TiktokServer extends PlatformServer {
  scopes: string[] = [SCOPES];
  expiresIn = 86_400;
  refreshExpiresIn = 31_536_000;
  private readonly tokens = new Set<string>();
  private readonly refreshTokens = new Set<string>();

  protected override readonly dialogPath = '/v2/auth/authorize/';
  protected readonly refusal = { status: 401, body: failure('invalid_grant') };
  protected readonly errorIn200 = failure('internal_error');

  get variables(): Record<string, string> {
    return {
      TIKTOK_CLIENT_KEY: TIKTOK_KEY,
      TIKTOK_CLIENT_SECRET: TIKTOK_SECRET,
      TIKTOK_API_BASE: this.base,
    };
  }

  override agree(url: string): Record<string, string> {
    const given = this.visited(url, this.dialogPath, {
      client_key: TIKTOK_KEY,
      response_type: 'code',
      scope: SCOPES,
    });
    if (given['client_id'] || given['code_challenge']) throw new Error(`too much in ${url}`);
    const code = this.codeFor(given['redirect_uri']!);
    return { code, scopes: this.scopes.join(','), state: given['state']! };
  }

  codeFor(redirectUri: string): string {
    return this.newCode({ redirectUri, scopes: this.scopes });
  }

  endAll(): void {
    this.tokens.clear();
    this.refreshTokens.clear();
  }

  /** A webhook, signed. */
  webhook(event: object, atSeconds: number): { body: string; signature: string } {
    const body = JSON.stringify({ client_key: TIKTOK_KEY, ...event });
    const own = createHmac('sha256', TIKTOK_SECRET).update(`${atSeconds}.${body}`).digest('hex');
    return { body, signature: `t=${atSeconds},s=${own}` };
  }

  protected answer({ method, path, query, headers, fields }: PlatformRequest): PlatformReply {
    const route = `${method} ${path}`;
    if (route === 'GET /v2/user/info/') {
      const token = headers.authorization?.replace(/^Bearer /, '') ?? '';
      const isGood = this.tokens.has(token) && query['fields']?.includes('open_id');
      const user = { open_id: TIKTOK_OPEN_ID, union_id: 'u1', display_name: 'Mya on TikTok' };
      return isGood
        ? { body: { data: { user }, error: { code: 'ok', message: '', log_id: '1' } } }
        : {
            status: 401,
            body: { error: { code: 'access_token_invalid', message: 'x', log_id: '1' } },
          };
    }
    const isOurs = fields['client_key'] === TIKTOK_KEY && fields['client_secret'] === TIKTOK_SECRET;
    if (!isOurs || !headers['content-type']?.startsWith(FORM))
      return { body: failure('invalid_client') };
    if (route === 'POST /v2/oauth/revoke/') {
      if (!this.tokens.delete(fields['token'])) return { body: failure('invalid_grant') };
      return { body: '' };
    }
    if (route !== 'POST /v2/oauth/token/') return { status: 404, body: failure('not_found') };
    if (fields['grant_type'] === 'refresh_token') {
      // It serves once.
      if (!this.refreshTokens.delete(fields['refresh_token']))
        return { body: failure('invalid_grant') };
      return this.issue(this.scopes);
    }
    const code = this.takeCode(fields['code'], fields['redirect_uri']);
    return typeof code === 'string' ? { body: failure('invalid_grant') } : this.issue(code.scopes);
  }

  private issue(scopes: string[]): PlatformReply {
    const access_token = `act.${randomBytes(40).toString('hex')}`;
    const refresh_token = `rft.${randomBytes(40).toString('hex')}`;
    this.tokens.add(access_token);
    this.refreshTokens.add(refresh_token);
    return {
      body: {
        open_id: TIKTOK_OPEN_ID,
        scope: scopes.join(','),
        access_token,
        expires_in: this.expiresIn,
        refresh_token,
        refresh_expires_in: this.refreshExpiresIn,
        token_type: 'Bearer',
      },
    };
  }
}

function failure(error: string): object {
  return { error, error_description: HOSTILE_TEXT, log_id: '2026' };
}
