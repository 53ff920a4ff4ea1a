import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import mongoose, { type mongo } from 'mongoose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type {
  EmbeddedEngine as Engine,
  EmbeddedEngineOptions,
} from '../src/platform/database/embedded-engine.js';
import { eventually } from './support/eventually.js';

const { MongoClient } = mongoose.mongo;
/** Built code, as the engine's own process needs JavaScript. */
const MODULE = new URL('../dist/platform/database/embedded-engine.js', import.meta.url).href;
const MB = 1024 * 1024;

let base: string;
let EmbeddedEngine: typeof Engine;
let lines: string[];
const cleanUps: (() => unknown)[] = [];

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'cliick-engine-test-'));
  ({ EmbeddedEngine } = (await import(MODULE)) as { EmbeddedEngine: typeof Engine });
});

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

afterAll(() => rm(base, { recursive: true, force: true }));

function optionsFor(directory: string): EmbeddedEngineOptions {
  lines = [];
  const note = (level: string) => (msg: string) => void lines.push(`${level}: ${msg}`);
  return {
    directory,
    cacheDirectory: join(tmpdir(), 'cliick-test-cache'),
    env: process.env,
    log: { info: note('info'), warn: note('warn'), error: note('error') },
  };
}

async function start(directory: string, more: Partial<EmbeddedEngineOptions> = {}) {
  const engine = await EmbeddedEngine.start({ ...optionsFor(directory), ...more });
  cleanUps.push(() => engine.stop());
  return engine;
}

async function itemsOf({ uri, writeConcern }: Pick<Engine, 'uri' | 'writeConcern'>) {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 2_000, writeConcern });
  cleanUps.push(() => client.close());
  await client.connect();
  return client.db('shop').collection<{ _id: string }>('items');
}

const newDirectory = (): Promise<string> => mkdtemp(join(base, 'data-'));

/** A start that is expected to fail: its one sentence, which names a remedy. */
async function refusal(directory: string, more: Partial<EmbeddedEngineOptions> = {}) {
  const error: unknown = await start(directory, more).catch((failure: unknown) => failure);
  expect(error).toMatchObject({ name: 'EmbeddedEngineError' });
  const { message } = error as Error;
  expect(message).toMatch(/^.*(DATA_DIR|MONGODB_URI).*\.$/);
  expect(message).not.toContain('\n');
  return message;
}

const socketDirectoryOf = ({ uri }: { uri: string }): string =>
  dirname(decodeURIComponent(new URL(uri).hostname));

