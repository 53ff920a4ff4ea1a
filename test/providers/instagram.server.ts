import { randomBytes } from 'node:crypto';
import {
  HOSTILE_TEXT,
  type PlatformReply,
  type PlatformRequest,
  PlatformServer,
} from './platform.server.js';

const APP_ID = '2234567890';
export const INSTAGRAM_SECRET = 'instagram-secret-0123456789abcdef';
const SCOPES = 'instagram_business_basic,instagram_business_manage_messages';
const SIXTY_DAYS = 5_184_000;
/** More than JavaScript counts to, and sent as a number. */
export const INSTAGRAM_USER_ID = '17841405793187219';

/** The Instagram API with Instagram Login; all three hosts in one. */
export class InstagramServer extends PlatformServer {
  scopes: string[] = SCOPES.split(',');
  expiresIn = SIXTY_DAYS;
  /** Whether the token comes in `data[]`. */
  inList = false;
  readonly subscribed = new Set<string>();
  private readonly short = new Set<string>();
  private readonly long = new Set<string>();

  protected override readonly dialogPath = '/oauth/authorize';
  protected readonly refusal = {
    status: 400,
    body: { error_type: 'OAuthException', code: 400, error_message: HOSTILE_TEXT },
  };
  protected readonly errorIn200 = { error: { message: HOSTILE_TEXT, code: 2 } };

  get variables(): Record<string, string> {
    return {
      INSTAGRAM_APP_ID: APP_ID,
      INSTAGRAM_APP_SECRET: INSTAGRAM_SECRET,
      INSTAGRAM_API_BASE: this.base,
    };
  }

  override agree(url: string): Record<string, string> {
    const { state, redirect_uri } = this.visited(url, this.dialogPath, {
      client_id: APP_ID,
      response_type: 'code',
      scope: SCOPES,
    });
    return { code: `${this.codeFor(redirect_uri!)}#_`, state: state! };
  }

  codeFor(redirectUri: string): string {
    return this.newCode({ redirectUri, scopes: this.scopes });
  }

  endAll(): void {
    this.long.clear();
  }

  protected answer({ method, path, query, fields }: PlatformRequest): PlatformReply {
    const route = `${method} ${path}`;
    if (route === 'POST /oauth/access_token') return this.exchange(fields);
    if (route === 'GET /access_token') {
      const isOurs = query['client_secret'] === INSTAGRAM_SECRET;
      const isKind = query['grant_type'] === 'ig_exchange_token';
      return isOurs && isKind && this.short.has(query['access_token']!) ? this.issue() : dead();
    }
    const token = query['access_token'] ?? fields['access_token'];
    if (!this.long.has(token)) return dead();
    if (route === 'GET /refresh_access_token') {
      return query['grant_type'] === 'ig_refresh_token' ? this.issue() : dead();
    }
    if (route === 'GET /v25.0/me') {
      return {
        body: {
          user_id: INSTAGRAM_USER_ID,
          id: '42',
          username: 'mya.coffee',
          account_type: 'BUSINESS',
        },
      };
    }
    if (path === `/v25.0/${INSTAGRAM_USER_ID}/subscribed_apps`) {
      if (method === 'POST') this.subscribed.add(INSTAGRAM_USER_ID);
      else this.subscribed.delete(INSTAGRAM_USER_ID);
      return { body: { success: true } };
    }
    return { status: 400, body: { error: { message: 'Unknown path', code: 100 } } };
  }

  private exchange(fields: Record<string, string>): PlatformReply {
    const { client_id, client_secret, grant_type, redirect_uri, code } = fields;
    if (client_id !== APP_ID || client_secret !== INSTAGRAM_SECRET) return this.refusal;
    const taken = grant_type === 'authorization_code' && this.takeCode(code, redirect_uri);
    if (typeof taken !== 'object') return this.refusal;
    const access_token = `IGQ${randomBytes(40).toString('hex')}`;
    this.short.add(access_token);
    // As text, since numbers this large cannot be written from here.
    const body = `{"access_token":"${access_token}","user_id":${INSTAGRAM_USER_ID},"permissions":${JSON.stringify(taken.scopes)}}`;
    return { body: this.inList ? `{"data":[${body}]}` : body };
  }

  private issue(): PlatformReply {
    const access_token = `IGL${randomBytes(40).toString('hex')}`;
    this.long.add(access_token);
    return { body: { access_token, token_type: 'bearer', expires_in: this.expiresIn } };
  }
}

function dead(): PlatformReply {
  return {
    status: 400,
    body: { error: { message: 'Invalid token', type: 'OAuthException', code: 190 } },
  };
}
