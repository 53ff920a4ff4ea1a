import { getModelToken } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Session } from '../src/auth/session.schema.js';
import { User } from '../src/users/user.schema.js';
import { type Actor, aUser } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { anAccount, PASSWORD } from './support/bodies.js';

let app: TestApp;
let users: Model<User>;
let sessions: Model<Session>;

beforeAll(async () => {
  app = await createTestApp();
  users = app.nest.get<Model<User>>(getModelToken(User.name), { strict: false });
  sessions = app.nest.get<Model<Session>>(getModelToken(Session.name), { strict: false });
});

afterAll(() => app.close());

const path = (userId: string) => `/api/auth/users/${userId}`;
const login = (email: string, password: string) =>
  app.request.post('/api/auth/login').send({ email, password });
const emailOf = async (actor: Actor): Promise<string> =>
  (await actor.get('/api/auth/me').expect(200)).body.data.email as string;

describe('people', () => {
  it('are found by their exact username in any case, without their e-mail', async () => {
    const [one, other] = [await aUser(app), await aUser(app)];
    const { body } = await one.get(path(other.username.toUpperCase())).expect(200);
    expect(body.data).toMatchObject({ id: other.userId, username: other.username });
    expect(body.data.email).toBeUndefined();
    await one.get(path(other.username.slice(0, -1))).expect(404);
    await one.get(path('.*')).expect(404);
  });
});

describe('oneself', () => {
  it('is changed: name and picture, which can be removed', async () => {
    const me = await aUser(app);
    const username = `n_${Date.now().toString(36)}`;
    const avatarUrl = 'https://media.example.com/me.webp';
    const changed = await me.put(path(me.userId), { username, avatarUrl }).expect(200);
    expect(changed.body.data).toMatchObject({ id: me.userId, username, avatarUrl });
    const removed = await me.put(path(me.userId), { avatarUrl: '' }).expect(200);
    expect(removed.body.data.avatarUrl).toBeUndefined();
    expect(removed.body.data.username).toBe(username);
  });

  it('is nobody else (404), as if there were none', async () => {
    const [me, other] = [await aUser(app), await aUser(app)];
    const foreign = await me.put(path(other.userId), { username: 'mine-now' }).expect(404);
    const unknown = await me.put(path('6741c0c0a5f2d13b8c9e0aaa'), {}).expect(404);
    expect(foreign.body.error).toBe(unknown.body.error);
  });

  it('keeps the password when the username is taken (409)', async () => {
    const [me, other] = [await aUser(app), await aUser(app)];
    const email = await emailOf(me);
    const change = { username: other.username.toUpperCase(), passwordHash: 'another pass phrase' };
    await me.put(path(me.userId), change).expect(409);
    await login(email, PASSWORD).expect(200);
  });

  it('keeps the name when the new password is refused (400)', async () => {
    const me = await aUser(app);
    const username = `n_${Date.now().toString(36)}`;
    await me.put(path(me.userId), { username, passwordHash: username }).expect(400);
    expect((await me.get('/api/auth/me')).body.data.username).toBe(me.username);
  });

  it.each(['data:image/png;base64,AAAA', 'javascript:alert(1)', 'x'.repeat(2_001)])(
    'takes no picture that is not an address (400): %.30s',
    async (avatarUrl) => {
      const me = await aUser(app);
      const { body } = await me.put(path(me.userId), { avatarUrl }).expect(400);
      expect(body.details).toEqual([{ field: 'avatarUrl', message: expect.any(String) }]);
    },
  );
});

