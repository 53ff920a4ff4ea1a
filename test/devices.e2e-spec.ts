import { Types } from 'mongoose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SessionsService } from '../src/auth/sessions.service.js';
import { aUser } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { anAccount } from './support/bodies.js';

const SESSIONS = '/api/auth/sessions';

let app: TestApp;

beforeAll(async () => {
  app = await createTestApp();
});

afterAll(() => app.close());

interface Device {
  id: string;
  current: boolean;
  lastUsedAt: string;
  userAgent?: string;
}

/** Somebody signed in on `agents`, and how each of these devices calls. */
async function aPersonOn(...agents: string[]) {
  const account = anAccount();
  await app.request.post('/api/auth/register').send(account).expect(201);
  return Promise.all(
    agents.map(async (agent) => {
      const { body } = await app.request
        .post('/api/auth/login')
        .set('User-Agent', agent)
        .send(account)
        .expect(200);
      const call = (method: 'get' | 'delete', path: string) =>
        app.request[method](path).set('Authorization', `Bearer ${body.data.token}`);
      const list = async (): Promise<Device[]> => (await call('get', SESSIONS)).body.data;
      const own = async (): Promise<Device> => (await list()).find(({ current }) => current)!;
      return { call, list, own };
    }),
  );
}

describe('the devices', () => {
  it('are listed with what is known of them, and which one asks', async () => {
    const [phone] = await aPersonOn('Phone/1', 'Laptop/2');
    const devices = await phone!.list();
    expect(devices.map(({ userAgent }) => userAgent)).toEqual(
      expect.arrayContaining(['Phone/1', 'Laptop/2']),
    );
    expect(devices.filter(({ current }) => current)).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{24}$/),
        userAgent: 'Phone/1',
        ip: expect.any(String),
        createdAt: expect.any(String),
        lastUsedAt: expect.any(String),
        current: true,
      },
    ]);
  });

  it('are a hundred at most, all of them in the list: the oldest is signed out for a new one', async () => {
    const account = anAccount();
    const listWith = (token: string) =>
      app.request.get(SESSIONS).set('Authorization', `Bearer ${token}`);
    const first = await app.request.post('/api/auth/register').send(account).expect(201);
    // So many sign-ins would cost a hash each.
    const { id } = first.body.data.user as { id: string };
    const service = app.nest.get(SessionsService, { strict: false });
    for (let turn = 0; turn < 99; turn++) {
      await service.open(id, {}, { now: new Date(), withPassword: true });
    }
    const listFirst = await listWith(first.body.data.token).expect(200);
    expect(listFirst.body.data).toHaveLength(100);
    const last = await app.request.post('/api/auth/login').send(account).expect(200);
    const { body } = await listWith(last.body.data.token).expect(200);
    expect(body.data).toHaveLength(100);
    expect(body.data[0].current).toBe(true);
    await listWith(first.body.data.token).expect(401);
  });

  it('are signed out one by one, at once', async () => {
    const [phone, laptop] = await aPersonOn('Phone/1', 'Laptop/2');
    const { id } = await laptop!.own();
    await phone!.call('delete', `${SESSIONS}/${id}`).expect(200);
    await laptop!.call('get', '/api/auth/me').expect(401);
    await phone!.call('get', '/api/auth/me').expect(200);
    await phone!.call('delete', `${SESSIONS}/${id}`).expect(404);
  });

  it('are signed out all but the one that asks', async () => {
    const [phone, laptop, tablet] = await aPersonOn('Phone/1', 'Laptop/2', 'Tablet/3');
    await phone!.call('delete', SESSIONS).expect(200);
    await laptop!.call('get', '/api/auth/me').expect(401);
    await tablet!.call('get', '/api/auth/me').expect(401);
    expect(await phone!.list()).toHaveLength(1);
  });

  it("are nobody else's to sign out (404)", async () => {
    const [phone] = await aPersonOn('Phone/1');
    const { id } = await phone!.own();
    const stranger = await aUser(app);
    await stranger.delete(`${SESSIONS}/${id}`).expect(404);
    await stranger.delete(`${SESSIONS}/not-an-id`).expect(404);
    await phone!.call('get', '/api/auth/me').expect(200);
  });

  it('keep their last use to the minute', async () => {
    const [phone] = await aPersonOn('Phone/1');
    const { id, lastUsedAt } = await phone!.own();
    await phone!.call('get', '/api/auth/me').expect(200);
    expect((await phone!.own()).lastUsedAt).toBe(lastUsedAt);
    // History that a user cannot make: the device was used two minutes ago.
    const earlier = new Date(Date.now() - 120_000);
    await app.connection
      .db!.collection('sessions')
      .updateOne({ _id: new Types.ObjectId(id) }, { $set: { lastUsedAt: earlier } });
    await phone!.call('get', '/api/auth/me').expect(200);
    expect(Date.parse((await phone!.own()).lastUsedAt)).toBeGreaterThan(earlier.getTime() + 60_000);
  });
});
