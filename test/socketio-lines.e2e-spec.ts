import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { aUser } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';

const SOCKET_IO = '/socket.io/?EIO=4&transport=';
const FLOOD = 20_000;
const BATCH = 500;
/** More than the network takes for a client that does not read. */
const UNREAD_BYTES = 64 * 1024 * 1024;
/** Until the server cuts off by itself who does not answer its ping, it is 45 seconds. */
const PATIENCE_MS = 15_000;

/** Without rate limits, which leaves what bounds memory. */
let app: TestApp;
let limited: TestApp;
const open: WebSocket[] = [];

beforeAll(async () => {
  app = await createTestApp();
  limited = await createTestApp({ RATE_LIMITS: 'on' });
});

afterEach(() => {
  for (const line of open.splice(0)) line.terminate();
});

afterAll(() => Promise.all([app, limited].map((one) => one.close())));

interface Line {
  ws: WebSocket;
  /** What came. */
  heard: string[];
  closed: Promise<unknown>;
}

async function openLine({ url }: TestApp, path: string): Promise<Line> {
  const ws = new WebSocket(url.replace('http', 'ws') + path);
  open.push(ws);
  const heard: string[] = [];
  ws.on('message', (text: Buffer) => heard.push(text.toString()));
  // A reset is one of the ways in which a line ends.
  ws.on('error', () => undefined);
  const closed = new Promise((resolve) => ws.on('close', resolve));
  await new Promise((resolve) => ws.on('open', resolve));
  return { ws, heard, closed };
}

/** A line on which a client is signed in. */
async function connect(to: TestApp): Promise<Line> {
  const { token } = await aUser(to);
  const line = await openLine(to, `${SOCKET_IO}websocket`);
  line.ws.send(`40${JSON.stringify({ token })}`);
  await expect.poll(() => line.heard.some((text) => text.startsWith('40'))).toBe(true);
  return line;
}

/** Whether the server ends the line of a client that reads none of the answers. */
async function isCutOffWhilePinging(ws: WebSocket) {
  const payload = Buffer.alloc(125);
  ws.pause();
  const deadline = performance.now() + PATIENCE_MS;
  for (
    let sent = 0;
    sent < UNREAD_BYTES && performance.now() < deadline;
    sent += BATCH * payload.length
  ) {
    const batch = Array.from({ length: BATCH }, () => {
      return new Promise<unknown>((done) => ws.ping(payload, true, done));
    });
    const late = new Promise((resolve) => setTimeout(resolve, 1_000, undefined));
    if (await Promise.race([batch.at(-1), late])) return true;
  }
  return ws.readyState !== WebSocket.OPEN;
}

describe('a client that does not read', () => {
  it.each(['Socket.IO', '/ws'])('is cut off when it floods %s with pings', async (door) => {
    const { token } = await aUser(app);
    const path = door === '/ws' ? `/ws?token=${token}` : `${SOCKET_IO}websocket`;
    const { ws } = await openLine(app, path);
    if (door !== '/ws') ws.send(`40${JSON.stringify({ token })}`);
    expect(await isCutOffWhilePinging(ws)).toBe(true);
  });
});

describe('a client that floods us with control frames', () => {
  /** A stranger at Socket.IO is let go after ten seconds anyway. */
  const SOON_MS = 5_000;

  it.each([
    ['/ws', 'a member'],
    ['Socket.IO', 'a member'],
    ['Socket.IO', 'a stranger'],
  ])('is cut off at %s, be it %s', async (door, who) => {
    for (const control of ['pong', 'ping'] as const) {
      const { token } = await aUser(app);
      const { ws, closed } =
        who === 'a stranger'
          ? await openLine(app, `${SOCKET_IO}websocket`)
          : door === '/ws'
            ? await openLine(app, `/ws?token=${token}`)
            : await connect(app);
      const startedAt = performance.now();
      for (let sent = 0; sent < FLOOD; sent++) ws[control]();
      await closed;
      expect(performance.now() - startedAt).toBeLessThan(SOON_MS);
    }
  });

  it('is served when it sends a few hundred', async () => {
    const { ws, heard } = await connect(app);
    for (let sent = 0; sent < 900; sent++) ws.pong();
    ws.send('420["ping",{}]');
    await expect.poll(() => heard.some((text) => text.startsWith('430'))).toBe(true);
  });
});

describe('a Socket.IO line', () => {
  it('is closed a moment after its socket has left', async () => {
    const { ws, closed } = await connect(app);
    const startedAt = performance.now();
    ws.send('41');
    await closed;
    expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
  });

  it('lives on when its client comes back at once', async () => {
    const { token } = await aUser(app);
    const { ws, heard } = await connect(app);
    ws.send('41');
    // What comes along with it would find the socket still there.
    await new Promise((resolve) => setTimeout(resolve, 100));
    ws.send(`40${JSON.stringify({ token })}`);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    ws.send('420["ping",{}]');
    await expect.poll(() => heard.some((text) => text.startsWith('430'))).toBe(true);
  });

  it.each([
    ['heartbeats', '3', /^More than 1000 packets in 10 seconds/],
    ['acknowledgements', '431[]', /^More than 1000 packets in 10 seconds/],
    ['connects that are refused', '40/nowhere,', /^More than 5 connects/],
  ])('is told, and closed, when it floods us with %s', async (_, packet, reason) => {
    const { ws, heard, closed } = await connect(limited);
    const startedAt = performance.now();
    for (let sent = 0; sent < FLOOD; sent++) ws.send(packet);
    await closed;
    expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
    const error = expect.stringMatching(reason);
    const told = heard.filter((text) => text.startsWith('42')).map((text) => text.slice(2));
    expect(told.map((text) => JSON.parse(text) as unknown)).toEqual([
      ['error', { error, code: 'rate_limited' }],
    ]);
  });

  it('is closed when it floods us with connects before it has signed in', async () => {
    const { ws, heard, closed } = await openLine(app, `${SOCKET_IO}websocket`);
    for (let sent = 0; sent < FLOOD; sent++) ws.send('40/nowhere,');
    await closed;
    expect(heard.length).toBeLessThan(10);
  });

  it('is closed when it probes a WebSocket again and again', async () => {
    const answer = await fetch(`${app.url}${SOCKET_IO}polling`);
    const { sid } = JSON.parse((await answer.text()).slice(1)) as { sid: string };
    const { ws, heard, closed } = await openLine(app, `${SOCKET_IO}websocket&sid=${sid}`);
    for (let sent = 0; sent < FLOOD; sent++) ws.send('2probe');
    await closed;
    expect(heard.length).toBeLessThan(10);
  });
});