/** A zombie is dead: on some machines nobody asks for an orphan's end for seconds. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = `/proc/${pid}/stat`;
    return !existsSync(stat) || !readFileSync(stat, 'latin1').includes(') Z ');
  } catch {
    return false;
  }
}

describe('the embedded engine', () => {
  it('serves the driver, and the next start on the directory finds the data', async () => {
    const directory = join(await newDirectory(), 'made', 'by', 'the', 'start');
    const first = await start(directory);
    expect(first.state).toBe('running');
    expect(first.uri).toMatch(/^mongodb:\/\/[^/]+engine\.sock\/\?directConnection=true$/);
    await (await itemsOf(first)).insertOne({ _id: 'tea' });
    await first.stop();
    expect(isAlive(first.pid!)).toBe(false);
    const second = await start(directory);
    expect(await (await itemsOf(second)).findOne()).toEqual({ _id: 'tea' });
    await second.stop();
    expect([first, second].map(socketDirectoryOf).filter(existsSync)).toEqual([]);
  });

  it('leaves the meaning of Ctrl-C to its parent', async () => {
    const engine = await start(await newDirectory());
    const items = await itemsOf(engine);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.kill(engine.pid!, signal);
    await items.insertOne({ _id: 'still here' });
    expect(lines).toEqual([]);
  });

  it('comes back under its URI after kill -9, for the same client', async () => {
    const engine = await start(await newDirectory());
    const items = await itemsOf(engine);
    await items.insertOne({ _id: 'before' });
    const killed = engine.pid!;
    process.kill(killed, 'SIGKILL');
    await eventually(() => expect(lines.join()).toContain('ended'));
    await eventually(() => items.insertOne({ _id: 'after' }));
    expect(await items.countDocuments()).toBe(2);
    expect(engine.pid).not.toBe(killed);
    expect(lines).toEqual([
      'error: the embedded database ended (SIGKILL): starting it again',
      'info: the embedded database serves again',
    ]);
    expect(await readdir(socketDirectoryOf(engine))).toHaveLength(2);
  });

  it('keeps every acknowledged write when it is killed in mid-load', async () => {
    const engine = await start(await newDirectory());
    const items = await itemsOf(engine);
    const acknowledged: string[] = [];
    const failures = new Set<string>();
    let writing = true;
    cleanUps.push(() => (writing = false));
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; writing; n++) {
        const _id = `${writer}-${n}`;
        await items.insertOne({ _id }).then(
          () => acknowledged.push(_id),
          (error: Error) => failures.add(error.name),
        );
      }
    });
    for (let round = 0; round < 3; round++) {
      const target = acknowledged.length + 200;
      await eventually(() => expect(acknowledged.length).toBeGreaterThan(target));
      const killed = engine.pid!;
      process.kill(killed, 'SIGKILL');
      await eventually(() => expect(engine.pid).not.toBe(killed));
    }
    writing = false;
    await Promise.all(writers);
    const kept = new Set((await eventually(() => items.find().toArray())).map(({ _id }) => _id));
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
    expect(failures.size).toBeGreaterThan(0);
  });
});

describe('queries that several indexes could serve', () => {
  it('are answered where none of the plans wins the trial, also after a restart', async () => {
    const engine = await start(await newDirectory());
    const items = (await itemsOf(engine)) as unknown as mongo.Collection<Record<string, unknown>>;
    await items.createIndexes([
      { key: { shop: 1, at: -1 } },
      { key: { shop: 1, status: 1, at: -1 } },
      { key: { shop: 1, customer: 1, at: -1 } },
    ]);
    // Each status has one customer, so that the two together match nothing.
    const rows = Array.from({ length: 8_000 }, (_, at) => ({
      shop: 1,
      status: at % 2,
      customer: at % 2,
      at,
    }));
    await items.insertMany(rows);
    const find = () => items.find({ shop: 1, status: 0, customer: 1 }).sort({ at: -1 }).toArray();
    expect(await find()).toEqual([]);
    const killed = engine.pid!;
    process.kill(killed, 'SIGKILL');
    await eventually(() => expect(engine.pid).not.toBe(killed));
    expect(await eventually(find)).toEqual([]);
  });
});

describe('kill -9 of the process that started it', () => {
  it('ends the engine by itself, and the directory is free for the next start', async () => {
    const directory = await newDirectory();
    const { pid, enginePid, uri, writeConcern } = await startElsewhere(directory);
    await (await itemsOf({ uri, writeConcern })).insertOne({ _id: 'kept' });
    process.kill(pid, 'SIGKILL');
    await eventually(() => expect(isAlive(pid)).toBe(false));
    const engine = await start(directory);
    expect(await (await itemsOf(engine)).findOne()).toEqual({ _id: 'kept' });
    await eventually(() => expect(isAlive(enginePid)).toBe(false));
    expect(existsSync(socketDirectoryOf({ uri }))).toBe(false);
  });
});

/** Starts an engine from another process, as a server does. */
async function startElsewhere(directory: string) {
  const { cacheDirectory } = optionsFor(directory);
  const program = `
    const { EmbeddedEngine } = await import(${JSON.stringify(MODULE)});
    const log = { info() {}, warn() {}, error() {} };
    const engine = await EmbeddedEngine.start({
      ...${JSON.stringify({ directory, cacheDirectory })}, env: process.env, log,
    });
    const { pid, uri, writeConcern } = engine;
    console.log(JSON.stringify({ enginePid: pid, uri, writeConcern }));`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanUps.push(() => parent.kill('SIGKILL'));
  const [told] = (await once(parent.stdout.setEncoding('utf8'), 'data')) as [string];
  type Told = Pick<Engine, 'uri' | 'writeConcern'> & { enginePid: number };
  return { pid: parent.pid!, ...(JSON.parse(told) as Told) };
}

