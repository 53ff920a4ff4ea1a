import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Logger } from '@nestjs/common';
import supertest from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { aShop, type ShopWorld } from '../support/actors.js';
import { createTestApp, databaseUri, type TestApp, testVariables } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const EARLY_SIGNAL = fileURLToPath(new URL('../support/early-signal.mjs', import.meta.url));
const HOUR_MS = 3_600_000;
/** Far above what is promised, far below for ever. */
const BOUND_MS = 20_000;

let line: TcpProxy;

beforeAll(async () => {
  line = await startTcpProxy(engineAddress());
});

afterAll(() => line.stop());

/** A database of the run's engine, at the end of the line. */
function uriThrough({ port }: TcpProxy): string {
  const name = new URL(databaseUri(`faults_${Date.now().toString(36)}`)).pathname;
  return `mongodb://127.0.0.1:${port}${name}?directConnection=true`;
}

/** Where the run's engine listens. */
function engineAddress(): { path: string } | { host: string; port: number } {
  const [, at = ''] = /^mongodb:\/\/([^/?]+)/.exec(inject('mongodbUri')) ?? [];
  const decoded = decodeURIComponent(at);
  if (decoded.startsWith('/')) return { path: decoded };
  const [host = '', port = '27017'] = decoded.split(':');
  return { host, port: Number(port) };
}

describe('the database', () => {
  let app: TestApp;
  let shop: ShopWorld;

  beforeAll(async () => {
    app = await createTestApp({ MONGODB_URI: uriThrough(line) });
    shop = await aShop(app);
  });

  afterAll(async () => {
    await app.connection.dropDatabase();
    await app.close();
  });

  const readShop = () =>
    supertest(app.url).get(shop.path).auth(shop.owner.token, { type: 'bearer' });

  const servesAgain = () =>
    eventually(async () => {
      await app.request.get('/health/ready').expect(200);
      await readShop().expect(200);
    }, BOUND_MS);

  it.each(['refuse', 'hang'] as const)(
    'that answers no more (%s) is told by 503 with Retry-After in bounded time, and served again',
    async (how) => {
      await line.behave(how);
      const startedAt = performance.now();
      const answers = await Promise.all(Array.from({ length: 10 }, () => readShop()));
      expect(performance.now() - startedAt).toBeLessThan(BOUND_MS);
      for (const { status, body, headers } of answers) {
        expect(status).toBe(503);
        expect(body).toMatchObject({ success: false, code: 'database_unavailable' });
        expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      }
      await app.request.get('/health/ready').expect(503);
      await app.request.get('/health/live').expect(200);
      await line.behave('pass');
      await servesAgain();
    },
  );

  it('that is slow makes answers slow and nothing else', async () => {
    await line.behave({ delayMs: 150 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => readShop()));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    await line.behave('pass');
    await servesAgain();
  });
});

describe('a start without its database', () => {
  it('waits for it, says so, and serves when it is there', async () => {
    const late = await startTcpProxy(engineAddress(), false);
    const warned = vi.spyOn(Logger.prototype, 'warn');
    const starting = createTestApp({ MONGODB_URI: uriThrough(late) });
    const toldTwice = () =>
      warned.mock.calls.filter(([said]) =>
        /does not answer.*MONGODB_URI/.test(JSON.stringify(said)),
      );
    await eventually(() => expect(toldTwice().length).toBeGreaterThan(1), BOUND_MS);
    warned.mockRestore();
    await late.behave('pass');
    const app = await starting;
    await app.request.get('/health/ready').expect(200);
    await app.connection.dropDatabase();
    await app.close();
    await late.stop();
  });

  it('ends on a signal while it waits, also as the first process of a container', async () => {
    const late = await startTcpProxy(engineAddress(), false);
    const child = spawn(process.execPath, [MAIN], {
      env: { ...testVariables({ MONGODB_URI: uriThrough(late) }), PORT: '0', LOG_LEVEL: 'info' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    await eventually(() => expect(output).toContain('MONGODB_URI'), BOUND_MS);
    child.kill('SIGTERM');
    // Killed for want of a handler it would have no code, and as the first process live on.
    expect(await once(child, 'exit')).toEqual([143, null]);
    await late.stop();
  });

  it('ends on a signal while it is loaded, also as the first process of a container', async () => {
    const child = spawn(process.execPath, ['--import', EARLY_SIGNAL, MAIN], {
      env: { ...testVariables(), PORT: '0' },
      stdio: 'ignore',
    });
    expect(await once(child, 'exit')).toEqual([143, null]);
  });

  it('ends at once when waiting mends nothing, such as a wrong password', async () => {
    const MONGODB_URI = `mongodb://nobody:wrong@127.0.0.1:${line.port}/x?directConnection=true`;
    await expect(createTestApp({ MONGODB_URI })).rejects.toThrow(/[Aa]uthentication/);
  });
});

describe('a clock that jumps', () => {
  let app: TestApp;
  let shop: ShopWorld;

  beforeAll(async () => {
    app = await createTestApp();
    shop = await aShop(app);
  });

  afterEach(() => void vi.useRealTimers());
  afterAll(() => app.close());

  it('back by an hour changes no order: messages and changes go by their numbers', async () => {
    const inbox = `${shop.path}/conversations`;
    const opened = await shop.owner.post(inbox, { customerName: 'Su Su' }).expect(201);
    const messages = `${inbox}/${opened.body.data.id}/messages`;
    const write = (text: string) => shop.owner.post(messages, { text }).expect(201);
    await write('before');
    const { seq } = (await shop.owner.get(`${shop.path}/changes?since=0`).expect(200)).body.data;
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - HOUR_MS });
    await write('after');
    const { body } = await shop.owner.get(messages).expect(200);
    const read = body.data as { text: string; messageNumber: number }[];
    const byNumber = read.toSorted((one, other) => one.messageNumber - other.messageNumber);
    expect(byNumber.map(({ text }) => text)).toEqual(['before', 'after']);
    const since = await shop.owner.get(`${shop.path}/changes?since=${seq}`).expect(200);
    expect(since.body.data.conversations).toMatchObject([{ lastMessage: 'after' }]);
    expect(JSON.stringify(since.body.data.messages)).toContain('after');
  });

  it('ahead by an hour ends access tokens, which are renewed; the sessions live on', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + HOUR_MS });
    const { body } = await shop.owner.get(shop.path).expect(401);
    expect(body.code).toBe('unauthenticated');
    vi.useRealTimers();
    await shop.owner.get(shop.path).expect(200);
  });
});
