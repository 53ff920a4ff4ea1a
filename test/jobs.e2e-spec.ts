import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { JobsRepository } from '../src/platform/jobs/jobs-repository.js';
import { JobsService } from '../src/platform/jobs/jobs.service.js';
import { aUser } from './support/actors.js';
import { createTestApp, databaseUri, type TestApp } from './support/app.js';
import { eventually } from './support/eventually.js';

const MINUTE_MS = 60_000;

let app: TestApp;
let jobs: JobsService;
let count = 0;
const others: TestApp[] = [];

const jobsOf = ({ nest }: TestApp): JobsService => nest.get(JobsService, { strict: false });
const collection = () => app.connection.db!.collection('jobs');
/** A name of each test's own. */
const aName = (): string => `test.${++count}`;
const MONGODB_URI = () => databaseUri(`jobs_${process.pid}`);

beforeAll(async () => {
  app = await createTestApp({ MONGODB_URI: MONGODB_URI() });
  jobs = jobsOf(app);
});

afterEach(async () => {
  for (const other of others.splice(0)) await other.nest.close();
});

afterAll(() => app.close());

describe('a job', () => {
  it('runs at once with what it was asked for, and is gone then', async () => {
    const name = aName();
    const seen: object[] = [];
    jobs.define<{ n: number }>(name, async (payload) => void seen.push(payload));
    const before = performance.now();
    await jobs.enqueue(name, 'a', { n: 1 });
    await eventually(() => expect(seen).toEqual([{ n: 1 }]));
    expect(performance.now() - before).toBeLessThan(1_800);
    await eventually(async () => expect(await collection().countDocuments({ name })).toBe(0));
  });

  it('runs at its time and not before', async () => {
    const name = aName();
    const at = new Date(Date.now() + 700);
    let ranAt = 0;
    jobs.define(name, async () => void (ranAt = Date.now()));
    await jobs.enqueue(name, 'later', {}, { at });
    await eventually(() => expect(ranAt).toBeGreaterThan(0));
    expect(ranAt).toBeGreaterThanOrEqual(at.getTime() - 20);
  });

  it('is one of a name and key while it waits, for fifty who ask at once', async () => {
    const name = aName();
    const runs: string[] = [];
    jobs.define(name, async () => void runs.push('run'));
    const at = new Date(Date.now() + 3_600_000);
    await Promise.all(Array.from({ length: 50 }, () => jobs.enqueue(name, 'one', {}, { at })));
    expect(await collection().countDocuments({ name })).toBe(1);
    await collection().updateOne({ name }, { $set: { nextRunAt: new Date() } });
    await eventually(async () => expect(await collection().countDocuments({ name })).toBe(0));
    expect(runs).toHaveLength(1);
  });

  it('runs once more when it is asked for while it runs', async () => {
    const name = aName();
    let runs = 0;
    let finish = (): void => undefined;
    jobs.define(name, async () => {
      runs++;
      if (runs === 1) await new Promise<void>((resolve) => (finish = resolve));
    });
    await jobs.enqueue(name, 'again', {});
    await eventually(() => expect(runs).toBe(1));
    await jobs.enqueue(name, 'again', {});
    finish();
    await eventually(() => expect(runs).toBe(2));
    await eventually(async () => expect(await collection().countDocuments({ name })).toBe(0));
  });

  it('runs all of a burst, so many at a time and no more', async () => {
    const name = aName();
    let [now, most, done] = [0, 0, 0];
    const work = async (): Promise<void> => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now--;
      done++;
    };
    jobs.define(name, work, { concurrency: 3 });
    const keys = Array.from({ length: 60 }, (_, n) => `burst ${n}`);
    await Promise.all(keys.map((key) => jobs.enqueue(name, key, {})));
    await eventually(() => expect(done).toBe(60), 8_000);
    expect(most).toBe(3);
  });
});