describe('a start that cannot be', () => {
  it('names the process that has the directory already', async () => {
    const directory = await newDirectory();
    const engine = await start(directory);
    expect(await refusal(directory)).toBe(
      `Another process (${process.pid}) already runs the embedded database in ${directory}: ` +
        'stop it, or point DATA_DIR at another directory.',
    );
    await (await itemsOf(engine)).insertOne({ _id: 'not disturbed' });
  });

  it('names the engine that has the data open, when it does not close in time', async () => {
    const directory = await newDirectory();
    const engine = await start(directory);
    await rm(join(directory, 'engine.owner'));
    expect(await refusal(directory, { releaseDeadlineMs: 1_000 })).toBe(
      `Another process (${engine.pid}) already runs the embedded database in ${directory}: ` +
        'stop it, or point DATA_DIR at another directory.',
    );
    expect(await readdir(directory)).not.toContain('engine.owner');
    await (await itemsOf(engine)).insertOne({ _id: 'not disturbed' });
  });

  it('is not hindered by what a killed process left, whoever has its pid now', async () => {
    const directory = await newDirectory();
    await symlink(`${process.pid}:1`, join(directory, 'engine.owner'));
    await start(directory);
    expect(await readlink(join(directory, 'engine.owner'))).not.toBe(`${process.pid}:1`);
  });

  it('leaves the right of an owner elsewhere until the engine has told that it is gone', async () => {
    const directory = await newDirectory();
    const engine = await start(directory);
    const link = join(directory, 'engine.owner');
    await rm(link);
    await symlink(`${process.pid}:1@elsewhere`, link);
    expect(await refusal(directory, { releaseDeadlineMs: 500 })).toMatch(
      /^Another process already/,
    );
    expect(await readlink(link)).toBe(`${process.pid}:1@elsewhere`);
    await engine.stop();
    await start(directory);
    expect(await readlink(link)).not.toContain('elsewhere');
  });

  it('names the directory that is a file, or cannot be made', async () => {
    const file = join(await newDirectory(), 'file');
    await writeFile(file, '');
    expect(await refusal(file)).toBe(
      `The directory ${file} cannot be written (EEXIST): ` +
        'point DATA_DIR at one that this user can write.',
    );
    const impossible = '/proc/cliick/mongodb';
    expect(await refusal(impossible)).toContain(`${impossible} cannot be written (`);
  });

  it('names a read-only directory', async (context) => {
    const directory = await mountTmpfs('ro');
    if (!directory) return context.skip('this user may not mount a read-only file system');
    expect(await refusal(directory)).toContain(`${directory} cannot be written (EROFS)`);
  });

  it('names the platform that has no binary', async () => {
    const directory = join(base, 'never-made');
    const machine = { platform: 'win32', arch: 'x64', glibcVersion: undefined } as const;
    expect(await refusal(directory, { machine })).toMatch(
      /^There is no embedded database for win32 on x64, .+: set MONGODB_URI to a MongoDB server\.$/,
    );
    expect(await refusal(directory, { machine: { ...machine, platform: 'linux' } })).toContain(
      'linux on x64 without glibc',
    );
    expect(existsSync(directory)).toBe(false);
  });

  it('names the package that is not installed', async () => {
    const other = process.platform === 'darwin' ? 'linux' : 'darwin';
    const machine = { platform: other, arch: 'arm64', glibcVersion: '2.38' } as const;
    expect(await refusal(join(base, 'never-made'), { machine })).toMatch(
      /^The embedded database's package @0q\/embedded-mongodb-\S+ is not installed: run npm ci /,
    );
  });

  it('names the data that cannot be opened', async () => {
    const directory = await newDirectory();
    for (const name of ['WiredTiger', 'WiredTiger.turtle', 'WiredTiger.wt'])
      await writeFile(join(directory, name), 'no database');
    const message = await refusal(directory);
    expect(message).toContain(`The embedded database cannot open ${directory} (`);
    expect(message).toContain('restore the directory from a backup');
  });

  it('tells why the native library does not load', async () => {
    const directory = await newDirectory();
    const broken = join(directory, 'broken.node');
    await writeFile(broken, 'not a library');
    const machine = { platform: process.platform, arch: process.arch, glibcVersion: '2.99' };
    const env = { ...process.env, NAPI_RS_NATIVE_LIBRARY_PATH: broken };
    expect(await refusal(directory, { machine, env })).toMatch(
      /^The embedded database does not load on this system \(.*broken\.node.*\): set MONGODB_URI /,
    );
    await start(directory);
  });
});

