import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { aUser } from '../support/actors.js';
import { createTestApp, type TestApp, type Variables } from '../support/app.js';
import { anAccount, aShopBody, PASSWORD } from '../support/bodies.js';
import { eventually } from '../support/eventually.js';
import { findProgram, type RedisProcess, startRedis } from '../support/programs.js';

const ADDRESS_LIMIT = 1_200;
const CALLER_LIMIT = 600;
const TRIES = 10;
const ACCOUNT_TRIES = 100;
const WRONG = 'not the password at all';

const apps: TestApp[] = [];

async function limitedApp(variables: Variables = {}): Promise<TestApp> {
  const app = await createTestApp({ RATE_LIMITS: 'on', ...variables });
  apps.push(app);
  return app;
}

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

const REFUSED = {
  success: false,
  code: 'rate_limited',
  error: expect.stringMatching(/^Too many requests: try again in \d+ seconds\.$/),
  requestId: expect.any(String),
};

function signIn(app: TestApp, email: string, { password = WRONG, via = '' } = {}) {
  const request = app.request.post('/api/auth/login').send({ email, password });
  return via ? request.set('X-Forwarded-For', via) : request;
}

/** Statuses of `count` calls, one after another. */
async function statuses(count: number, call: (index: number) => PromiseLike<{ status: number }>) {
  const found: number[] = [];
  for (let index = 0; index < count; index++) found.push((await call(index)).status);
  return found;
}

const times = (count: number, status: number) => Array.from({ length: count }, () => status);
const leftOf = ({ headers }: { headers: Record<string, string> }) =>
  Number(headers['ratelimit-remaining']);

describe('the limit of an address', () => {
  it('is told in the standard headers, above it with Retry-After (429)', async () => {
    const app = await limitedApp();
    const first = await app.request.get('/api/auth/me').expect(401);
    expect(first.headers).toMatchObject({
      'ratelimit-limit': String(ADDRESS_LIMIT),
      'ratelimit-remaining': String(ADDRESS_LIMIT - 1),
      'ratelimit-reset': expect.stringMatching(/^(60|59)$/),
    });
    await statuses(ADDRESS_LIMIT - 1, () => app.request.get('/api/shops'));
    const over = await app.request.get('/api/auth/me').expect(429);
    expect(over.body).toEqual(REFUSED);
    expect(over.headers['ratelimit-remaining']).toBe('0');
    expect(over.headers['retry-after']).toBe(over.headers['ratelimit-reset']);
    expect(Number(over.headers['retry-after'])).toBeGreaterThan(0);
    expect(Object.keys(over.headers).join()).not.toContain('x-ratelimit');
    const health = await app.request.get('/health/live').expect(200);
    expect(health.headers).not.toHaveProperty('ratelimit-limit');
  });

  it('is tighter on a route that says so, which then counts for itself', async () => {
    const app = await limitedApp();
    const start = () => app.request.post('/api/public/shops/nowhere/conversations').send({});
    expect((await start()).headers['ratelimit-limit']).toBe('10');
    expect((await statuses(10, start)).at(-1)).toBe(429);
    await app.request.get('/api/public/shops/nowhere').expect(404);
  });

  it('is told as used up where another one is, which only a service counts', async () => {
    const app = await limitedApp();
    const owner = await aUser(app);
    const { body } = await owner.post('/api/shops', aShopBody()).expect(201);
    const invite = () =>
      owner.post(`/api/shops/${body.data.id}/team`, { email: 'new@example.com', role: 'agent' });
    await invite().expect(201);
    const { headers } = await invite().expect(429);
    expect(headers['ratelimit-remaining']).toBe('0');
    expect(headers['ratelimit-reset']).toBe(headers['retry-after']);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  });

  it('counts what never reaches a route: unknown ones and broken bodies', async () => {
    const app = await limitedApp();
    const broken = () =>
      app.request.post('/api/auth/login').type('application/json').send('{"email":');
    const calls = [
      () => app.request.get('/api/nothing'),
      () => app.request.put('/api/auth/me'),
      () => app.request.options('/api/shops'),
      broken,
    ];
    const first = await app.request.get('/nowhere').expect(404);
    expect(first.headers).toMatchObject({
      'ratelimit-limit': String(ADDRESS_LIMIT),
      'ratelimit-remaining': String(ADDRESS_LIMIT - 1),
    });
    const found = await statuses(ADDRESS_LIMIT - 1, (index) => calls[index % 4]!());
    expect(new Set(found)).toEqual(new Set([400, 404]));
    for (const path of ['/api/nothing', '/api/auth/me']) {
      const over = await app.request.get(path).expect(429);
      expect(over.body).toEqual(REFUSED);
      expect(over.headers['retry-after']).toBe(over.headers['ratelimit-reset']);
    }
    expect((await broken().expect(429)).body).toEqual(REFUSED);
    await app.request.get('/health/live').expect(200);
  });

  it('lets an address register twenty people an hour', async () => {
    const app = await limitedApp();
    const register = () => app.request.post('/api/auth/register').send(anAccount());
    expect(await statuses(21, register)).toEqual([...times(20, 201), 429]);
  });

  it.each([
    ['a reset by mail', 'password/forgot', () => ({ email: 'nobody@example.com' }), 200],
    [
      'a reset by its link',
      'password/reset',
      () => ({ token: 'A'.repeat(43), password: 'a new pass phrase' }),
      400,
    ],
  ])('counts each try of %s', async (_, path, body, status) => {
    const app = await limitedApp();
    const call = () => app.request.post(`/api/auth/${path}`).send(body());
    const found = await statuses(101, call);
    expect(found[0]).toBe(status);
    expect(found.at(-1)).toBe(429);
  });

  it('counts each mail that somebody asks for to confirm an address', async () => {
    const app = await limitedApp();
    const me = await aUser(app);
    const found = await statuses(TRIES + 1, () => me.post('/api/auth/email/verify/request'));
    expect(found).toEqual([...times(TRIES, 200), 429]);
  });

  it('is off with RATE_LIMITS=off', async () => {
    const app = await limitedApp({ RATE_LIMITS: 'off' });
    for (const path of ['/api/auth/me', '/api/nothing']) {
      const { headers } = await app.request.get(path);
      expect(headers).not.toHaveProperty('ratelimit-limit');
    }
    const email = 'nobody@example.com';
    expect(await statuses(TRIES + 2, () => signIn(app, email))).toEqual(times(TRIES + 2, 401));
  });
});

