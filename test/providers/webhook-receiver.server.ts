import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

type Verify = (secret: string, header: string, body: string, nowSeconds?: number) => boolean;

/** How a receiver behaves: answers a status, redirects to an address, or never answers. */
export type Behaviour = number | { redirectTo: string } | 'hang';

export interface ReceivedWebhook {
  path: string;
  headers: Record<string, string>;
  body: string;
  event: Record<string, any>;
}

/** What docs/webhooks.md tells integrators to verify by, run as they would run it. */
export async function documentedVerification(): Promise<Verify> {
  const page = await readFile(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');
  const [, code = ''] = /```js\n([^]*?)```/.exec(page) ?? [];
  const directory = await mkdtemp(join(tmpdir(), 'cliick-webhooks-'));
  const file = join(directory, 'verify.mjs');
  await writeFile(file, code);
  const example = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as {
    isFromCliick: Verify;
  };
  await rm(directory, { recursive: true });
  return example.isFromCliick;
}

/** An integrator's server: what it takes it has verified, each path by its own secrets. */
export class WebhookReceiver {
  readonly received: ReceivedWebhook[] = [];
  /** Deliveries that no secret of theirs fits. */
  private readonly faults: string[] = [];
  private readonly secrets = new Map<string, string[]>();
  private readonly behaviours = new Map<string, Behaviour>();
  private readonly hanging = new Map<string, ServerResponse[]>();
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((request, response) => {
    this.serve(request, response).catch((error: unknown) => {
      this.faults.push(String(error));
      response.writeHead(400).end();
    });
  });

  private constructor(private readonly verify: Verify) {}

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(await documentedVerification());
    receiver.server.on('connection', (socket: Socket) => {
      receiver.sockets.add(socket.on('close', () => receiver.sockets.delete(socket)));
    });
    receiver.server.listen(0);
    await once(receiver.server, 'listening');
    return receiver;
  }

  /** By name: where that leads is looked up at each delivery. */
  get host(): string {
    return `localhost:${(this.server.address() as AddressInfo).port}`;
  }

  url(path: string): string {
    return `http://${this.host}${path}`;
  }

  /** Each of these must have signed what comes to `path`. */
  expect(path: string, ...secrets: string[]): void {
    this.secrets.set(path, secrets);
  }

  /** What hangs at the path is answered so as well. */
  behave(path: string, behaviour: Behaviour): void {
    this.behaviours.set(path, behaviour);
    for (const response of this.hanging.get(path)?.splice(0) ?? []) this.answer(path, response);
  }

  at(path: string): ReceivedWebhook[] {
    return this.received.filter((one) => one.path === path);
  }

  /** @throws Error when something that came was not as the protocol has it */
  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
    if (this.faults.length > 0) throw new Error(this.faults.join('\n'));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const path = request.url ?? '';
    const headers = request.headers as Record<string, string>;
    const event = JSON.parse(body) as Record<string, any>;
    const isVerified = (this.secrets.get(path) ?? [])
      .map((secret) => this.verify(secret, headers['cliick-signature'] ?? '', body))
      .every(Boolean);
    const isWhole =
      request.method === 'POST' &&
      headers['content-type'] === 'application/json' &&
      headers['cliick-event-id'] === event['id'] &&
      headers['cliick-event'] === event['type'];
    if (!isVerified || !isWhole) throw new Error(`${path}: ${JSON.stringify(headers)} ${body}`);
    this.received.push({ path, headers, body, event });
    this.answer(path, response);
  }

  private answer(path: string, response: ServerResponse): void {
    const behaviour = this.behaviours.get(path) ?? 204;
    if (behaviour === 'hang') {
      this.hanging.set(path, [...(this.hanging.get(path) ?? []), response]);
      return;
    }
    if (typeof behaviour === 'number') response.writeHead(behaviour);
    else response.writeHead(307, { Location: behaviour.redirectTo });
    response.end();
  }
}
