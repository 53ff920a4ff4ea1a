import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aShopBody, anAccount } from '../support/bodies.js';
import { eventually } from '../support/eventually.js';
import { type ServerProcess, startServer } from '../support/server-process.js';

/** Acknowledged writes that make a load. */
const SOME = 50;
/** Four processes on a busy machine. */
const DEADLINE_MS = 90_000;

let directory: string;
const running = new Set<ServerProcess>();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cliick-restart-'));
});

afterAll(async () => {
  await Promise.all([...running].map((server) => server.stop('SIGKILL')));
  // An engine whose API was killed may still be closing.
  await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
});

async function start(name: string, variables = {}): Promise<ServerProcess> {
  const server = await startServer({ DATA_DIR: join(directory, name), ...variables });
  running.add(server);
  void server.child.once('exit', () => running.delete(server));
  return server;
}

async function call(
  { url }: ServerProcess,
  path: string,
  { token, body }: { token?: string; body?: object } = {},
): Promise<{ status: number; body: any; headers: Headers }> {
  const response = await fetch(`${url}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: {
      'Content-Type': 'application/json',
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
    },
    body: body && JSON.stringify(body),
  });
  return { status: response.status, body: await response.json(), headers: response.headers };
}

interface World {
  token: string;
  messages: string;
}

async function openWorld(server: ServerProcess): Promise<World> {
  const account = await call(server, '/api/auth/register', { body: anAccount() });
  const token = account.body.data.token as string;
  const shop = await call(server, '/api/shops', { token, body: aShopBody() });
  const conversations = `/api/shops/${shop.body.data.id}/conversations`;
  const { body } = await call(server, conversations, { token, body: { customerName: 'Aung' } });
  return { token, messages: `${conversations}/${body.data.id}/messages` };
}

/** Eight writers that note what was acknowledged, until `stop` is called. */
function writeMessages(server: ServerProcess, { token, messages }: World) {
  const acknowledged = new Set<string>();
  const statuses = new Set<number>();
  let writing = true;
  let next = 0;
  const writer = async (): Promise<void> => {
    while (writing) {
      const text = `message ${next++}`;
      const answer = await call(server, messages, { token, body: { text } }).catch(() => undefined);
      if (answer) statuses.add(answer.status);
      if (answer?.status === 201) acknowledged.add(text);
      else await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const done = Promise.all(Array.from({ length: 8 }, writer));
  return { acknowledged, statuses, stop: () => ((writing = false), done) };
}

async function readTexts(server: ServerProcess, { token, messages }: World): Promise<Set<string>> {
  const texts = new Set<string>();
  let cursor = '';
  do {
    const query = `?limit=200${cursor && `&cursor=${cursor}`}`;
    const { body } = await call(server, messages + query, { token });
    for (const { text } of body.data) texts.add(text);
    cursor = body.meta.nextCursor ?? '';
  } while (cursor);
  return texts;
}

describe('kill -9 in mid-load', { timeout: DEADLINE_MS }, () => {
  it('of the engine: 503 meanwhile, then the same API serves again, and nothing is lost', async () => {
    const server = await start('engine');
    const world = await openWorld(server);
    const load = writeMessages(server, world);
    await eventually(() => expect(load.acknowledged.size).toBeGreaterThan(SOME), 40_000);
    const enginePid = server.enginePid()!;
    process.kill(enginePid, 'SIGKILL');
    const before = load.acknowledged.size;
    await eventually(() => expect(load.acknowledged.size).toBeGreaterThan(before + SOME), 40_000);
    await load.stop();
    const errors = [...server.output().matchAll(/^.*"unexpected error".*$/gm)].map(
      ([line]) => line,
    );
    expect(errors).toEqual([]);
    expect(load.statuses).toEqual(new Set([201, 503]));
    const kept = await readTexts(server, world);
    expect([...load.acknowledged].filter((text) => !kept.has(text))).toEqual([]);
    expect(await server.stop()).toBe(0);
  });

  it('of the API: its engine ends by itself, a new start serves, and nothing is lost', async () => {
    const first = await start('api');
    const world = await openWorld(first);
    const load = writeMessages(first, world);
    await eventually(() => expect(load.acknowledged.size).toBeGreaterThan(SOME), 40_000);
    const enginePid = first.enginePid()!;
    await first.stop('SIGKILL');
    await load.stop();
    const second = await start('api');
    await eventually(() => expect(() => process.kill(enginePid, 0)).toThrow('ESRCH'));
    const kept = await readTexts(second, world);
    expect([...load.acknowledged].filter((text) => !kept.has(text))).toEqual([]);
    expect(await second.stop()).toBe(0);
  });
});

describe('the stop', { timeout: DEADLINE_MS }, () => {
  it('by Ctrl-C to the whole group ends the API and the engine cleanly', async () => {
    const server = await start('stop');
    const enginePid = server.enginePid()!;
    process.kill(enginePid, 'SIGINT');
    expect(await server.stop('SIGINT')).toBe(0);
    expect(() => process.kill(enginePid, 0)).toThrow('ESRCH');
    const again = await start('stop');
    expect(again.output()).not.toContain('generated');
    await again.stop();
  });

  it('is not ready (503) while it drains, and finishes what runs', async () => {
    const server = await start('drain', { DRAIN_SECONDS: '1' });
    const { token } = await openWorld(server);
    const stopped = server.stop();
    await eventually(async () => {
      expect((await call(server, '/health/ready')).status).toBe(503);
    });
    expect((await call(server, '/api/auth/me', { token })).status).toBe(200);
    expect(await stopped).toBe(0);
  });

  it('exits at once at a second signal', async () => {
    const server = await start('twice', { DRAIN_SECONDS: '60' });
    const stopped = server.stop('SIGINT');
    await eventually(async () => {
      expect((await call(server, '/health/ready')).status).toBe(503);
    });
    await eventually(() => {
      server.child.kill('SIGINT');
      expect(server.child.exitCode).toBe(130);
    });
    expect(await stopped).toBe(130);
  });
});

describe('a start that cannot succeed', () => {
  it.each([
    [{ PORT: 'eighty' }, /^PORT must not be greater|^PORT .*\n$/],
    [{ NODE_ENV: 'production' }, /^JWT_SECRET is missing.*\nENCRYPTION_KEYS is missing/],
  ])('says in a line what to change (%j)', async (variables, line) => {
    const error = await start('wrong', variables).catch((failure: Error) => failure);
    expect((error as Error).message.split('\n').slice(1).join('\n')).toMatch(line);
  });
});
