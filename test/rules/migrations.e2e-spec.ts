import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose, { type Connection, Schema } from 'mongoose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type Migration,
  type MigrationTimings,
  MigrationsService,
} from '../../src/platform/database/migrations.service.js';
import { buildSchemaIndexes } from '../../src/platform/database/schema-indexes.js';
import { aShop } from '../support/actors.js';
import { createTestApp, databaseUri, type TestApp } from '../support/app.js';
import { aProduct } from '../support/bodies.js';
import { startServer } from '../support/server-process.js';

let app: TestApp;

beforeAll(async () => {
  app = await createTestApp();
});

afterEach(() => vi.useRealTimers());

afterAll(() => app.close());

/** As a process that starts has it: a service of its own, on the database of the application. */
function aProcess(...migrations: Migration[]): MigrationsService {
  return aProcessOf(undefined, ...migrations);
}

function aProcessOf(
  timings: MigrationTimings | undefined,
  ...migrations: Migration[]
): MigrationsService {
  const model = app.connection.models['AppliedMigration']!;
  const service = new MigrationsService(app.connection, model as never, timings);
  for (const migration of migrations) service.add(migration);
  return service;
}

/** The work of a migration, which ends when the test says so. */
class Work {
  finish: () => void;
  fail: (error: Error) => void;
  readonly begun: Promise<void>;
  readonly run: Migration['run'];

  constructor() {
    let begin: () => void;
    this.begun = new Promise((resolve) => (begin = resolve));
    const end = new Promise<number>((resolve, reject) => {
      this.finish = () => resolve(1);
      this.fail = reject;
    });
    this.run = () => (begin(), end);
  }
}

/** Within which a process has looked several times whether it may begin. */
const SOME_POLLS_MS = 1_000;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms, 'waited'));

const anId = (): string => `2026-01-01-${randomBytes(4).toString('hex')}`;