describe('a full disk', () => {
  it('is named before the start, with what is free and what is needed', async () => {
    const directory = await newDirectory();
    expect(await refusal(directory, { readFreeBytes: async () => 12.9 * MB })).toBe(
      `The disk of ${directory} is full (12 MB free, the embedded database needs 64 MB): ` +
        'free some space, or point DATA_DIR at another disk.',
    );
  });

  it('is measured where the data lies', async (context) => {
    const mount = await mountTmpfs('size=8m');
    if (!mount) return context.skip('this user may not mount a small file system');
    const directory = join(mount, 'mongodb');
    expect(await refusal(directory)).toMatch(
      /^The disk of \S+ is full \([78] MB free, the embedded database needs 64 MB\): free some space, /,
    );
    expect(await readdir(directory)).toEqual([]);
  });

  it('keeps the engine down until space comes back, told once, and does not hold up a stop', async () => {
    let freeMB = 1024;
    const directory = await newDirectory();
    const engine = await start(directory, { readFreeBytes: async () => freeMB * MB });
    freeMB = 0;
    process.kill(engine.pid!, 'SIGKILL');
    await eventually(() => expect(lines.at(-1)).toContain('0 MB free'));
    freeMB = 1024;
    await eventually(() => expect(engine.state).toBe('running'));
    expect(lines.filter((line) => line.includes('is full'))).toHaveLength(1);
    freeMB = 0;
    process.kill(engine.pid!, 'SIGKILL');
    await eventually(() => expect(lines.at(-1)).toContain('0 MB free'));
    await engine.stop();
    expect(engine.state).toBe('stopped');
  });

  it('that kills the engine loses nothing, and it serves again when space comes back', async (context) => {
    const mount = await mountTmpfs('size=80m');
    if (!mount) return context.skip('this user may not mount a small file system');
    const engine = await start(join(mount, 'mongodb'));
    const items = await itemsOf(engine);
    await items.insertOne({ _id: 'before' });
    const ballast = join(mount, 'ballast');
    await writeFile(ballast, Buffer.alloc(80 * MB)).catch(() => {});
    await eventually(async () => {
      const filling = { filling: randomBytes(MB) };
      await items.updateOne({ _id: 'before' }, { $set: filling }).catch(() => {});
      expect(engine.state).toBe('restarting');
    });
    await eventually(() => expect(lines.at(-1)).toContain('0 MB free'));
    await rm(ballast);
    await eventually(() => items.insertOne({ _id: 'after' }));
    expect(await items.countDocuments()).toBe(2);
  });
});

/** A file system of its own; undefined where this user may not mount. */
async function mountTmpfs(options: string): Promise<string | undefined> {
  const directory = await mkdtemp(join(base, 'mount-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory]);
  if (status !== 0) return undefined;
  cleanUps.push(() => spawnSync('umount', [directory]));
  return directory;
}
