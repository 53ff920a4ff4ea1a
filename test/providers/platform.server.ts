import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What a platform does instead of answering. */
export type Misbehaviour =
  | 'refuse'
  | 'hang'
  | 'server-error'
  | 'html'
  | 'error-in-200'
  | 'reset'
  /** It does what it was asked, and nobody hears of it. */
  | 'answer-lost';

export interface PlatformRequest {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: IncomingMessage['headers'];
  /** Fields of a form, or of JSON. */
  fields: Record<string, any>;
}

/** Status and body: an object is sent as JSON. */
export type PlatformReply = { status?: number; body: object | string; location?: string };

interface Code {
  redirectUri: string;
  challenge?: string;
  scopes: string[];
  used: boolean;
}

/** A provider's text that would run if a page repeated it. */
export const HOSTILE_TEXT =
  '</script><script>alert(document.domain)</script><img src=x onerror=alert(1)>';

/** What the five have in common: codes that serve once, a record of what came, and ways to fail. */
export abstract class PlatformServer {
  readonly requests: PlatformRequest[] = [];
  /** By a piece of the path; undefined answers as it should. */
  misbehaviour: Record<string, Misbehaviour | undefined> = {};
  /** By a piece of the path: what a request waits for before it is looked at. */
  held: Record<string, Promise<void>> = {};
  /** Leads an address of the API to where it runs. */
  reach: (url: string) => string = (url) => url;
  private readonly codes = new Map<string, Code>();
  private readonly hanging = new Set<Socket>();
  private server: Server;

  abstract readonly variables: Record<string, string>;
  /** How it refuses. */
  protected abstract readonly refusal: PlatformReply;
  /** How it says, with 200, that something went wrong. */
  protected abstract readonly errorIn200: object;

  async start(): Promise<this> {
    this.server = createServer((request, response) => {
      this.receive(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    await new Promise<void>((resolve) => {
      this.server.listen(0, 'localhost', resolve);
    });
    return this;
  }

  get base(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Requests whose path has `piece`. */
  calls(piece: string, method?: string): PlatformRequest[] {
    return this.requests.filter(
      (one) => one.path.includes(piece) && (method === undefined || one.method === method),
    );
  }

  /** Where browsers are sent; none where there is no dialog. */
  protected readonly dialogPath?: string;

  /** The dialog, visited and agreed to: what its redirect back carries. */
  agree(url: string): Record<string, string> {
    throw new Error(`there is no dialog at ${url}`);
  }

  protected abstract answer(request: PlatformRequest): PlatformReply | Promise<PlatformReply>;

  protected newCode(code: Omit<Code, 'used'>): string {
    const text = randomBytes(30).toString('base64url');
    this.codes.set(text, { ...code, used: false });
    return text;
  }

  /** Takes a code once; a text says why not. */
  protected takeCode(text: unknown, redirectUri: unknown, verifier?: unknown): Code | string {
    const code = this.codes.get(String(text));
    if (!code) return 'unknown code';
    if (code.redirectUri !== redirectUri) return 'redirect_uri is not identical';
    if (code.used) return 'used code';
    if (code.challenge) {
      const hash = createHash('sha256').update(String(verifier)).digest('base64url');
      if (hash !== code.challenge) return 'wrong code_verifier';
    }
    code.used = true;
    return code;
  }

  /** Parameters of an address to which the browser was sent. @throws Error when one is not as it must be */
  protected visited(
    url: string,
    path: string,
    expected: Record<string, string>,
  ): Record<string, string> {
    const { origin, pathname, searchParams } = new URL(url);
    if (origin !== this.base || pathname !== path) throw new Error(`not the dialog: ${url}`);
    const given = Object.fromEntries(searchParams);
    for (const [name, value] of Object.entries(expected)) {
      if (given[name] !== value) throw new Error(`wrong ${name} in ${url}`);
    }
    if (!given['state'] || !given['redirect_uri'])
      throw new Error(`no state or redirect in ${url}`);
    return given;
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, 'http://localhost');
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const isJson = request.headers['content-type']?.startsWith('application/json');
    const recorded: PlatformRequest = {
      method: request.method!,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      fields: isJson ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body)),
    };
    this.requests.push(recorded);
    const [, how] =
      Object.entries(this.misbehaviour).find(([piece]) => recorded.path.includes(piece)) ?? [];
    const [, until] =
      Object.entries(this.held).find(([piece]) => recorded.path.includes(piece)) ?? [];
    await until;
    if (how === 'answer-lost') await this.answer(recorded);
    if (how) return this.misbehave(how, response);
    const isDialog = recorded.method === 'GET' && recorded.path === this.dialogPath;
    reply(response, isDialog ? this.sendBack(url) : await this.answer(recorded));
  }

  /** Everybody who comes to the dialog agrees. */
  private sendBack({ pathname, search, searchParams }: URL): PlatformReply {
    const query = new URLSearchParams(this.agree(`${this.base}${pathname}${search}`)).toString();
    const location = `${this.reach(searchParams.get('redirect_uri')!)}?${query}`;
    return { status: 302, body: '', location };
  }

  private misbehave(how: Misbehaviour, response: ServerResponse): void {
    const { socket } = response;
    if (how === 'hang' && socket) this.hanging.add(socket);
    if (how === 'reset' || how === 'answer-lost') socket?.destroy();
    if (how === 'server-error') reply(response, { status: 500, body: { error: 'oops' } });
    if (how === 'html') reply(response, { body: `<p>Sorry ${HOSTILE_TEXT}` });
    if (how === 'error-in-200') reply(response, { body: this.errorIn200 });
    if (how === 'refuse') reply(response, this.refusal);
  }
}

function reply(response: ServerResponse, { status = 200, body, location }: PlatformReply): void {
  const isText = typeof body === 'string';
  if (location) response.setHeader('Location', location);
  response.writeHead(status, { 'Content-Type': isText ? 'text/html' : 'application/json' });
  response.end(isText ? body : JSON.stringify(body));
}
