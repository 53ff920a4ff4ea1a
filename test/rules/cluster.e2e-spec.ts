import { randomBytes } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseUri, testVariables } from '../support/app.js';
import { aShopBody, anAccount } from '../support/bodies.js';
import { eventually } from '../support/eventually.js';
import { type NginxProcess, startNginx } from '../support/nginx.js';
import { findProgram, type RedisProcess, startRedis } from '../support/programs.js';
import { type ServerProcess, startServer } from '../support/server-process.js';

/** Three processes, nginx and Redis on a busy machine. */
const DEADLINE_MS = 120_000;
const WAIT_MS = 60_000;
/** Longer than nginx keeps an idle connection. */
const DRAIN_SECONDS = '5';
const WRITERS = 4;
const SOME = 30;

const redisServer = findProgram('redis-server');
const nginx = findProgram('nginx');

interface Answer {
  status: number;
  body: any;
}

describe.skipIf(!redisServer || !nginx)('two processes behind nginx', () => {
  let redis: RedisProcess;
  let variables: ReturnType<typeof testVariables>;
  let servers: [ServerProcess, ServerProcess];
  let proxy: NginxProcess;
  let token: string;
  let shopId: string;
  let messages: string;

  async function call(path: string, body?: object): Promise<Answer> {
    const response = await fetch(`${proxy.url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        'Content-Type': 'application/json',
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
      },
      body: body && JSON.stringify(body),
    });
    return { status: response.status, body: await response.json().catch(() => undefined) };
  }

  beforeAll(async () => {
    redis = await startRedis(redisServer!);
    variables = {
      ...testVariables({ MONGODB_URI: databaseUri(`cluster_${randomBytes(4).toString('hex')}`) }),
      NODE_ENV: 'development',
      REDIS_URL: redis.url,
      TRUST_PROXY: '1',
      DRAIN_SECONDS,
    };
    servers = await Promise.all([startServer(variables), startServer(variables)]);
    proxy = await startNginx(nginx!, [new URL(servers[0].url).host, new URL(servers[1].url).host]);
    token = (await call('/api/auth/register', anAccount())).body.data.token;
    shopId = (await call('/api/shops', aShopBody())).body.data.id;
    const conversations = `/api/shops/${shopId}/conversations`;
    const opened = await call(conversations, { customerName: 'Aung' });
    messages = `${conversations}/${opened.body.data.id}/messages`;
  }, DEADLINE_MS);

  afterAll(async () => {
    await proxy.stop();
    await Promise.all(servers.map((server) => server.stop('SIGKILL')));
    await redis.stop();
  });

  /** Writers that note each answer, until `stop` is called; a write that got none is repeated. */
  function write() {
    const acknowledged = new Set<string>();
    const statuses: number[] = [];
    let writing = true;
    const writer = async (): Promise<void> => {
      while (writing) {
        const clientMessageId = randomBytes(8).toString('hex');
        for (let status = 0; status !== 201;) {
          const sent = { text: clientMessageId, clientMessageId };
          ({ status } = await call(messages, sent).catch(() => ({ status: 0 })));
          statuses.push(status);
          if (status === 201) acknowledged.add(clientMessageId);
          else await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    };
    const done = Promise.all(Array.from({ length: WRITERS }, writer));
    return { acknowledged, statuses, stop: () => ((writing = false), done) };
  }

  /** A client as the app's: it reconnects by itself and joins again with what it has seen. */
  function listen() {
    const heard = new Set<string>();
    let since = 0;
    let joins = 0;
    const socket: Socket = io(proxy.url, {
      auth: { token },
      reconnectionDelay: 100,
      forceNew: true,
    });
    socket.on('message:new', ({ text, seq }: { text: string; seq: number }) => {
      heard.add(text);
      since = Math.max(since, seq);
    });
    socket.on('connect', () => {
      socket.emit(
        'shop:join',
        { shopId, since },
        ({ ok }: { ok: boolean }) => (joins += Number(ok)),
      );
    });
    return { heard, socket, joins: () => joins };
  }

  async function stored(): Promise<string[]> {
    const texts: string[] = [];
    let cursor = '';
    do {
      const { body } = await call(`${messages}?limit=200${cursor && `&cursor=${cursor}`}`);
      texts.push(...body.data.map(({ text }: { text: string }) => text));
      cursor = body.meta.nextCursor ?? '';
    } while (cursor);
    return texts;
  }

  it(
    'fail no request when one is stopped, lose no write when one is killed, and sockets catch up',
    async () => {
      const clients = Array.from({ length: 4 }, listen);
      await eventually(() => {
        for (const client of clients) expect(client.joins()).toBeGreaterThan(0);
      }, WAIT_MS);
      const load = write();
      const more = async (): Promise<void> => {
        const before = load.acknowledged.size;
        await eventually(
          () => expect(load.acknowledged.size).toBeGreaterThan(before + SOME),
          WAIT_MS,
        );
      };
      await more();
      const stopped = servers[0].stop('SIGTERM');
      expect(await stopped).toBe(0);
      await more();
      expect(new Set(load.statuses)).toEqual(new Set([201]));

      const { port } = new URL(servers[0].url);
      servers[0] = await startServer({ ...variables, PORT: port });
      await more();
      await servers[1].stop('SIGKILL');
      await more();
      await load.stop();

      const texts = await stored();
      expect([...load.acknowledged].filter((text) => !texts.includes(text))).toEqual([]);
      expect(texts).toHaveLength(new Set(texts).size);
      for (const { heard, socket } of clients) {
        await eventually(
          () => expect([...load.acknowledged].filter((text) => !heard.has(text))).toEqual([]),
          WAIT_MS,
        );
        socket.disconnect();
      }
    },
    DEADLINE_MS,
  );

  it('show the world no metrics', async () => {
    for (const path of ['/metrics', '/METRICS', '/metrics/']) {
      expect((await call(path)).status, path).toBe(403);
    }
  });

  it('stay reachable while they answer 503', async () => {
    for (let turn = 0; turn < 6; turn++) {
      const { status, body } = await call('/api/auth/facebook');
      expect(status).toBe(503);
      expect(body.code).toBe('provider_not_configured');
    }
    expect((await call('/health/live')).status).toBe(200);
  });

  it('believe nginx, not the client, where a request comes from, and keep its id', async () => {
    const account = anAccount();
    const headers = {
      'Content-Type': 'application/json',
      'X-Forwarded-For': '6.6.6.6',
      'X-Request-Id': 'through-nginx-1',
    };
    const registered = await fetch(`${proxy.url}/api/auth/register`, {
      method: 'POST',
      headers,
      body: JSON.stringify(account),
    });
    expect(registered.headers.get('x-request-id')).toBe('through-nginx-1');
    const { data } = (await registered.json()) as { data: { token: string } };
    const sessions = await fetch(`${proxy.url}/api/auth/sessions`, {
      headers: { Authorization: `Bearer ${data.token}` },
    });
    const [session] = ((await sessions.json()) as { data: { ip: string }[] }).data;
    expect(session!.ip).toMatch(/127\.0\.0\.1$/);
  });
});