describe('the limit of a user', () => {
  it('counts one person over all routes and leaves others alone', async () => {
    const app = await limitedApp();
    const [busy, calm] = await Promise.all([aUser(app), aUser(app)]);
    await statuses(CALLER_LIMIT - 1, () => busy.get('/api/shops'));
    const last = await busy.get('/api/auth/me').expect(200);
    expect(last.headers['ratelimit-limit']).toBe(String(CALLER_LIMIT));
    expect(leftOf(last)).toBe(0);
    expect((await busy.get('/api/shops').expect(429)).body).toEqual(REFUSED);
    await calm.get('/api/shops').expect(200);
  });
});

describe('tries at an account', () => {
  it('end for an address after ten refusals, however the e-mail is written', async () => {
    const app = await limitedApp({ TRUST_PROXY: '1' });
    const account = anAccount();
    await app.request.post('/api/auth/register').send(account).expect(201);
    const spellings = [
      account.email,
      account.email.toUpperCase(),
      ` ${account.email} `,
      account.email.replace('@', '＠'),
    ];
    const tries = (index: number) => signIn(app, spellings[index % 4]!, { via: '192.0.2.1' });
    expect(await statuses(TRIES, tries)).toEqual(times(TRIES, 401));
    const right = { password: PASSWORD, via: '192.0.2.1' };
    const over = await signIn(app, account.email, right).expect(429);
    expect(over.body).toEqual(REFUSED);
    expect(Number(over.headers['retry-after'])).toBeGreaterThan(800);
    await signIn(app, 'another@example.com', { via: '192.0.2.1' }).expect(401);
    await signIn(app, account.email, { ...right, via: '192.0.2.2' }).expect(200);
  });

  it('count only when refused: the right password is never slowed', async () => {
    const app = await limitedApp();
    const { email, ...account } = anAccount();
    await app.request
      .post('/api/auth/register')
      .send({ email, ...account })
      .expect(201);
    const right = () => signIn(app, email, { password: PASSWORD });
    expect(await statuses(TRIES + 5, right)).toEqual(times(TRIES + 5, 200));
    const malformed = () => app.request.post('/api/auth/login').send({ email });
    expect(await statuses(TRIES + 5, malformed)).toEqual(times(TRIES + 5, 400));
    await eventually(async () => expect(leftOf(await right())).toBe(TRIES - 1));
  });

  it('are counted at once, whatever the body makes of the e-mail', async () => {
    const app = await limitedApp();
    const marks = '\u0301'.repeat(100_000) + '\u0323'.repeat(100_000);
    const startedAt = performance.now();
    await signIn(app, `${marks}@example.com`).expect(400);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('count while they run: parallel guesses gain nothing', async () => {
    const app = await limitedApp();
    const { email } = anAccount();
    const answers = await Promise.all(Array.from({ length: 30 }, () => signIn(app, email)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(TRIES);
  });

  it('are limited over all addresses too, and for one address over all accounts', async () => {
    const app = await limitedApp({ TRUST_PROXY: '1' });
    const { email } = anAccount();
    const fromEverywhere = (index: number) => signIn(app, email, { via: `198.51.100.${index}` });
    const spread = await statuses(ACCOUNT_TRIES + 1, fromEverywhere);
    expect(spread).toEqual([...times(ACCOUNT_TRIES, 401), 429]);
    const atEverybody = (index: number) =>
      signIn(app, `user${index}@example.com`, { via: '203.0.113.9' });
    const stuffing = await statuses(ACCOUNT_TRIES + 1, atEverybody);
    expect(stuffing).toEqual([...times(ACCOUNT_TRIES, 401), 429]);
  });

  it('to learn by registering who has an account end as well', async () => {
    const app = await limitedApp();
    const account = anAccount();
    await app.request.post('/api/auth/register').send(account).expect(201);
    const again = (index: number) =>
      app.request.post('/api/auth/register').send({ ...account, username: `other${index}` });
    // The registration itself was one.
    expect(await statuses(TRIES, again)).toEqual([...times(TRIES - 1, 409), 429]);
  });
});

describe('who a client is', () => {
  const left = async (app: TestApp, via: string) =>
    leftOf(await app.request.get('/api/auth/me').set('X-Forwarded-For', via));

  it('is its own address without TRUST_PROXY, whatever it says', async () => {
    const app = await limitedApp();
    expect(await left(app, '192.0.2.1')).toBe(ADDRESS_LIMIT - 1);
    expect(await left(app, '192.0.2.2')).toBe(ADDRESS_LIMIT - 2);
  });

  it('is what the proxy adds with TRUST_PROXY=1, and no entry before that', async () => {
    const app = await limitedApp({ TRUST_PROXY: '1' });
    expect(await left(app, '192.0.2.1')).toBe(ADDRESS_LIMIT - 1);
    expect(await left(app, '192.0.2.2')).toBe(ADDRESS_LIMIT - 1);
    expect(await left(app, '10.9.8.7, 192.0.2.2')).toBe(ADDRESS_LIMIT - 2);
    expect(await left(app, '1.1.1.1, 127.0.0.1, 192.0.2.2')).toBe(ADDRESS_LIMIT - 3);
  });

  it('is a whole /64 of IPv6, and one with its IPv4 in either notation', async () => {
    const app = await limitedApp({ TRUST_PROXY: '1' });
    expect(await left(app, '2001:db8:1:2:aaaa::1')).toBe(ADDRESS_LIMIT - 1);
    expect(await left(app, '2001:db8:1:2:bbbb:1:2:3')).toBe(ADDRESS_LIMIT - 2);
    expect(await left(app, '2001:db8:1:3::1')).toBe(ADDRESS_LIMIT - 1);
    expect(await left(app, '192.0.2.7')).toBe(ADDRESS_LIMIT - 1);
    expect(await left(app, '::ffff:192.0.2.7')).toBe(ADDRESS_LIMIT - 2);
  });
});

const redisServer = findProgram('redis-server', 'valkey-server');

describe.skipIf(!redisServer)('with a Redis', () => {
  const started: RedisProcess[] = [];
  afterAll(() => Promise.all(started.map((redis) => redis.stop())));

  it('two processes count together, and each for itself when Redis dies', async () => {
    const redis = await startRedis(redisServer!);
    started.push(redis);
    const [one, two] = await Promise.all([
      limitedApp({ REDIS_URL: redis.url }),
      limitedApp({ REDIS_URL: redis.url }),
    ]);
    const left = async (app: TestApp) => leftOf(await app.request.get('/api/auth/me').expect(401));
    // Until both are connected they count for themselves.
    await eventually(async () => {
      const before = await left(one);
      expect(await left(two)).toBe(before - 1);
    });
    const { email } = anAccount();
    const inTurn = (index: number) => signIn(index % 2 ? one : two, email);
    expect(await statuses(TRIES + 2, inTurn)).toEqual([...times(TRIES, 401), 429, 429]);

    await redis.stop();
    const alone = await statuses(20, () => one.request.get('/api/auth/me'));
    expect(alone).toEqual(times(20, 401));
    expect(await left(one)).toBe(ADDRESS_LIMIT - 21);
    // Nest has one logger per process, the one of the application that was made last.
    const logs = [...one.logs, ...two.logs];
    const warnings = logs.filter(({ msg }) => msg === 'rate limits per process');
    expect(warnings.length).toBeGreaterThan(0);
    expect(warnings.length).toBeLessThanOrEqual(2);
  });
});
