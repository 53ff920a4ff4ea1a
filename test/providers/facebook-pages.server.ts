import { createHmac, randomBytes } from 'node:crypto';
import {
  HOSTILE_TEXT,
  type PlatformReply,
  type PlatformRequest,
  PlatformServer,
} from './platform.server.js';

const VERSION = '/v25.0';
const APP_ID = '1234567890';
export const PAGES_APP_SECRET = 'facebook-pages-secret-0123456789abcdef';
export const VERIFY_TOKEN = 'facebook-verify-token-0123456789';
const SCOPES = [
  'pages_show_list',
  'pages_messaging',
  'pages_manage_metadata',
  'pages_read_engagement',
];
const SIXTY_DAYS = 5_183_944;

export interface Page {
  id: string;
  name: string;
  tasks?: string[];
}

interface Person {
  id: string;
  pages: Page[];
  scopes: string[];
}

/** Facebook Login for pages, and the part of the Graph API that a connection needs. */
export class FacebookPagesServer extends PlatformServer {
  /** Who agrees in the dialog. */
  person: Person = { id: '9001', pages: [{ id: '7001', name: 'Mya Coffee' }], scopes: SCOPES };
  /** Seconds of a long-lived token, as the exchange tells them; it may leave them out. */
  expiresIn: number | undefined = SIXTY_DAYS;
  /** Seconds until data access lapses, from now. */
  dataAccess = 90 * 86_400;
  readonly subscribed = new Set<string>();
  private readonly tokens = new Map<string, { person: Person; page?: string; isShort?: boolean }>();

  protected override readonly dialogPath = `${VERSION}/dialog/oauth`;
  protected readonly refusal = { status: 400, body: failure(100, HOSTILE_TEXT, 36009) };
  protected readonly errorIn200 = failure(1, HOSTILE_TEXT);

  get variables(): Record<string, string> {
    return {
      FACEBOOK_APP_ID: APP_ID,
      FACEBOOK_APP_SECRET: PAGES_APP_SECRET,
      FACEBOOK_GRAPH_BASE: `${this.base}${VERSION}`,
      FACEBOOK_DIALOG_BASE: `${this.base}${VERSION}`,
      FACEBOOK_VERIFY_TOKEN: VERIFY_TOKEN,
    };
  }

  override agree(url: string): Record<string, string> {
    const { state, redirect_uri } = this.visited(url, this.dialogPath, {
      client_id: APP_ID,
      response_type: 'code',
      scope: SCOPES.join(','),
    });
    return { code: this.codeFor(redirect_uri!), state: state! };
  }

  refuse(url: string): Record<string, string> {
    const state = new URL(url).searchParams.get('state')!;
    return { error: 'access_denied', error_description: HOSTILE_TEXT, state };
  }

  codeFor(redirectUri: string): string {
    return this.newCode({ redirectUri, scopes: this.person.scopes });
  }

  /** Ends all that was ever allowed. */
  endAll(): void {
    this.tokens.clear();
  }

  protected answer(request: PlatformRequest): PlatformReply {
    const { method, query, fields } = request;
    const path = request.path.slice(VERSION.length);
    const route = `${method} ${path}`;
    if (route === 'POST /oauth/access_token') return this.fetchToken(fields);
    if (route === 'GET /debug_token') return this.inspect(query);
    const known = this.tokens.get(query['access_token'] ?? fields['access_token'] ?? '');
    if (!known) return { status: 400, body: failure(190, 'Error validating access token') };
    if (!this.isProven({ ...query, ...fields })) {
      return { status: 400, body: failure(100, 'Invalid appsecret_proof') };
    }
    if (route === 'GET /me/accounts') return this.pages(known.person, query);
    const [, id = '', what] = path.split('/');
    if (what === 'subscribed_apps' && known.page === id) {
      if (method === 'POST' && !fields['subscribed_fields']?.includes('messages')) {
        return { status: 400, body: failure(100, 'subscribed_fields') };
      }
      if (method === 'POST') this.subscribed.add(id);
      else this.subscribed.delete(id);
      return { body: { success: true } };
    }
    if (method === 'DELETE' && what === 'permissions' && known.person.id === id && !known.page) {
      this.tokens.clear();
      return { body: { success: true } };
    }
    return { status: 400, body: failure(2500, 'Unknown path components') };
  }

  private fetchToken(fields: Record<string, string>): PlatformReply {
    if (fields['client_id'] !== APP_ID || fields['client_secret'] !== PAGES_APP_SECRET) {
      return { status: 400, body: failure(101, 'wrong app') };
    }
    if (fields['grant_type'] === 'fb_exchange_token') {
      const known = this.tokens.get(fields['fb_exchange_token'] ?? '');
      if (!known || known.page) return { status: 400, body: failure(190, 'dead') };
      const access_token = this.issue(known.person);
      return { body: { access_token, token_type: 'bearer', expires_in: this.expiresIn } };
    }
    const code = this.takeCode(fields['code'], fields['redirect_uri']);
    if (typeof code === 'string') return { status: 400, body: failure(100, code, 36009) };
    return { body: { access_token: this.issue(this.person), token_type: 'bearer' } };
  }

  private inspect(query: Record<string, string>): PlatformReply {
    if (query['access_token'] !== `${APP_ID}|${PAGES_APP_SECRET}`) {
      return { status: 400, body: failure(190, 'not an app token') };
    }
    const known = this.tokens.get(query['input_token'] ?? '');
    if (!known) return { body: { data: { app_id: APP_ID, is_valid: false, scopes: [] } } };
    return {
      body: {
        data: {
          app_id: APP_ID,
          is_valid: true,
          // A page's has no end.
          expires_at: known.page ? 0 : Math.floor(Date.now() / 1_000) + SIXTY_DAYS,
          data_access_expires_at: Math.floor(Date.now() / 1_000) + this.dataAccess,
          scopes: known.person.scopes,
          user_id: known.person.id,
        },
      },
    };
  }

  /** Two a page. */
  private pages({ pages }: Person, { after = '0' }: Record<string, string>): PlatformReply {
    const from = Number(after);
    const data = pages
      .slice(from, from + 2)
      .map(({ tasks = ['MESSAGING', 'MODERATE'], ...page }) => ({
        ...page,
        tasks,
        access_token: this.issue(this.person, page.id),
      }));
    const isMore = from + 2 < pages.length;
    const cursors = { before: String(from), after: String(from + 2) };
    // Whoever follows the address itself has given the token away.
    const next = `${this.base}/stolen`;
    return { body: { data, paging: { cursors, ...(isMore ? { next } : {}) } } };
  }

  private issue(person: Person, page?: string): string {
    const token = `EAA${randomBytes(40).toString('hex')}`;
    this.tokens.set(token, { person, page });
    return token;
  }

  private isProven({ access_token, appsecret_proof }: Record<string, string>): boolean {
    const own = createHmac('sha256', PAGES_APP_SECRET)
      .update(access_token ?? '')
      .digest('hex');
    return own === appsecret_proof;
  }
}

function failure(code: number, message: string, error_subcode?: number): object {
  return { error: { message, type: 'OAuthException', code, error_subcode, fbtrace_id: 'AbC' } };
}