describe('a migration', () => {
  it('runs once, though several processes start at the same time, and all wait for it', async () => {
    let runs = 0;
    let isDone = false;
    const migration: Migration = {
      id: anId(),
      run: async () => {
        runs++;
        await new Promise((resolve) => setTimeout(resolve, 300));
        isDone = true;
        return 3;
      },
    };
    await Promise.all(
      Array.from({ length: 5 }, async () => {
        await aProcess(migration).ready();
        expect(isDone).toBe(true);
      }),
    );
    expect(runs).toBe(1);
    await aProcess(migration).ready();
    expect(runs).toBe(1);
    const noted = await app.connection
      .collection('migrations')
      .findOne({ _id: migration.id as never });
    expect(noted).toMatchObject({ changed: 3, finishedAt: expect.any(Date) });
  });

  it('that failed stops the start, and the next start tries again', async () => {
    const run = vi.fn<Migration['run']>();
    run.mockRejectedValueOnce(new Error('no space')).mockResolvedValue(1);
    const migration = { id: anId(), run };
    await expect(aProcess(migration).ready()).rejects.toThrow('no space');
    await aProcess(migration).ready();
    expect(run).toHaveBeenCalledTimes(2);
  });

  it('of a process that died is taken over when its lock has ended', async () => {
    const run = vi.fn<Migration['run']>().mockResolvedValue(0);
    const id = anId();
    const migrations = app.connection.collection('migrations');
    await migrations.insertOne({
      _id: id as never,
      lockedUntil: new Date(Date.now() + 400),
      finishedAt: null,
    });
    await aProcess({ id, run }).ready();
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('that takes longer than its lock is not begun by another process beside it', async () => {
    const lockMs = 1_000;
    const run = vi.fn<Migration['run']>(async () => {
      await new Promise((resolve) => setTimeout(resolve, 4 * lockMs));
      return 1;
    });
    const migration = { id: anId(), run };
    const both = [1, 2].map(() => aProcessOf({ lockMs, beatMs: 100 }, migration).ready());
    await Promise.all(both);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('is not begun beside another by a process whose clock is ahead', async () => {
    const first = new Work();
    const second = new Work();
    const id = anId();
    const one = aProcess({ id, run: first.run }).ready();
    await first.begun;
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 40_000 });
    const other = aProcess({ id, run: second.run }).ready();
    await expect(Promise.race([second.begun, pause(SOME_POLLS_MS)])).resolves.toBe('waited');
    vi.useRealTimers();
    first.finish();
    await Promise.all([one, other]);
  });

  describe('whose process was too slow, and that another runs now', () => {
    const slow = { lockMs: 200, beatMs: 3_600_000 };
    let first: Work;
    let second: Work;
    let id: string;
    let one: Promise<void>;
    let other: Promise<void>;

    beforeEach(async () => {
      first = new Work();
      second = new Work();
      id = anId();
      one = aProcessOf(slow, { id, run: first.run }).ready();
      await first.begun;
      other = aProcess({ id, run: second.run }).ready();
      await second.begun;
    });

    const row = () => app.connection.collection('migrations').findOne({ _id: id as never });

    it('is not given free by its failure', async () => {
      const before = await row();
      first.fail(new Error('no space'));
      await expect(one).rejects.toThrow('no space');
      expect(await row()).toEqual(before);
      second.finish();
      await other;
    });

    it('is not done by its end, and waited for', async () => {
      first.finish();
      await expect(Promise.race([one, pause(SOME_POLLS_MS)])).resolves.toBe('waited');
      expect(await row()).toMatchObject({ finishedAt: null });
      second.finish();
      await Promise.all([one, other]);
      expect(await row()).toMatchObject({ finishedAt: expect.any(Date) });
    });
  });

  it('runs in the order of the ids, not of the modules', async () => {
    const order: string[] = [];
    const note = (id: string): Migration => ({
      id,
      run: (_: Connection) => Promise.resolve(order.push(id)),
    });
    const [one, other] = [anId(), anId()].toSorted();
    await aProcess(note(other!), note(one!)).ready();
    expect(order).toEqual([one, other]);
  });
});

describe('data of before the search by words', () => {
  it('is found by words after the start of this version', async () => {
    const database = `test_${randomBytes(6).toString('hex')}`;
    const variables = {
      MONGODB_URI: databaseUri(database),
      JWT_SECRET: randomBytes(32).toString('base64url'),
    };
    const before = await createTestApp(variables);
    const shop = await aShop(before);
    await shop.owner.post(`${shop.path}/products`, aProduct({ name: 'Old beans' })).expect(201);
    const products = before.connection.collection('products');
    await products.updateMany({}, { $unset: { searchWords: 1 } });
    await before.connection.collection('migrations').deleteMany({});
    await before.nest.close();
    const after = await createTestApp(variables);
    const { body } = await after.request
      .get(`${shop.path}/products?search=beans`)
      .set('Authorization', `Bearer ${shop.owner.token}`)
      .expect(200);
    expect(body.data).toMatchObject([{ name: 'Old beans' }]);
    await after.close();
  });
});

describe('the indexes', () => {
  const open: Connection[] = [];

  afterAll(() => Promise.all(open.map((one) => one.dropDatabase().then(() => one.close()))));

  async function aDatabase(): Promise<{ name: string; connection: Connection }> {
    const name = `test_${randomBytes(6).toString('hex')}`;
    const connection = await mongoose.createConnection(databaseUri(name)).asPromise();
    open.push(connection);
    return { name, connection };
  }

  /** As a version has it that declares these. */
  async function build(name: string, ...indexes: [object, object?][]): Promise<string[]> {
    const connection = mongoose.createConnection(databaseUri(name), { autoIndex: false });
    const schema = new Schema({ code: String, shopId: String }, { autoCreate: false });
    for (const [key, options] of indexes) schema.index(key as never, options as never);
    connection.model('Voucher', schema);
    try {
      return await buildSchemaIndexes(await connection.asPromise());
    } finally {
      await connection.close();
    }
  }

  it.each<[string, [object, object?]]>([
    ['other options', [{ code: 1 }, { unique: true }]],
    ['another name', [{ code: 1 }, { name: 'by_code' }]],
    ['another key', [{ shopId: 1 }, { name: 'code_1' }]],
  ])('of another version with %s stop the start until a migration drops them', async (_, index) => {
    const { name, connection } = await aDatabase();
    await build(name, [{ shopId: 1, code: 1 }], [{ code: 1 }]);
    await expect(build(name, [{ shopId: 1, code: 1 }], index)).rejects.toThrow(
      /^The index code_1 of the collection vouchers is another .*: drop it in a migration, .*\.$/,
    );
    await connection.collection('vouchers').dropIndex('code_1');
    expect(await build(name, [{ shopId: 1, code: 1 }], index)).toEqual([]);
  });

  it('that are unique, over values that are not, stop the start, and no value is told', async () => {
    const { name, connection } = await aDatabase();
    const email = `${randomBytes(6).toString('hex')}@example.com`;
    await connection.collection('users').insertMany([{ email }, { email }]);
    const directory = await mkdtemp(join(tmpdir(), 'cliick-indexes-'));
    const variables = { MONGODB_URI: databaseUri(name), NODE_ENV: 'test', DATA_DIR: directory };
    const failure = await startServer(variables).catch(({ message }: Error) => message);
    await rm(directory, { recursive: true });
    expect(failure).toMatch(/^The collection users holds .* its unique index email_1 .*\.$/m);
    expect(failure).not.toMatch(/^ +at |MongoServerError/m);
    expect(failure).not.toContain(email);
  });

  it('that no schema declares are told and kept', async () => {
    const { name, connection } = await aDatabase();
    await build(name, [{ shopId: 1 }], [{ code: 1 }]);
    expect(await build(name, [{ shopId: 1 }])).toEqual(['vouchers.code_1']);
    expect(await connection.collection('vouchers').indexExists('code_1')).toBe(true);
    expect(app.logs.map(({ msg }) => msg)).toContain('indexes are there');
    expect(app.logs.map(({ msg }) => msg)).not.toContain('indexes that no schema declares');
  });

  it('are named to the operator in one sentence, and in one line of the log', async () => {
    const { name, connection } = await aDatabase();
    const users = connection.collection('users');
    await users.createIndex({ email: 1 });
    const directory = await mkdtemp(join(tmpdir(), 'cliick-indexes-'));
    const variables = { MONGODB_URI: databaseUri(name), NODE_ENV: 'test', DATA_DIR: directory };
    const failure = await startServer(variables).catch(({ message }: Error) => message);
    expect(failure).toMatch(/^The index email_1 of the collection users is another .*\.$/m);
    expect(failure).not.toMatch(/^ +at |MongoServerError/m);
    await users.dropIndex('email_1');
    await users.createIndex({ nickname: 1 });
    const server = await startServer(variables);
    await server.stop();
    await rm(directory, { recursive: true });
    const told = server.output().match(/^.*no schema declares.*$/gm);
    expect(told).toEqual([expect.stringContaining('users.nickname_1')]);
  });
});