describe('what is asked for', () => {
  it('knows nothing of the request that asked for it', async () => {
    const name = aName();
    const request = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    jobs.define(name, async () => void seen.push(request.getStore()));
    await request.run('a request', () => jobs.enqueue(name, 'detached', {}));
    await eventually(() => expect(seen).toEqual([undefined]));
  });

  it('is taken back while it waits', async () => {
    const name = aName();
    jobs.define(name, async () => undefined);
    await jobs.enqueue(name, 'kept', {}, { at: new Date(Date.now() + MINUTE_MS) });
    await jobs.enqueue(name, 'taken back', {}, { at: new Date(Date.now() + MINUTE_MS) });
    const waiting = await collection().findOne({ name, 'data.key': 'kept' });
    // Only a dead one is an operator's.
    await expect(jobs.retryDead(String(waiting!._id))).rejects.toMatchObject({ code: 'not_found' });
    await jobs.cancel(name, 'taken back');
    expect(await collection().find({ name }).toArray()).toMatchObject([{ data: { key: 'kept' } }]);
  });
});

describe('a job that fails', () => {
  it('is tried again after growing delays, and is dead after the last', async () => {
    const name = aName();
    const tries: number[] = [];
    let isBroken = true;
    jobs.define(
      name,
      async () => {
        tries.push(Date.now());
        if (isBroken) throw new Error('the other side is away');
      },
      { retryDelaysMs: [50, 300] },
    );
    await jobs.enqueue(name, 'broken', { secret: 'canary-of-a-payload' });
    await eventually(async () => expect(await jobs.countDead()).toBe(1));
    expect(tries).toHaveLength(3);
    expect(tries[2]! - tries[1]!).toBeGreaterThan(tries[1]! - tries[0]!);
    const [dead] = (await jobs.listDead(10)).items;
    expect(dead).toMatchObject({ name, data: { key: 'broken' } });
    const logged = () => app.logs.filter(({ job }) => job === name);
    // It is told once that is written.
    await eventually(() => {
      expect(logged().map(({ level }) => level)).toEqual(['warn', 'warn', 'error']);
    });
    expect(JSON.stringify(logged())).not.toContain('canary-of-a-payload');
    isBroken = false;
    await jobs.retryDead(String(dead!._id));
    await eventually(async () => expect(await collection().countDocuments({ name })).toBe(0));
    expect(tries).toHaveLength(4);
    await expect(jobs.retryDead(String(dead!._id))).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is revived when somebody asks for it again', async () => {
    const name = aName();
    let tries = 0;
    jobs.define(
      name,
      async () => {
        if (++tries === 1) throw new Error('not yet');
      },
      { retryDelaysMs: [] },
    );
    await jobs.enqueue(name, 'revived', {});
    await eventually(async () => expect(await jobs.countDead()).toBe(1));
    await eventually(async () => {
      expect(await collection().findOne({ name, 'data.key': 'revived' })).toMatchObject({
        lockedAt: null,
      });
    });
    await jobs.enqueue(name, 'revived', {});
    await eventually(async () => expect(await collection().countDocuments({ name })).toBe(0));
    expect(await jobs.countDead()).toBe(0);
    expect(tries).toBe(2);
  });
});

