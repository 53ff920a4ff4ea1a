import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Readiness } from '../src/health/readiness.js';
import { createTestApp, type TestApp } from './support/app.js';
import { eventually } from './support/eventually.js';
import { findProgram, startRedis } from './support/programs.js';

const redisServer = findProgram('redis-server');

let app: TestApp;

beforeAll(async () => {
  app = await createTestApp();
});

afterAll(() => app.close());

describe('health', () => {
  it('is live and ready, and names what was asked', async () => {
    const live = await app.request.get('/health/live').expect(200);
    const ready = await app.request.get('/health/ready').expect(200);
    expect(live.body.data).toEqual({ status: 'live' });
    expect(ready.body.data).toEqual({ status: 'ready', checks: { database: 'up' } });
  });

  it('is live but not ready (503) while the database is away, and names it', async () => {
    const lost = await createTestApp();
    await lost.connection.dropDatabase();
    await lost.connection.close();
    const { body } = await lost.request.get('/health/ready').expect(503);
    expect(body).toMatchObject({ success: false, code: 'not_ready' });
    expect(body.details).toEqual([{ field: 'database', message: 'does not answer' }]);
    await lost.request.get('/health/live').expect(200);
    await lost.nest.close();
  });

  it('is not ready while it stops, but live, and still serves', async () => {
    const stopping = await createTestApp();
    stopping.nest.get(Readiness, { strict: false }).drain();
    const { body } = await stopping.request.get('/health/ready').expect(503);
    expect(body.error).toBe('Not ready: process is stopping.');
    await stopping.request.get('/health/live').expect(200);
    const nobody = { email: 'nobody@example.com', password: 'y' };
    await stopping.request.post('/api/auth/login').send(nobody).expect(401);
    await stopping.close();
  });
});

describe('an answer', () => {
  it('is the last on its connection while the process stops, and not before', async () => {
    const stopping = await createTestApp();
    const connection = async (path: string) =>
      (await fetch(`${stopping.url}${path}`)).headers.get('connection');
    const paths = ['/health/live', '/health/ready', '/api/nowhere'];
    for (const path of paths) expect(await connection(path), path).toBe('keep-alive');
    stopping.nest.get(Readiness, { strict: false }).drain();
    for (const path of paths) expect(await connection(path), path).toBe('close');
    await stopping.close();
  });
});

describe.skipIf(!redisServer)('health with a real Redis', () => {
  it('asks it too, and is degraded but ready while it is away', async () => {
    const redis = await startRedis(redisServer!);
    const shared = await createTestApp({ REDIS_URL: redis.url });
    await eventually(async () => {
      const { body } = await shared.request.get('/health/ready').expect(200);
      expect(body.data.checks).toEqual({ database: 'up', redis: 'up' });
    });
    await redis.stop();
    const { body } = await shared.request.get('/health/ready').expect(200);
    expect(body.data).toEqual({ status: 'degraded', checks: { database: 'up', redis: 'down' } });
    await shared.close();
  });
});
