import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import mongoose from 'mongoose';
import { list } from 'tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyDatabase } from '../src/platform/data/move.js';
import type { DatabaseServer as Server } from '../src/platform/database/database-server.js';
import { databaseUri } from './support/app.js';
import { aProduct, aShopBody, anAccount } from './support/bodies.js';
import { eventually } from './support/eventually.js';
import { type ServerProcess, startServer } from './support/server-process.js';

const TOOL = fileURLToPath(new URL('../dist/data-tool.js', import.meta.url));
/** Built code, as the engine's own process needs JavaScript. */
const SERVER = new URL('../dist/platform/database/database-server.js', import.meta.url).href;
/** Servers and tools in processes of their own, on a busy machine. */
const DEADLINE_MS = 120_000;
const EXPIRED = 20_000;
/** Documents that a move writes at once. */
const BATCH = 500;
/** Bytes of which an archive is made for a while. */
const BIG = 4 * 1024 * 1024;

/** Runs a command where the processes of others cannot be seen, as a container does. */
const APART = ['unshare', '-rpf', '--mount-proc'];
const mayBeApart = spawnSync(APART[0]!, [...APART.slice(1), 'true']).status === 0;
if (!mayBeApart) process.stderr.write('No PID namespace can be made here: its test is left out\n');

const isRoot = process.getuid?.() === 0;

let directory: string;
let running: ServerProcess | undefined;
/** What the first server was told, and the tokens that prove that its secrets came along. */
let token: string;
let shopPath: string;

const at = (...names: string[]): string => join(directory, ...names);

interface Options {
  /** A command that runs another one. */
  within?: string[];
  variables?: Record<string, string>;
}