describe('a new password by the profile', () => {
  it("is taken as the app's passwordHash within ten minutes of the password, then not (403)", async () => {
    const me = await aUser(app);
    const email = await emailOf(me);
    await me.put(path(me.userId), { passwordHash: 'another pass phrase' }).expect(200);
    await login(email, PASSWORD).expect(401);
    await login(email, 'another pass phrase').expect(200);
    const passwordAt = new Date(Date.now() - 11 * 60_000);
    await sessions.updateMany({ userId: me.userId }, { $set: { passwordAt } });
    const { body } = await me.put(path(me.userId), { passwordHash: 'a third phrase' }).expect(403);
    expect(body).toMatchObject({ code: 'reauthentication_required' });
    expect(body.error).toContain('Sign in with your password again');
    await login(email, 'another pass phrase').expect(200);
  });

  it('is not taken after a sign-in without a password (403)', async () => {
    const me = await aUser(app);
    await sessions.updateMany({ userId: me.userId }, { $set: { passwordAt: null } });
    await me.put(path(me.userId), { passwordHash: 'another pass phrase' }).expect(403);
  });

  it('is asked for by nobody who leaves it empty', async () => {
    const me = await aUser(app);
    const email = await emailOf(me);
    const sent = { username: `n${me.username}`.slice(0, 20), passwordHash: '' };
    const { body } = await me.put(path(me.userId), sent).expect(200);
    expect(body.data.username).toBe(sent.username);
    await login(email, PASSWORD).expect(200);
  });

  it('is set by a link where there is none yet, and that is said (403)', async () => {
    const me = await aUser(app);
    // As somebody who signs in with Facebook alone.
    await users.updateOne({ _id: me.userId }, { $unset: { passwordHash: '' } });
    const byProfile = await me.put(path(me.userId), { passwordHash: 'a new pass phrase' });
    const changed = { currentPassword: 'x', password: 'a new pass phrase' };
    const byRoute = await me.put('/api/auth/password', changed);
    for (const { status, body } of [byProfile, byRoute]) {
      expect({ status, code: body.code }).toEqual({
        status: 403,
        code: 'reauthentication_required',
      });
      expect(body.error).toContain('forgot password');
    }
  });

  it('is taken with the current one at any time, and ends the other sessions', async () => {
    const me = await aUser(app);
    const email = await emailOf(me);
    const other = await login(email, PASSWORD).expect(200);
    const passwordAt = new Date(Date.now() - 11 * 60_000);
    await sessions.updateMany({ userId: me.userId }, { $set: { passwordAt } });
    const password = 'another pass phrase';
    await me.put(path(me.userId), { currentPassword: 'wrong', password }).expect(401);
    await me.put(path(me.userId), { password }).expect(401);
    await me.put(path(me.userId), { currentPassword: PASSWORD, password }).expect(200);
    await me.get('/api/auth/me').expect(200);
    await app.request
      .get('/api/auth/me')
      .set('Authorization', `Bearer ${other.body.data.token}`)
      .expect(401);
  });

  it('ends no session when the picture that comes with it is refused', async () => {
    const me = await aUser(app);
    const other = await login(await emailOf(me), PASSWORD).expect(200);
    const avatarUrl = 'data:image/jpeg;base64,AAAA';
    const sent = { currentPassword: PASSWORD, password: 'another pass phrase', avatarUrl };
    await me.put(path(me.userId), sent).expect(400);
    await app.request
      .get('/api/auth/me')
      .set('Authorization', `Bearer ${other.body.data.token}`)
      .expect(200);
  });

  it('names the field that is too easy (400)', async () => {
    const me = await aUser(app);
    const { body } = await me.put(path(me.userId), { passwordHash: 'password1' }).expect(400);
    expect(body.details[0].field).toBe('passwordHash');
  });

  it('is not blank, wherever it is set (400)', async () => {
    const me = await aUser(app);
    const blank = ' '.repeat(8);
    for (const answer of [
      await me.put(path(me.userId), { passwordHash: blank }),
      await me.put(path(me.userId), { currentPassword: PASSWORD, password: blank }),
      await me.put('/api/auth/password', { currentPassword: PASSWORD, password: blank }),
      await app.request.post('/api/auth/register').send(anAccount({ password: blank })),
    ]) {
      expect(answer.status).toBe(400);
      expect(answer.body.details[0].message).toMatch(/ must not be blank/);
    }
    await login(await emailOf(me), PASSWORD).expect(200);
  });
});

describe('a disabled account', () => {
  it('is signed out at once and cannot sign in, until it is enabled again', async () => {
    const [administrator, user] = [await aUser(app), await aUser(app)];
    await users.updateOne({ _id: administrator.userId }, { $set: { role: 'admin' } });
    const email = await emailOf(user);
    await administrator.put(`${path(user.userId)}/disabled`, { disabled: true }).expect(200);
    await user.get('/api/auth/me').expect(401);
    const { body } = await login(email, PASSWORD).expect(401);
    expect(body.code).toBe('invalid_credentials');
    await administrator.put(`${path(user.userId)}/disabled`, { disabled: false }).expect(200);
    await login(email, PASSWORD).expect(200);
  });

  it('keeps no session of a sign-in that was on its way', async () => {
    const [administrator, user] = [await aUser(app), await aUser(app)];
    await users.updateOne({ _id: administrator.userId }, { $set: { role: 'admin' } });
    const email = await emailOf(user);
    const [, ...logins] = await Promise.all([
      administrator.put(`${path(user.userId)}/disabled`, { disabled: true }).expect(200),
      ...Array.from({ length: 8 }, () => login(email, PASSWORD)),
    ]);
    for (const { body } of logins) {
      await app.request
        .get('/api/auth/me')
        .set('Authorization', `Bearer ${body.data?.token}`)
        .expect(401);
    }
  });

  it('is made by administrators of the platform only, and not of themselves', async () => {
    const [administrator, user] = [await aUser(app), await aUser(app)];
    await user.put(`${path(administrator.userId)}/disabled`, { disabled: true }).expect(404);
    await users.updateOne({ _id: administrator.userId }, { $set: { role: 'admin' } });
    const self = `${path(administrator.userId)}/disabled`;
    await administrator.put(self, { disabled: true }).expect(409);
  });
});
