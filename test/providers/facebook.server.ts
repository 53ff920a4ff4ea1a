import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface FacebookPerson {
  id: string;
  name: string;
  email?: unknown;
}

/** What the provider does instead of answering, at the token endpoint or at `GET /me`. */
export type Misbehaviour =
  'server-error' | 'html' | 'null' | 'error-text' | 'odd-token' | 'hang' | 'hang-in-body' | 'reset';

export interface RecordedRequest {
  method: string;
  path: string;
  query: Record<string, string>;
  form: Record<string, string>;
}

const VERSION = 'v25.0';
export const APP_ID = '1234567890';
export const APP_SECRET = 'facebook-app-secret-0123456789abcdef';
/** A provider's text that would run if a page repeated it. */
export const HOSTILE_TEXT = '</script><script>alert(document.domain)</script>';

/** Facebook's login as its documentation describes it, strict in what it accepts. */
export class FacebookServer {
  readonly requests: RecordedRequest[] = [];
  /** By path: `token` and `me`. */
  misbehaviour: Partial<Record<'token' | 'me', Misbehaviour>> = {};
  /** Sockets that a hanging answer left open and that are still open. */
  readonly hanging = new Set<Socket>();
  private readonly codes = new Map<
    string,
    { person: FacebookPerson; redirectUri: string; used: boolean }
  >();
  private readonly tokens = new Map<string, FacebookPerson>();
  private server: Server;

  static async start(): Promise<FacebookServer> {
    const facebook = new FacebookServer();
    facebook.server = createServer((request, response) => {
      facebook.answer(request, response).catch((error: unknown) => {
        response.destroy(error as Error);
      });
    });
    await new Promise<void>((resolve) => {
      facebook.server.listen(0, 'localhost', resolve);
    });
    return facebook;
  }

  get variables(): Record<string, string> {
    const { port } = this.server.address() as AddressInfo;
    const base = `http://localhost:${port}/${VERSION}`;
    return {
      FACEBOOK_APP_ID: APP_ID,
      FACEBOOK_APP_SECRET: APP_SECRET,
      FACEBOOK_GRAPH_BASE: base,
      FACEBOOK_DIALOG_BASE: base,
    };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** The dialog, visited and agreed to by `person`: what its redirect back carries. */
  agree(dialogUrl: string, person: FacebookPerson): { code: string; state: string } {
    const { redirectUri, state } = this.visit(dialogUrl);
    const code = randomBytes(60).toString('base64url');
    this.codes.set(code, { person, redirectUri, used: false });
    return { code, state };
  }

  /** The dialog, visited and refused. */
  refuse(dialogUrl: string): Record<string, string> {
    return {
      error: 'access_denied',
      error_code: '200',
      error_reason: 'user_denied',
      error_description: HOSTILE_TEXT,
      state: this.visit(dialogUrl).state,
    };
  }

  private visit(dialogUrl: string): { redirectUri: string; state: string } {
    const url = new URL(dialogUrl);
    const { client_id, redirect_uri, response_type, state, scope } = Object.fromEntries(
      url.searchParams,
    );
    if (!dialogUrl.startsWith(`${this.variables['FACEBOOK_DIALOG_BASE']}/dialog/oauth?`)) {
      throw new Error(`not the dialog: ${dialogUrl}`);
    }
    if (client_id !== APP_ID || response_type !== 'code' || scope !== 'email') {
      throw new Error(`wrong parameters: ${url.search}`);
    }
    if (!state || !redirect_uri) throw new Error(`no state or redirect_uri: ${url.search}`);
    return { redirectUri: redirect_uri, state };
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, 'http://localhost');
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const recorded: RecordedRequest = {
      method: request.method!,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      form: Object.fromEntries(new URLSearchParams(body)),
    };
    this.requests.push(recorded);
    const route = `${recorded.method} ${recorded.path}`;
    if (route === `POST /${VERSION}/oauth/access_token`) {
      if (this.misbehave('token', response)) return;
      const isForm = request.headers['content-type'] === 'application/x-www-form-urlencoded';
      send(response, isForm ? this.exchange(recorded.form) : failure(100, 'not a form'));
    } else if (route === `GET /${VERSION}/me`) {
      if (this.misbehave('me', response)) return;
      send(response, this.me(recorded.query));
    } else {
      send(response, failure(2500, 'Unknown path components'));
    }
  }

  private exchange(form: Record<string, string>): object {
    const { client_id, client_secret, redirect_uri, code, grant_type } = form;
    if (client_id !== APP_ID || client_secret !== APP_SECRET) return failure(101, 'wrong app');
    if (grant_type !== 'authorization_code') return failure(100, 'wrong grant_type');
    const known = this.codes.get(code ?? '');
    if (!known) return failure(100, 'Invalid verification code format.');
    if (known.redirectUri !== redirect_uri) return failure(100, 'redirect_uri is not identical');
    if (known.used) return failure(100, 'This authorization code has been used.', 36009);
    known.used = true;
    const token = `EAA${randomBytes(40).toString('hex')}`;
    this.tokens.set(token, known.person);
    return { access_token: token, token_type: 'bearer', expires_in: 5_183_944 };
  }

  private me({ access_token = '', appsecret_proof, fields }: Record<string, string>): object {
    const person = this.tokens.get(access_token);
    if (!person) return failure(190, 'Invalid OAuth access token.');
    const proof = createHmac('sha256', APP_SECRET).update(access_token).digest('hex');
    if (appsecret_proof !== proof) return failure(100, 'Invalid appsecret_proof');
    const all: Record<string, unknown> = {
      ...person,
      picture: { data: { url: `https://platform-lookaside.example/${person.id}.jpg` } },
    };
    const asked = ['id', ...(fields ?? '').split(',')];
    return Object.fromEntries(Object.entries(all).filter(([field]) => asked.includes(field)));
  }

  private misbehave(where: 'token' | 'me', response: ServerResponse): boolean {
    const how = this.misbehaviour[where];
    if (!how) return false;
    const { socket } = response;
    if (how.startsWith('hang') && socket) {
      this.hanging.add(socket);
      socket.once('close', () => this.hanging.delete(socket));
      if (how === 'hang-in-body') response.writeHead(200).write('{"access_token":');
    }
    if (how === 'reset') socket?.destroy();
    if (how === 'server-error') response.writeHead(500).end('{"error":"oops"}');
    if (how === 'html') response.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>Sorry');
    if (how === 'null') response.writeHead(200).end('null');
    if (how === 'odd-token') response.writeHead(200).end('{"access_token":{"a":1}}');
    if (how === 'error-text') send(response, failure(1, HOSTILE_TEXT));
    return true;
  }
}

function failure(code: number, message: string, error_subcode?: number): object {
  return {
    error: { message, type: 'OAuthException', code, error_subcode, fbtrace_id: 'AbCdEfGh' },
  };
}

function send(response: ServerResponse, body: object): void {
  const status = 'error' in body ? 400 : 200;
  response.writeHead(status, { 'Content-Type': 'application/json; charset=UTF-8' });
  response.end(JSON.stringify(body));
}