function begin([action, argument]: string[], variables: object, within: string[] = []) {
  const { PATH } = process.env;
  const command = [...within, process.execPath, TOOL, action!, ...(argument ? [argument] : [])];
  const child = spawn(command[0]!, command.slice(1), {
    env: { PATH, ...variables } as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  return {
    child,
    ended: once(child, 'close').then(([code]) => ({ code: code as number, output })),
  };
}

function tool(dataDirectory: string, action: string, argument = '', options: Options = {}) {
  const { variables, within } = options;
  return begin([action, argument], { DATA_DIR: dataDirectory, ...variables }, within).ended;
}

async function call(path: string, body?: object): Promise<any> {
  const response = await fetch(`${running!.url}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: {
      'Content-Type': 'application/json',
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
    },
    body: body && JSON.stringify(body),
  });
  return response.json();
}

async function serve(variables: Record<string, string>): Promise<void> {
  running = await startServer(variables);
}

async function stop(): Promise<void> {
  await running?.stop();
  running = undefined;
}

async function expectTheShop(): Promise<void> {
  const { data } = await call(`${shopPath}/products`);
  expect(data).toMatchObject([{ name: 'Beans', stock: 7 }]);
  const { meta, ...movements } = await call(`${shopPath}/products/${data[0].id}/stock-movements`);
  expect(movements.data).toMatchObject([{ newStock: 7 }]);
  expect(meta.nextCursor).toBeNull();
}

/** By their collections, whole. */
async function indexesAt(uri: string, name?: string): Promise<Record<string, object[]>> {
  const client = await mongoose.mongo.MongoClient.connect(uri);
  const found: Record<string, object[]> = {};
  for (const collection of await client.db(name).collections()) {
    const all = await collection.indexes();
    found[collection.collectionName] = all.toSorted((a, b) => (a.name! < b.name! ? -1 : 1));
  }
  await client.close();
  return found;
}

const numbered = (count: number) => Array.from({ length: count }, (_, _id) => ({ _id }));

async function withEmbedded<T>(
  dataDirectory: string,
  work: (server: Server) => Promise<T>,
): Promise<T> {
  const { DatabaseServer } = (await import(SERVER)) as { DatabaseServer: typeof Server };
  const server = await DatabaseServer.reach({ dataDirectory });
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

/** Many rows that have expired, but are there still: an engine looks for them once a minute. */
async function addExpired(dataDirectory: string): Promise<void> {
  await withEmbedded(dataDirectory, async ({ uri, databaseName }) => {
    const client = await mongoose.mongo.MongoClient.connect(uri);
    const rows = client.db(databaseName).collection('expired');
    const text = 'x'.repeat(200);
    await rows.insertMany(Array.from({ length: EXPIRED }, () => ({ at: new Date(0), text })));
    await rows.createIndex({ at: 1 }, { expireAfterSeconds: 0 });
    await client.close();
  });
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cliick-data-'));
  await serve({ DATA_DIR: at('first') });
  token = (await call('/api/auth/register', anAccount())).data.token;
  shopPath = `/api/shops/${(await call('/api/shops', aShopBody())).data.id}`;
  await call(`${shopPath}/products`, aProduct({ name: 'Beans', stock: 7 }));
}, DEADLINE_MS);

afterAll(async () => {
  await stop();
  await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
});

describe('the data directory', { timeout: DEADLINE_MS }, () => {
  it('is not backed up while a server runs on it, and nothing is left of the try', async () => {
    const { code, output } = await tool(at('first'), 'backup', at('early.tgz'));
    expect(code).toBe(1);
    expect(output).toMatch(/^Another process \(\d+\) already runs the embedded database/);
    expect(await readdir(directory)).toEqual(['first']);
  });

  it.skipIf(!mayBeApart)('is not backed up from where its server cannot be seen', async () => {
    const owner = await readlink(at('first', 'mongodb', 'engine.owner'));
    const { code, output } = await tool(at('first'), 'backup', at('early.tgz'), { within: APART });
    expect(output).toMatch(/^Another process already runs the embedded database/);
    expect(code).toBe(1);
    expect(await readdir(directory)).toEqual(['first']);
    expect(await readlink(at('first', 'mongodb', 'engine.owner'))).toBe(owner);
  });

  it('is not backed up while the engine of a killed server still has it', async () => {
    const engine = running!.enginePid()!;
    process.kill(engine, 'SIGSTOP');
    await running!.stop('SIGKILL');
    const { code, output } = await tool(at('first'), 'backup', at('late.tgz'));
    process.kill(engine, 'SIGCONT');
    expect(output).toMatch(new RegExp(`^Another process \\(${engine}\\) already runs`));
    expect(code).toBe(1);
    expect(await readdir(directory)).toEqual(['first']);
  });

  it('comes back whole from its backup, secrets included, in another place', async () => {
    const backup = await tool(at('first'), 'backup', at('shop.tgz'));
    expect(backup).toMatchObject({ code: 0, output: expect.stringContaining('It holds secrets') });
    expect((await stat(at('shop.tgz'))).mode & 0o777).toBe(0o600);
    expect(await tool(at('second'), 'restore', at('shop.tgz'))).toMatchObject({ code: 0 });
    await serve({ DATA_DIR: at('second') });
    expect(running!.output()).not.toContain('generated');
    await expectTheShop();
    await stop();
  });

  it.each([
    ['backup', 'shop.tgz', 'first', /is there already: name a new file/],
    ['backup', 'new.tgz', 'nowhere', /There is no database in/],
    ['backup', 'missing/new.tgz', 'first', /missing\/new\.tgz cannot be written \(ENOENT\): /],
    ['move', 'new.tgz', 'nowhere', /There is no database in/],
    ['restore', 'shop.tgz', 'first', /holds mongodb already/],
    ['restore', 'missing.tgz', 'third', /There is no file/],
    ['restore', 'broken.tgz', 'third', /is no whole backup/],
    ['sell', 'shop.tgz', 'first', /^Say what to do: backup FILE/],
  ])('says why it does not %s %s in %s', async (action, file, name, sentence) => {
    await writeFile(at('broken.tgz'), 'not an archive');
    const { code, output } = await tool(at(name), action, at(file));
    expect(output).toMatch(sentence);
    expect(output.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
    expect(existsSync(at(name, 'mongodb'))).toBe(name === 'first');
    expect(existsSync(at('nowhere'))).toBe(false);
  });

  it('is backed up with what is behind its links', async () => {
    await mkdir(at('disk', 'media'), { recursive: true });
    await writeFile(at('disk', 'media', 'picture.jpg'), 'a picture');
    await cp(at('first', 'mongodb'), at('disk', 'mongodb'), { recursive: true });
    await mkdir(at('linked'));
    for (const name of ['mongodb', 'media']) await symlink(at('disk', name), at('linked', name));
    await symlink(at('first', 'dev-secrets.json'), at('linked', 'dev-secrets.json'));
    await symlink(at('linked'), at('link'));
    expect(await tool(at('link'), 'backup', at('linked.tgz'))).toMatchObject({ code: 0 });
    expect(await tool(at('unlinked'), 'restore', at('linked.tgz'))).toMatchObject({ code: 0 });
    expect(await readFile(at('unlinked', 'media', 'picture.jpg'), 'utf8')).toBe('a picture');
    await rm(at('disk'), { recursive: true });
    await serve({ DATA_DIR: at('unlinked') });
    await expectTheShop();
    await stop();
  });

  it('is not backed up without a link that leads nowhere', async () => {
    await cp(at('first', 'mongodb'), at('broken', 'mongodb'), { recursive: true });
    await symlink(at('unplugged'), at('broken', 'media'));
    const { code, output } = await tool(at('broken'), 'backup', at('broken-link.tgz'));
    expect(output).toMatch(/broken\/media cannot be read \(ENOENT\): .*\.\n$/);
    expect(code).toBe(1);
    expect(existsSync(at('broken-link.tgz'))).toBe(false);
  });

  it('does not hold its own backup when that is written into it, nor what a file system keeps', async () => {
    await mkdir(at('first', 'lost+found'));
    expect(await tool(at('first'), 'backup', at('first', 'own.tgz'))).toMatchObject({ code: 0 });
    const names: string[] = [];
    await list({ file: at('first', 'own.tgz'), onReadEntry: ({ path }) => names.push(path) });
    for (const name of ['own.tgz', 'lost+found']) await rm(at('first', name), { recursive: true });
    expect(names).toContain('./mongodb/');
    expect(names.filter((name) => name.includes('lost+found'))).toEqual([]);
    expect(names.filter((name) => name.includes('own.tgz'))).toEqual([]);
  });

  it.each([
    ['a server opened it meanwhile', 'mongod.lock', /^A server opened the database meanwhile: /],
    ['it went away meanwhile', 'WiredTiger', /^The database did not get into .*\.tgz: /],
  ])('is not backed up when %s', async (_, name, sentence) => {
    await rm(at('reopened'), { recursive: true, force: true });
    await cp(at('first'), at('reopened'), { recursive: true });
    // They come before the database, and nothing makes them smaller.
    for (let number = 0; number < 6; number += 1)
      await writeFile(at('reopened', `a-${number}`), randomBytes(BIG));
    const file = at(`without-${name}.tgz`);
    const { ended } = begin(['backup', file], { DATA_DIR: at('reopened') });
    await eventually(async () => {
      expect((await stat(`${file}.part`)).size).toBeGreaterThan(0);
    });
    // What an opening and a close leave behind, by an engine that cannot be seen from here.
    if (name === 'mongod.lock') await writeFile(at('reopened', 'mongodb', name), '');
    else await rm(at('reopened', 'mongodb', name));
    expect(await ended).toMatchObject({ code: 1, output: expect.stringMatching(sentence) });
    expect(existsSync(file)).toBe(false);
  });

  it('takes no backup over what is there, and leaves all of it', async () => {
    for (const name of ['first', 'used']) await mkdir(at(name, 'media'), { recursive: true });
    await writeFile(at('used', 'media', 'only-copy.jpg'), 'a picture');
    await writeFile(at('used', 'dev-secrets.json'), '{}');
    await tool(at('first'), 'backup', at('with-media.tgz'));
    const { code, output } = await tool(at('used'), 'restore', at('with-media.tgz'));
    expect(output).toMatch(/ holds dev-secrets.json, media already: move it away, .*\.\n$/);
    expect(code).toBe(1);
    expect((await readdir(at('used'))).toSorted()).toEqual(['dev-secrets.json', 'media']);
    expect(await readFile(at('used', 'media', 'only-copy.jpg'), 'utf8')).toBe('a picture');
    expect(await readFile(at('used', 'dev-secrets.json'), 'utf8')).toBe('{}');
    for (const name of ['media', 'dev-secrets.json'])
      await rm(at('used', name), { recursive: true });
    expect(await tool(at('used'), 'restore', at('with-media.tgz'))).toMatchObject({ code: 0 });
    const secrets = await readFile(at('first', 'dev-secrets.json'), 'utf8');
    expect(await readFile(at('used', 'dev-secrets.json'), 'utf8')).toBe(secrets);
  });

  it('moves to a MongoDB server, with its indexes, once', async () => {
    const uri = databaseUri(`moved_${process.pid}`);
    const moved = await tool(at('first'), 'move', uri);
    expect(moved).toMatchObject({ code: 0, output: expect.stringMatching(/^products +1$/m) });
    const again = await tool(at('first'), 'move', uri);
    expect(again).toMatchObject({ code: 1, output: expect.stringContaining('name an empty') });
    // A start would build what is missing.
    const indexes = await indexesAt(uri);
    expect(indexes['products']!.length).toBeGreaterThan(1);
    const before = await withEmbedded(at('first'), (one) => indexesAt(one.uri, one.databaseName));
    expect(indexes).toEqual(before);
    await serve({ DATA_DIR: at('first'), MONGODB_URI: uri });
    await expectTheShop();
    await stop();
  });

  it('is moved so that no crash of the target takes it back, and counted there', async () => {
    const uri = databaseUri(`counted_${process.pid}`);
    const source = await mongoose.mongo.MongoClient.connect(databaseUri(`source_${process.pid}`));
    const target = await mongoose.mongo.MongoClient.connect(uri, { monitorCommands: true });
    await source
      .db()
      .collection<{ _id: number }>('rows')
      .insertMany(numbered(4 * BATCH));
    const concerns: Record<string, unknown> = {};
    target.on('commandStarted', ({ commandName, command }) => {
      if (/^(create|insert|drop)$/.test(commandName)) concerns[commandName] = command.writeConcern;
    });
    expect(await copyDatabase(source.db(), target.db())).toEqual({ rows: 4 * BATCH });
    const kept = { w: 'majority', j: true };
    expect(concerns).toEqual({ create: kept, insert: kept, drop: kept });
    await target.db().dropDatabase();
    // With the first batch of them there, one goes.
    target.once('commandSucceeded', function lose({ commandName }) {
      if (commandName !== 'insert') return void target.once('commandSucceeded', lose);
      void source.db(target.db().databaseName).collection('rows').deleteOne({});
    });
    await expect(copyDatabase(source.db(), target.db())).rejects.toThrow(
      `rows: ${4 * BATCH - 1} of ${4 * BATCH} arrived. Begin again.`,
    );
    await Promise.all([source.close(), target.close()]);
  });

  it('is not served from where a move was cut off, and moves whole when that begins again', async () => {
    const uri = databaseUri(`cut_off_${process.pid}`);
    const target = await mongoose.mongo.MongoClient.connect(uri);
    await cp(at('first'), at('large'), { recursive: true });
    await addExpired(at('large'));
    const { child, ended } = begin(['move', uri], { DATA_DIR: at('large') });
    await eventually(async () => {
      expect(await target.db().collection('expired').estimatedDocumentCount()).toBeGreaterThan(0);
    });
    child.kill();
    await ended;
    // It would take from what is still to be counted.
    const expiry = expect.objectContaining({ expireAfterSeconds: 0 });
    expect((await indexesAt(uri))['expired']).not.toContainEqual(expiry);
    await expect(startServer({ DATA_DIR: at('large'), MONGODB_URI: uri })).rejects.toThrow(
      /:\nMONGODB_URI names a database that a move has not filled yet: .*\n$/,
    );
    const { code, output } = await tool(at('large'), 'move', uri);
    await target.close();
    expect(output).toMatch(new RegExp(`^expired +${EXPIRED}$`, 'm'));
    expect(code).toBe(0);
    expect((await indexesAt(uri))['expired']).toContainEqual(expiry);
    await serve({ DATA_DIR: at('large'), MONGODB_URI: uri });
    await expectTheShop();
    await stop();
  });

  it.each([
    ['backup', 'other.tgz'],
    ['restore', 'other.tgz'],
    ['move', 'mongodb://127.0.0.1:1/other'],
  ])('is no matter of a %s while another one is in use', async (action, name) => {
    const variables = { MONGODB_URI: 'mongodb://127.0.0.1:1/cliick' };
    const about = action === 'move' ? name : at(name);
    const { code, output } = await tool(at('first'), action, about, { variables });
    expect(output).toMatch(
      /^MONGODB_URI is set, .* or run this with MONGODB_URI set to nothing\.\n$/,
    );
    expect(code).toBe(1);
    expect(existsSync(at('other.tgz'))).toBe(false);
  });

  it.skipIf(!mayBeApart)(
    'says that a disk is too small for it, and leaves nothing there',
    async () => {
      await mkdir(at('small'));
      const mount = `mount -t tmpfs -o size=1m none ${at('small')}`;
      const script = `${mount}; "$@"; code=$?; ls -A ${at('small')}; exit $code`;
      const within = ['unshare', '-rm', 'sh', '-c', script, 'sh'];
      const { code, output } = await tool(at('small'), 'restore', at('shop.tgz'), { within });
      expect(output).toBe(
        `${at('small')} cannot be written (ENOSPC): free some space, or point DATA_DIR elsewhere.\n`,
      );
      expect(code).toBe(1);
    },
  );

  it.skipIf(isRoot && !mayBeApart)('names what of it cannot be read', async () => {
    await cp(at('first'), at('closed'), { recursive: true });
    const secrets = at('closed', 'dev-secrets.json');
    await chmod(secrets, 0);
    // Root of a namespace of users may not read what is of a user without.
    if (isRoot) await chown(secrets, 65_534, 65_534);
    const within = isRoot ? ['unshare', '-r'] : [];
    const { code, output } = await tool(at('closed'), 'backup', at('closed.tgz'), { within });
    expect(output).toBe(`${secrets} cannot be read (EACCES): make it readable for this user.\n`);
    expect(code).toBe(1);
    expect(existsSync(at('closed.tgz'))).toBe(false);
  });

  it('stays where it is when the target does not answer', async () => {
    const target = 'mongodb://127.0.0.1:1/cliick';
    // That the server has been told of the target already is no matter.
    const variables = { MONGODB_URI: target };
    const { code, output } = await tool(at('first'), 'move', target, { variables });
    expect(code).toBe(1);
    expect(output).toMatch(/^The target does not answer or refuses .*: check its URI\.\n$/);
  });
});