describe('a dead job', () => {
  it('is not lost when it is retried as soon as it is listed', async () => {
    const name = aName();
    let isBroken = true;
    const work = async (): Promise<void> => {
      if (isBroken) throw new Error('broken');
    };
    jobs.define(name, work, { retryDelaysMs: [] });
    for (let turn = 0; turn < 10; turn++) {
      isBroken = true;
      await jobs.enqueue(name, 'impatient', {});
      let dead = await jobs.listDead(1);
      while (dead.items.length === 0) dead = await jobs.listDead(1);
      isBroken = false;
      await jobs.retryDead(String(dead.items[0]!._id));
      await eventually(async () => expect(await collection().countDocuments({ name })).toBe(0));
    }
  });

  it('runs again when it was asked for in its last try', async () => {
    const name = aName();
    const attempts: number[] = [];
    let fail = (): void => undefined;
    const work = async (_: object, { attempt }: { attempt: number }): Promise<void> => {
      attempts.push(attempt);
      if (attempts.length > 2) return;
      if (attempts.length === 2) await new Promise<void>((resolve) => (fail = resolve));
      throw new Error('broken');
    };
    jobs.define(name, work, { retryDelaysMs: [5] });
    await jobs.enqueue(name, 'asked', {});
    await eventually(() => expect(attempts).toEqual([1, 2]));
    await jobs.enqueue(name, 'asked', {});
    fail();
    await eventually(async () => expect(await collection().countDocuments({ name })).toBe(0));
    expect(attempts).toEqual([1, 2, 1]);
    expect(app.logs.filter(({ job, level }) => job === name && level === 'error')).toEqual([]);
  });

  it('is listed page by page, newest first', async () => {
    const name = aName();
    const failing = () => Promise.reject(new Error('broken'));
    jobs.define(name, failing, { retryDelaysMs: [], concurrency: 1 });
    for (const key of ['1', '2', '3', '4', '5']) await jobs.enqueue(name, key, {});
    await eventually(async () => expect(await jobs.countDead()).toBe(5));
    const one = await jobs.listDead(3);
    const two = await jobs.listDead(3, one.nextCursor!);
    const times = [...one.items, ...two.items].map(({ failedAt }) => failedAt!.getTime());
    expect(times).toHaveLength(5);
    expect(times).toEqual(times.toSorted((first, second) => second - first));
    expect(new Set([...one.items, ...two.items].map(({ data }) => data.key)).size).toBe(5);
    expect(two.nextCursor).toBeNull();
    await collection().deleteMany({ name });
  });
});

describe('an operator', () => {
  const OPERATOR_TOKEN = randomBytes(32).toString('base64url');
  const DEAD = '/api/operator/jobs/dead';

  it('sees jobs in the metrics, and retries the dead ones; nobody else does', async () => {
    const operated = await createTestApp({ OPERATOR_TOKEN });
    others.push(operated);
    const { request } = operated;
    const as = (token: string, call: 'get' | 'post', path: string) =>
      request[call](path).set('Authorization', `Bearer ${token}`);
    const { token } = await aUser(operated);
    await as(token, 'get', DEAD).expect(401);
    await as(token, 'post', `${DEAD}/6741c0c0a5f2d13b8c9e0fff/retry`).expect(401);
    const name = aName();
    let isBroken = true;
    const work = async (): Promise<void> => {
      if (isBroken) throw new Error('the other side is away');
    };
    jobsOf(operated).define(name, work, { retryDelaysMs: [] });
    await jobsOf(operated).enqueue(name, 'broken', { secret: 'canary-of-a-payload' });
    const dead = await eventually(async () => {
      const { body } = await as(OPERATOR_TOKEN, 'get', DEAD).expect(200);
      expect(body.data).toHaveLength(1);
      return body.data[0] as Record<string, unknown>;
    });
    expect(dead).toEqual({
      id: dead['id'],
      name,
      key: 'broken',
      failures: 1,
      error: 'the other side is away',
      failedAt: expect.any(String),
    });
    const metrics = async () => (await as(OPERATOR_TOKEN, 'get', '/metrics').expect(200)).text;
    const runs = (outcome: string, count: number): string =>
      `cliick_job_duration_seconds_count{name="${name}",outcome="${outcome}"} ${count}`;
    const before = await metrics();
    expect(before).toContain('cliick_jobs{state="dead"} 1');
    expect(before).toContain(runs('failed', 1));
    isBroken = false;
    const retry = `${DEAD}/${String(dead['id'])}/retry`;
    await as(OPERATOR_TOKEN, 'post', retry).expect(200);
    await eventually(async () => expect(await metrics()).toContain(runs('done', 1)));
    expect(await metrics()).toContain('cliick_jobs{state="dead"} 0');
    await as(OPERATOR_TOKEN, 'post', retry).expect(404);
  });
});

