import { randomBytes } from 'node:crypto';
import type { Connection } from 'mongoose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type Migration,
  MigrationsService,
} from '../../src/platform/database/migrations.service.js';
import { aShop } from '../support/actors.js';
import { createTestApp, databaseUri, type TestApp } from '../support/app.js';
import { aProduct } from '../support/bodies.js';

let app: TestApp;

beforeAll(async () => {
  app = await createTestApp();
});

afterAll(() => app.close());

/** As a process that starts has it: a service of its own, on the database of the application. */
function aProcess(...migrations: Migration[]): MigrationsService {
  const model = app.connection.models['AppliedMigration']!;
  const service = new MigrationsService(app.connection, model as never);
  for (const migration of migrations) service.add(migration);
  return service;
}

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
