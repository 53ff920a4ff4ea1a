import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { aShop, aUser, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { eventually } from './support/eventually.js';
import { type DoorClient, openRawWs, openSocketIo } from './support/sockets.js';

const FLOOD = 20_000;
/** What a bystander waits at most; without limits it was eleven seconds. */
const PATIENCE_MS = 4_000;
const SHOPS_OF_A_PERSON = 100;
const FRAMES_IN_WINDOW = 300;
const SOCKETS_OF_A_PERSON = 100;
const HANDSHAKES = 600;

/** Without rate limits, which leaves what bounds memory and work. */
let app: TestApp;
let limited: TestApp;
let shop: ShopWorld;
const open: { close(): void }[] = [];

beforeAll(async () => {
  app = await createTestApp();
  limited = await createTestApp({ RATE_LIMITS: 'on', TRUST_PROXY: '1' });
  shop = await aShop(app);
});

afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

afterAll(() => Promise.all([app, limited].map((one) => one.close())));

interface Flooder {
  /** Sends without waiting for anything. */
  send(event: string, data: object): void;
  refusal: Promise<unknown>;
  closed: Promise<string>;
}

interface Refusal {
  code: string;
}

/** Not the answer to a frame that is no event. */
const isRefusal = ({ code }: Refusal): boolean => code === 'rate_limited';

async function rawFlooder({ url }: TestApp, token: string): Promise<Flooder> {
  const ws = new WebSocket(`${url.replace('http', 'ws')}/ws?token=${token}`);
  open.push(ws);
  const refusal = new Promise((resolve) => {
    ws.on('message', (frame: Buffer) => {
      const { event, data } = JSON.parse(frame.toString()) as { event: string; data: Refusal };
      if (event === 'error' && isRefusal(data)) resolve(data);
    });
  });
  const closed = new Promise<string>((resolve) => {
    ws.on('close', (code, reason) => resolve(`${code} ${String(reason)}`));
  });
  await new Promise((resolve) => ws.on('open', resolve));
  return { refusal, closed, send: (event, data) => ws.send(JSON.stringify({ event, data })) };
}

async function socketIoFlooder({ url }: TestApp, token: string): Promise<Flooder> {
  const socket = io(url, { auth: { token }, forceNew: true, reconnection: false });
  open.push(socket);
  const refusal = new Promise((resolve) => {
    socket.on('error', (data: Refusal) => isRefusal(data) && resolve(data));
  });
  const closed = new Promise<string>((resolve) => socket.on('disconnect', resolve));
  await new Promise((resolve) => socket.on('connect', () => resolve(undefined)));
  return { refusal, closed, send: (event, data) => socket.emit(event, data) };
}

const DOORS = {
  'Socket.IO': {
    flooder: socketIoFlooder,
    open: (to: TestApp, token: string) => openSocketIo(to, { token }),
    closed: /^io server disconnect$/,
  },
  '/ws': {
    flooder: rawFlooder,
    open: (to: TestApp, token: string) => openRawWs(to, { token }),
    closed: /^1008 More than \d+ frames/,
  },
};
type DoorName = keyof typeof DOORS;

async function connect(door: DoorName, to: TestApp, token: string): Promise<DoorClient> {
  const client = await DOORS[door].open(to, token);
  open.push(client);
  return client;
}

async function expectServed(witness: DoorClient): Promise<void> {
  const startedAt = performance.now();
  await shop.owner.get(shop.path).expect(200);
  expect(await witness.ask('shop:join', { shopId: shop.id })).toMatchObject({ ok: true });
  expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
}

describe.each(Object.keys(DOORS) as DoorName[])('the door %s', (door) => {
  it.each(['shop:join', 'ping', 'nonsense'])(
    'closes a socket that floods it with %s, and goes on serving others',
    async (event) => {
      const witness = await connect(door, app, shop.owner.token);
      const flooder = await DOORS[door].flooder(app, shop.agent.token);
      for (let sent = 0; sent < FLOOD; sent++) flooder.send(event, { shopId: shop.id });
      await expectServed(witness);
      expect(await flooder.refusal).toEqual({
        error: expect.stringMatching(/^More than \d+ frames wait/),
        code: 'rate_limited',
      });
      expect(await flooder.closed).toMatch(DOORS[door].closed);
    },
  );

  it('closes a socket that sends a frame over 64 KB, and no other', async () => {
    const witness = await connect(door, app, shop.owner.token);
    const client = await connect(door, app, shop.agent.token);
    const about = (size: number) => ({ shopId: shop.id, padding: 'x'.repeat(size) });
    expect(await client.ask('ping', about(60_000))).toMatchObject({ ok: true });
    // It is closed, and so never answered.
    void client.ask('ping', about(70_000)).catch(() => undefined);
    expect(await client.closed).toMatch(/^1009|^transport/);
    await expectServed(witness);
  });

  it('answers all shops of a person joined in one go, in their order', async () => {
    const client = await connect(door, app, shop.agent.token);
    const answered: number[] = [];
    const joins = Array.from({ length: SHOPS_OF_A_PERSON }, async (_, index) => {
      const answer = await client.ask('shop:join', { shopId: shop.id });
      answered.push(index);
      return answer['ok'];
    });
    expect(new Set(await Promise.all(joins))).toEqual(new Set([true]));
    expect(answered).toEqual(answered.toSorted((one, other) => one - other));
  });

  it('closes a socket that sends too many frames, even if it awaits each answer', async () => {
    const { token } = await aUser(limited);
    const client = await connect(door, limited, token);
    for (let sent = 0; sent < FRAMES_IN_WINDOW; sent++) {
      expect(await client.ask('ping', {})).toMatchObject({ ok: true });
    }
    const refusal = await Promise.any([client.next('error'), client.ask('ping', {})]);
    expect(refusal).toMatchObject({ code: 'rate_limited' });
    expect(await client.closed).toMatch(DOORS[door].closed);
  });
});

describe('a Socket.IO line', () => {
  it('is closed when it floods us with connect packets, before and after one is accepted', async () => {
    const witness = await connect('Socket.IO', app, shop.owner.token);
    for (const token of ['nonsense', shop.agent.token]) {
      const base = app.url.replace('http', 'ws');
      const ws = new WebSocket(`${base}/socket.io/?EIO=4&transport=websocket`);
      open.push(ws);
      const closed = new Promise((resolve) => ws.on('close', resolve));
      await new Promise((resolve) => ws.on('open', resolve));
      const startedAt = performance.now();
      for (let sent = 0; sent < FLOOD; sent++) ws.send(`40${JSON.stringify({ token })}`);
      await expectServed(witness);
      await closed;
      expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
    }
  });
});

/** How the raw door answers a handshake that it refuses. */
async function knock(
  to: TestApp,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; retryAfter: string | undefined; body: unknown }> {
  const ws = new WebSocket(`${to.url.replace('http', 'ws')}${path}`, { headers });
  return new Promise((resolve, reject) => {
    ws.on('error', reject);
    ws.on('open', () => reject(new Error('let in')));
    ws.on('unexpected-response', (_, response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => {
        const status = response.statusCode!;
        resolve({ status, retryAfter: response.headers['retry-after'], body: JSON.parse(text) });
      });
    });
  });
}