describe('what repeats', () => {
  it('runs as often with two processes, and goes on at its pace while it fails', async () => {
    const other = await createTestApp({ MONGODB_URI: MONGODB_URI() });
    others.push(other);
    const name = aName();
    const runs: number[] = [];
    const work = async (): Promise<void> => {
      runs.push(Date.now());
      throw new Error('the other side is away');
    };
    for (const one of [jobs, jobsOf(other)]) {
      one.define(name, work, { retryDelaysMs: [MINUTE_MS] });
      one.every(name, 0.4);
    }
    await eventually(() => expect(runs.length).toBeGreaterThanOrEqual(3));
    const gaps = runs.slice(1).map((time, turn) => time - runs[turn]!);
    // A run is timed by its start, and timers are early by a millisecond.
    for (const gap of gaps) expect(gap).toBeGreaterThan(350);
    expect(await jobs.countDead()).toBe(0);
    await jobs.cancel(name, 'repetition');
  });
});

describe('several processes', () => {
  it('take over the job of one that died, once', async () => {
    const name = aName();
    let runs = 0;
    // As a process leaves it that was killed in the middle of its work.
    await collection().insertOne({
      name,
      type: 'normal',
      priority: 0,
      data: { key: 'left', payload: {} },
      nextRunAt: null,
      lockedAt: new Date(Date.now() - 2 * MINUTE_MS),
    });
    jobs.define(name, async () => void runs++, { lockSeconds: 60 });
    await eventually(() => expect(runs).toBe(1));
    await eventually(async () => expect(await collection().countDocuments({ name })).toBe(0));
    expect(runs).toBe(1);
  });

  it('keep what they took over from one that was only slow, whatever becomes of that', async () => {
    const name = aName();
    const ends: ((error?: Error) => void)[] = [];
    const work = (_: object, { attempt }: { attempt: number }) =>
      new Promise<void>((resolve, reject) => {
        expect(attempt).toBe(1);
        ends.push((error) => (error ? reject(error) : resolve()));
      });
    jobs.define(name, work, { retryDelaysMs: [] });
    for (const end of [undefined, new Error('too slow')]) {
      ends.length = 0;
      await jobs.enqueue(name, 'slow', {});
      await eventually(() => expect(ends).toHaveLength(1));
      // As if a minute had passed: another takes it over, here the same process.
      const old = { $set: { lockedAt: new Date(Date.now() - 2 * MINUTE_MS) } };
      await collection().updateOne({ name }, old);
      await eventually(() => expect(ends).toHaveLength(2));
      const saved = vi.spyOn(JobsRepository.prototype, 'saveJobState');
      ends[0]!(end);
      await eventually(async () => {
        const call = saved.mock.calls.findIndex(([job]) => job.name === name);
        expect(call).toBeGreaterThanOrEqual(0);
        await saved.mock.results[call]!.value.catch(() => undefined);
      });
      saved.mockRestore();
      expect(await collection().findOne({ name })).toMatchObject({ lockedAt: expect.any(Date) });
      ends[1]!();
      await eventually(async () => expect(await collection().countDocuments({ name })).toBe(0));
    }
    expect(await jobs.countDead()).toBe(0);
  });

  it('take over what ended its process, but not for ever: then it is dead, and told', async () => {
    const name = aName();
    let runs = 0;
    const ends: (() => void)[] = [];
    const work = () => {
      runs++;
      return new Promise<void>((resolve) => ends.push(resolve));
    };
    jobs.define(name, work, { concurrency: 10 });
    await jobs.enqueue(name, 'poison', {});
    await eventually(() => expect(runs).toBe(1));
    // As if the process had died in each run, a minute ago.
    const died = { $set: { lockedAt: new Date(Date.now() - 2 * MINUTE_MS) } };
    await collection().updateOne({ name }, died);
    await eventually(() => expect(runs).toBe(2));
    // From the second time on it waits, apart from what ran beside it.
    const waits = { name, lockedAt: null, nextRunAt: { $ne: null } };
    for (let crashes = 2; crashes <= 5; crashes++) {
      await collection().updateOne({ name }, died);
      await eventually(async () => {
        const now = { $set: { nextRunAt: new Date() } };
        expect((await collection().updateOne(waits, now)).matchedCount).toBe(1);
      });
      await eventually(() => expect(runs).toBe(crashes + 1));
    }
    await collection().updateOne({ name }, died);
    await eventually(async () => expect(await jobs.countDead()).toBe(1));
    expect(runs).toBe(6);
    const { items } = await jobs.listDead(10);
    expect(items).toMatchObject([
      { name, failReason: expect.stringMatching(/^its lock ran out 6 times/) },
    ]);
    await jobs.retryDead(String(items[0]!._id));
    await eventually(() => expect(runs).toBe(7));
    for (const end of ends) end();
    await eventually(async () => expect(await collection().countDocuments({ name })).toBe(0));
  });

  it('find within seconds what another has asked for, and run it once', async () => {
    const other = await createTestApp({ MONGODB_URI: MONGODB_URI() });
    others.push(other);
    const name = aName();
    const runs: string[] = [];
    jobsOf(other).define(name, async () => void runs.push('other'));
    await jobs.enqueue(name, 'elsewhere', {});
    await eventually(() => expect(runs).toEqual(['other']));
    jobs.define(name, async () => void runs.push('self'));
    await Promise.all(Array.from({ length: 20 }, (_, n) => jobs.enqueue(name, `shared ${n}`, {})));
    await eventually(async () => expect(await collection().countDocuments({ name })).toBe(0));
    expect(runs).toHaveLength(21);
  });

  it('stop when what runs has ended, and leave what has not begun to others', async () => {
    const other = await createTestApp({ MONGODB_URI: MONGODB_URI() });
    const name = aName();
    const [begun, done]: string[][] = [[], []];
    jobsOf(other).define<{ n: number }>(
      name,
      async ({ n }) => {
        begun!.push(`job ${n}`);
        await new Promise((resolve) => setTimeout(resolve, 300));
        done!.push(`job ${n}`);
      },
      { concurrency: 1 },
    );
    for (const n of [1, 2]) await jobsOf(other).enqueue(name, `${n}`, { n });
    await eventually(() => expect(begun).toEqual(['job 1']));
    await other.nest.close();
    expect(done).toEqual(['job 1']);
    const left = await collection().find({ name }).toArray();
    expect(left).toMatchObject([{ data: { key: '2' }, lockedAt: null }]);
  });

  it('leave no lock behind on what they were just fetching when they stopped', async () => {
    const other = await createTestApp({ MONGODB_URI: MONGODB_URI() });
    const name = aName();
    jobsOf(other).define(name, () => new Promise((resolve) => setTimeout(resolve, 50)));
    const keys = Array.from({ length: 30 }, (_, n) => `fetched ${n}`);
    const asking = keys.map((key) => jobsOf(other).enqueue(name, key, {}));
    await asking[0];
    await Promise.all([...asking, other.nest.close()]);
    expect(await collection().countDocuments({ name, lockedAt: { $ne: null } })).toBe(0);
  });
});

