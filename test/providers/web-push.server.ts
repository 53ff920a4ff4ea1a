import { createECDH, createPublicKey, randomBytes, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
// What web-push encrypts by; here it decrypts, with the keys of the browser.
import ece from 'http_ece';

export interface ReceivedPush {
  device: string;
  headers: IncomingMessage['headers'];
  /** As it came: encrypted. */
  body: Buffer;
  payload: Record<string, any>;
}

interface Misbehaviour {
  status: number;
  headers?: Record<string, string>;
  times: number;
}

type Keys = ReturnType<typeof createECDH>;

/**
 * A push service with its browsers: it checks what RFC 8030 (TTL, urgency, topic), 8291 (encryption) and
 * 8292 (VAPID) ask for, and decrypts as the browser would. Plain HTTP; TLS is Node's own.
 */
export class WebPushServer {
  readonly received: ReceivedPush[] = [];
  /** Takes requests and never answers. */
  hangs = false;
  /** Why requests were refused that no push service would take. */
  private readonly faults: string[] = [];
  private readonly devices = new Map<string, { keys: Keys; auth: Buffer }>();
  private readonly misbehaviours = new Map<string, Misbehaviour>();
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((request, response) => {
    this.serve(request, response).catch((error: unknown) => {
      this.faults.push(String(error));
      response.writeHead(400).end(String(error));
    });
  });

  static async start(): Promise<WebPushServer> {
    const push = new WebPushServer();
    push.server.on('connection', (socket: Socket) => {
      push.sockets.add(socket.on('close', () => push.sockets.delete(socket)));
    });
    push.server.listen(0, '127.0.0.1');
    await once(push.server, 'listening');
    return push;
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get variables(): Record<string, string> {
    return { PUSH_ALLOWED_HOSTS: this.host };
  }

  /** What `pushManager.subscribe` would give. @param own keys that a browser has made itself */
  subscription(device: string, own?: { privateKey: Buffer; auth: Buffer }) {
    const keys = createECDH('prime256v1');
    if (own) keys.setPrivateKey(own.privateKey);
    else keys.generateKeys();
    const auth = own?.auth ?? randomBytes(16);
    this.devices.set(device, { keys, auth });
    return {
      endpoint: `http://${this.host}/send/${device}`,
      expirationTime: null,
      keys: { p256dh: keys.getPublicKey('base64url'), auth: auth.toString('base64url') },
    };
  }

  /** The next so many requests of a device are answered like this. */
  misbehave(device: string, status: number, headers: Record<string, string> = {}, times = 1): void {
    this.misbehaviours.set(device, { status, headers, times });
  }

  to(device: string): Record<string, any>[] {
    return this.received.filter((one) => one.device === device).map(({ payload }) => payload);
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
    if (this.hangs) return;
    const device = request.url?.replace('/send/', '') ?? '';
    const browser = this.devices.get(device);
    const body = Buffer.concat(chunks);
    this.check(request, body);
    const wrong = this.misbehaviours.get(device);
    if (wrong && wrong.times-- > 0) {
      response.writeHead(wrong.status, wrong.headers).end('no');
      return;
    }
    if (!browser) return void response.writeHead(404).end();
    const payload = JSON.parse(
      ece
        .decrypt(body, { version: 'aes128gcm', privateKey: browser.keys, authSecret: browser.auth })
        .toString(),
    );
    this.received.push({ device, headers: request.headers, body, payload });
    response.writeHead(201).end();
  }

  private check({ headers, method }: IncomingMessage, body: Buffer): void {
    const isWhole =
      method === 'POST' &&
      headers['content-encoding'] === 'aes128gcm' &&
      /^\d+$/.test(headers['ttl'] as string) &&
      /^(very-low|low|normal|high)$/.test(headers['urgency'] as string) &&
      /^[\w-]{1,32}$/.test((headers['topic'] as string) ?? 'none') &&
      body.length <= 4_096;
    if (!isWhole) throw new Error(`not a push: ${JSON.stringify(headers)}`);
    const [, token = '', key = ''] =
      /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(headers.authorization ?? '') ?? [];
    const [head = '', claims = '', signature = ''] = token.split('.');
    const point = Buffer.from(key, 'base64url');
    const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((one) =>
      one.toString('base64url'),
    );
    const publicKey = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
    const isSigned = verify(
      'sha256',
      Buffer.from(`${head}.${claims}`),
      { key: publicKey, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    const { aud, exp, sub } = JSON.parse(Buffer.from(claims, 'base64url').toString());
    const now = Date.now() / 1_000;
    const isFresh = exp > now && exp <= now + 86_400;
    const isOurs = aud === `http://${this.host}` && /^(mailto:|https:)/.test(sub);
    if (!isSigned || !isFresh || !isOurs) throw new Error(`not authorised: ${aud} ${exp} ${sub}`);
  }
}