async function knockOften(to: TestApp, count: number, headers: Record<string, string>) {
  const found = new Set<number>();
  for (let sent = 0; sent < count; sent += 50) {
    const batch = Array.from({ length: 50 }, () => knock(to, '/ws', headers));
    for (const { status } of await Promise.all(batch)) found.add(status);
  }
  return found;
}

const REFUSED = {
  success: false,
  code: 'rate_limited',
  error: expect.stringMatching(/^Too many requests: try again in \d+ seconds\.$/),
};

describe('handshakes', () => {
  const POLLING = '/socket.io/?EIO=4&transport=polling';
  const WEBSOCKET = '/socket.io/?EIO=4&transport=websocket';

  it('of one address end with Retry-After (429), at both doors before any upgrade', async () => {
    const busy = { 'X-Forwarded-For': '192.0.2.1' };
    const calm = { 'X-Forwarded-For': '192.0.2.2' };
    expect(await knockOften(limited, HANDSHAKES, busy)).toEqual(new Set([401]));
    for (const path of ['/ws', WEBSOCKET]) {
      const { status, retryAfter, body } = await knock(limited, path, busy);
      expect({ status, body }).toEqual({ status: 429, body: REFUSED });
      expect(Number(retryAfter)).toBeGreaterThan(0);
    }
    const polled = await fetch(limited.url + POLLING, { headers: busy });
    expect(polled.status).toBe(429);
    expect(Number(polled.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await polled.json()).toEqual(REFUSED);
    const spoofed = { 'X-Forwarded-For': '10.9.8.7, 192.0.2.1' };
    expect((await knock(limited, '/ws', spoofed)).status).toBe(429);
    expect((await knock(limited, '/ws', calm)).status).toBe(401);
    expect((await fetch(limited.url + POLLING, { headers: calm })).status).toBe(200);
    await limited.request.get('/api/auth/me').set(busy).expect(401);
  });

  it('are not counted with RATE_LIMITS=off', async () => {
    expect(await knockOften(app, HANDSHAKES + 50, {})).toEqual(new Set([401]));
  });

  it('at no door of ours are told where they are (404)', async () => {
    expect(await knock(app, '/elsewhere')).toMatchObject({ status: 404 });
  });

  it('of a person with too many sockets are refused (429) until one closes', async () => {
    const [{ token }, other] = await Promise.all([aUser(app), aUser(app)]);
    const half = Array.from({ length: SOCKETS_OF_A_PERSON / 2 }, () =>
      Promise.all([connect('/ws', app, token), connect('Socket.IO', app, token)]),
    );
    const [[raw, socketIo]] = (await Promise.all(half)) as [[DoorClient, DoorClient]];
    expect(await knock(app, `/ws?token=${token}`)).toMatchObject({
      status: 429,
      body: { code: 'rate_limited', error: expect.stringMatching(/^You have 100 connections/) },
    });
    await expect(connect('Socket.IO', app, token)).rejects.toThrow('rate_limited');
    await connect('/ws', app, other.token);
    for (const [door, client] of [
      ['Socket.IO', raw],
      ['/ws', socketIo],
    ] as const) {
      client.close();
      await eventually(() => connect(door, app, token));
      await expect(connect(door, app, token)).rejects.toThrow(/429|rate_limited/);
    }
  });
});