describe('without the database', () => {
  it('waits, says so, and goes on when it is back', async () => {
    const link = await aLink();
    const other = await createTestApp({ MONGODB_URI: link.uri });
    others.push(other);
    const name = aName();
    const runs: string[] = [];
    jobsOf(other).define(name, async () => void runs.push('run'));
    link.cut();
    await jobs.enqueue(name, 'patient', {});
    await eventually(() => expect(other.logs.map(({ msg }) => msg)).toContain('jobs wait'));
    expect(runs).toEqual([]);
    link.mend();
    await eventually(() => expect(runs).toEqual(['run']));
    await eventually(async () => expect(await collection().countDocuments({ name })).toBe(0));
    link.close();
  });
});

/** A way to the database that can be cut. */
async function aLink() {
  const [, server] = /^mongodb:\/\/([^/]+)/.exec(MONGODB_URI())!;
  const [host, port] = decodeURIComponent(server!).split(':');
  const open = new Set<Socket>();
  let isCut = false;
  const link = createServer((near) => {
    if (isCut) return near.destroy();
    const far = port ? connect(Number(port), host) : connect(host!);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on('error', () => to.destroy()).on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => link.listen(0, '127.0.0.1', resolve));
  const drop = () => open.forEach((socket) => socket.destroy());
  return {
    uri: MONGODB_URI().replace(server!, `127.0.0.1:${(link.address() as AddressInfo).port}`),
    cut: () => ((isCut = true), drop()),
    mend: () => (isCut = false),
    close: () => link.close(),
  };
}
