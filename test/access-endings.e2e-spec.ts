import { getModelToken } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SessionsService } from '../src/auth/sessions.service.js';
import { User } from '../src/users/user.schema.js';
import { UsersService } from '../src/users/users.service.js';
import { type Actor, aUser } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { anAccount, PASSWORD } from './support/bodies.js';
import { eventually } from './support/eventually.js';

const ADMIN = 'operator@example.com';
const NEW_PASSWORD = 'quite another pass phrase';

let app: TestApp;
let model: Model<User>;
let sessions: SessionsService;
let users: UsersService;

beforeAll(async () => {
  app = await createTestApp({ ADMIN_EMAILS: `boss@example.com, ${ADMIN.toUpperCase()}` });
  model = app.nest.get<Model<User>>(getModelToken(User.name), { strict: false });
  sessions = app.nest.get(SessionsService, { strict: false });
  users = app.nest.get(UsersService, { strict: false });
});

afterAll(() => app.close());

const login = (email: string, password = PASSWORD) =>
  app.request.post('/api/auth/login').send({ email, password });
const me = (token: unknown) =>
  app.request.get('/api/auth/me').set('Authorization', `Bearer ${String(token)}`);
const bearer = ({ token }: Actor) => ({ Authorization: `Bearer ${token}` });

async function emailOf(actor: Actor): Promise<string> {
  return (await actor.get('/api/auth/me').expect(200)).body.data.email;
}

async function anAdministrator(): Promise<Actor> {
  const administrator = await aUser(app);
  await model.updateOne({ _id: administrator.userId }, { $set: { role: 'admin' } });
  return administrator;
}

/** What ends the access of `user`, each by its last write. */
const CHANGES = {
  'a change of the password': {
    write: 'setPassword',
    request: (user: Actor) =>
      app.request
        .put('/api/auth/password')
        .set(bearer(user))
        .send({ currentPassword: PASSWORD, password: NEW_PASSWORD }),
    enters: NEW_PASSWORD,
  },
  'the disabling of an account': {
    write: 'disable',
    request: (user: Actor, administrator: Actor) =>
      administrator.put(`/api/auth/users/${user.userId}/disabled`, { disabled: true }),
    enters: undefined,
  },
} as const;

describe.each(Object.keys(CHANGES) as (keyof typeof CHANGES)[])('%s', (what) => {
  const { write, request, enters } = CHANGES[what];

  /** Makes the change in a process that dies at its last write; what a sign-in before that got. */
  async function dieAt(moment: 'before' | 'after', user: Actor, email: string) {
    const revokeAll = sessions.revokeAll.bind(sessions);
    const last = users[write].bind(users) as (...given: unknown[]) => Promise<unknown>;
    const late: { body: { data?: { token: string } } }[] = [];
    vi.spyOn(sessions, 'revokeAll').mockImplementation(async (...given) => {
      await revokeAll(...given);
      late.push(await login(email));
    });
    vi.spyOn(users, write).mockImplementation((async (...given: unknown[]) => {
      if (moment === 'after') await last(...given);
      throw new Error('the process died here');
    }) as never);
    const administrator = await anAdministrator();
    await request(user, administrator).expect(500);
    vi.restoreAllMocks();
    expect(late).toHaveLength(1);
    return late[0]!;
  }

  it('leaves no session of before when the process dies after its last write', async () => {
    const user = await aUser(app);
    const email = await emailOf(user);
    const other = await login(email).expect(200);
    const late = await dieAt('after', user, email);
    for (const { body } of [other, late]) await me(body.data?.token).expect(401);
    await login(email).expect(401);
    if (enters) await login(email, enters).expect(200);
  });

  it('that dies before its last write lets nobody in for a moment, and then as before', async () => {
    const user = await aUser(app);
    const email = await emailOf(user);
    const late = await dieAt('before', user, email);
    await me(late.body.data?.token).expect(401);
    await login(email).expect(401);
    const { signInsHeldUntil } = (await model.findById(user.userId).lean())!;
    const seconds = (signInsHeldUntil!.getTime() - Date.now()) / 1_000;
    expect(seconds).toBeLessThanOrEqual(30);
    await model.updateOne({ _id: user.userId }, { $set: { signInsHeldUntil: new Date() } });
    await login(email).expect(200);
  });

  it('is not made once people may sign in again', async () => {
    const user = await aUser(app);
    const email = await emailOf(user);
    const revokeAll = sessions.revokeAll.bind(sessions);
    vi.spyOn(sessions, 'revokeAll').mockImplementation(async (...given) => {
      await revokeAll(...given);
      // As a database does that took half a minute.
      await model.updateOne({ _id: user.userId }, { $set: { signInsHeldUntil: new Date() } });
    });
    const { status } = await request(user, await anAdministrator());
    vi.restoreAllMocks();
    expect([401, 409]).toContain(status);
    await login(email).expect(200);
  });
});

describe('a change of oneself that cannot be made', () => {
  it('ends no session (409)', async () => {
    const [user, other] = [await aUser(app), await aUser(app)];
    const phone = await login(await emailOf(user)).expect(200);
    const { body } = await user
      .put(`/api/auth/users/${user.userId}`, {
        username: other.username.toUpperCase(),
        passwordHash: NEW_PASSWORD,
      })
      .expect(409);
    expect(body.code).toBe('username_taken');
    await me(phone.body.data.token).expect(200);
  });
});

describe('an administrator of the platform', () => {
  it('is who has proven an address of ADMIN_EMAILS, and finds who is disabled', async () => {
    const user = await aUser(app);
    const { body } = await app.request
      .post('/api/auth/register')
      .send(anAccount({ email: ADMIN }))
      .expect(201);
    const call = (method: 'get' | 'post' | 'put', path: string) =>
      app.request[method](path).set('Authorization', `Bearer ${body.data.token}`);
    const setDisabled = (disabled: boolean) =>
      call('put', `/api/auth/users/${user.userId}/disabled`).send({ disabled });
    // Anybody may register an address.
    await setDisabled(true).expect(404);
    await call('post', '/api/auth/email/verify/request').expect(200);
    const token = await eventually(() => {
      const line = app.logs.findLast((one) => one['to'] === ADMIN);
      const [, found] = /verify-email\?token=([\w-]+)/.exec(String(line?.['text'])) ?? [];
      if (!found) throw new Error('no link yet');
      return found;
    });
    await app.request.post('/api/auth/email/verify').send({ token }).expect(200);
    await setDisabled(true).expect(200);
    await user.get('/api/auth/me').expect(401);
    const path = `/api/auth/users/${user.username}`;
    const stranger = await aUser(app);
    await stranger.get(path).expect(404);
    const found = await call('get', path).expect(200);
    expect(found.body.data.id).toBe(user.userId);
    await setDisabled(false).expect(200);
    await stranger.get(path).expect(200);
  });
});
