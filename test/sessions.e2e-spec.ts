import { JwtService } from '@nestjs/jwt';
import { getModelToken } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Session } from '../src/auth/session.schema.js';
import { createTestApp, type TestApp } from './support/app.js';
import { anAccount } from './support/bodies.js';

let app: TestApp;
let sessions: Model<Session>;

beforeAll(async () => {
  app = await createTestApp();
  sessions = app.nest.get<Model<Session>>(getModelToken(Session.name), { strict: false });
});

afterAll(() => app.close());

const APP = 'http://app.example';

/** The cookies that an answer sets, by name. */
function cookiesOf(response: supertest.Response): Record<string, string> {
  const set = (response.headers['set-cookie'] ?? []) as unknown as string[];
  return Object.fromEntries(
    set.map((line) => {
      const [name = '', value = ''] = line.split(';')[0]!.split('=');
      return [name, value];
    }),
  );
}

const asHeader = (cookies: Record<string, string>): string =>
  Object.entries(cookies)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ');

async function signIn() {
  const account = anAccount();
  const response = await app.request.post('/api/auth/register').send(account).expect(201);
  const { token, user } = response.body.data as { token: string; user: { id: string } };
  const { sid } = app.nest.get(JwtService, { strict: false }).decode<{ sid: string }>(token);
  return { account, token, userId: user.id, sessionId: sid, cookies: cookiesOf(response) };
}

/** The same session's access token as it looks when its 15 minutes are over. */
function expired(userId: string, sessionId: string): string {
  return app.nest
    .get(JwtService, { strict: false })
    .sign(
      { sub: userId, sid: sessionId, typ: 'access' },
      { issuer: 'cliick', audience: 'cliick-api', expiresIn: -10 },
    );
}

const me = () => app.request.get('/api/auth/me');

describe('refresh', () => {
  it('exchanges the cookie once, and never shows the token in a body', async () => {
    const { cookies } = await signIn();
    const response = await app.request
      .post('/api/auth/refresh')
      .set('Cookie', asHeader(cookies))
      .expect(200);
    const next = cookiesOf(response);
    expect(next['refresh_token']).not.toBe(cookies['refresh_token']);
    expect(response.body.data.refreshToken).toBeUndefined();
    await me().set('Cookie', asHeader(next)).expect(200);
  });

  it('ends the whole family when a used token comes back, and logs it', async () => {
    const { cookies } = await signIn();
    let current = cookies;
    for (let turn = 0; turn < 2; turn++) {
      const request = app.request.post('/api/auth/refresh').set('Cookie', asHeader(current));
      current = cookiesOf(await request.expect(200));
    }
    await app.request.post('/api/auth/refresh').set('Cookie', asHeader(cookies)).expect(401);
    await app.request.post('/api/auth/refresh').set('Cookie', asHeader(current)).expect(401);
    await me().set('Cookie', asHeader(current)).expect(401);
    expect(app.logs).toContainEqual(
      expect.objectContaining({ msg: 'a used refresh token came back: session ended' }),
    );
  });

  it('ends the family for the last token too, once the moment of a race is over', async () => {
    const { cookies, sessionId } = await signIn();
    await app.request.post('/api/auth/refresh').set('Cookie', asHeader(cookies)).expect(200);
    await sessions.updateOne(
      { _id: sessionId },
      { $set: { rotatedAt: new Date(Date.now() - 60_000) } },
    );
    await app.request.post('/api/auth/refresh').set('Cookie', asHeader(cookies)).expect(401);
    expect((await sessions.findById(sessionId).lean())?.revokedAt).toBeInstanceOf(Date);
  });

  it('gives ten tabs that renew at once the same token, and logs nobody out', async () => {
    const { cookies } = await signIn();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        app.request.post('/api/auth/refresh').set('Cookie', asHeader(cookies)).expect(200),
      ),
    );
    const tokens = new Set(answers.map((answer) => cookiesOf(answer)['refresh_token']));
    expect(tokens.size).toBe(1);
    await me()
      .set('Cookie', asHeader(cookiesOf(answers[3]!)))
      .expect(200);
  });

  it('does not end a session for a forged token (401)', async () => {
    const { cookies, sessionId } = await signIn();
    const forged = `${sessionId}.1.${'A'.repeat(43)}`;
    for (const token of [forged, 'x', '', `${cookies['refresh_token']}x`]) {
      const request = app.request.post('/api/auth/refresh').set('Cookie', `refresh_token=${token}`);
      await request.expect(401);
    }
    await me().set('Cookie', asHeader(cookies)).expect(200);
  });

  it('ends 30 days after the sign-in, however often it was renewed', async () => {
    const { cookies, sessionId } = await signIn();
    const renewed = await app.request
      .post('/api/auth/refresh')
      .set('Cookie', asHeader(cookies))
      .expect(200);
    const { createdAt, expiresAt } = (await sessions.findById(sessionId).lean())!;
    expect(expiresAt.getTime() - createdAt.getTime()).toBe(30 * 24 * 60 * 60 * 1000);
    const lines = renewed.headers['set-cookie'] as unknown as string[];
    expect(lines.at(-1)).toMatch(/^refresh_token=/);
    expect(lines.at(-1)).toContain(`; Expires=${expiresAt.toUTCString()};`);
    await sessions.updateOne({ _id: sessionId }, { $set: { expiresAt: new Date() } });
    await me().set('Cookie', asHeader(cookies)).expect(401);
  });

  it('travels in the body only for a client that asks for that, and sets no cookie then', async () => {
    const account = anAccount();
    await app.request.post('/api/auth/register').send(account).expect(201);
    const { email, password } = account;
    const login = await app.request
      .post('/api/auth/login')
      .set('X-Token-Transport', 'body')
      .send({ email, password })
      .expect(200);
    expect(login.headers['set-cookie']).toBeUndefined();
    const { refreshToken } = login.body.data;
    await app.request.post('/api/auth/refresh').send({ refreshToken }).expect(401);
    const next = await app.request
      .post('/api/auth/refresh')
      .set('X-Token-Transport', 'body')
      .send({ refreshToken })
      .expect(200);
    await me().set('Authorization', `Bearer ${next.body.data.token}`).expect(200);
  });

  it('is no access token, at HTTP', async () => {
    const { cookies } = await signIn();
    await me().set('Authorization', `Bearer ${cookies['refresh_token']}`).expect(401);
    await me().set('Cookie', `access_token=${cookies['refresh_token']}`).expect(401);
  });
});

describe('the app, which keeps its first token for ever', () => {
  it('is served and renewed through the cookies of the same session, in parallel too', async () => {
    const { userId, sessionId, cookies } = await signIn();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        me()
          .set('Authorization', `Bearer ${expired(userId, sessionId)}`)
          .set('Cookie', `refresh_token=${cookies['refresh_token']}`)
          .expect(200),
      ),
    );
    const renewed = cookiesOf(answers[0]!);
    expect(Object.keys(renewed)).toEqual(['access_token', 'refresh_token']);
    await me().set('Cookie', asHeader(renewed)).expect(200);
  });

  it('is refused with the cookies of another session (401), and renews nothing', async () => {
    const mine = await signIn();
    const other = await signIn();
    const response = await me()
      .set('Authorization', `Bearer ${expired(mine.userId, mine.sessionId)}`)
      .set('Cookie', asHeader(other.cookies))
      .expect(401);
    expect(response.headers['set-cookie']).toBeUndefined();
  });

  it('is refused with an expired token alone, and a broken one is not helped by cookies', async () => {
    const { userId, sessionId, cookies, token } = await signIn();
    await me()
      .set('Authorization', `Bearer ${expired(userId, sessionId)}`)
      .expect(401);
    await me()
      .set('Authorization', `Bearer ${token}x`)
      .set('Cookie', asHeader(cookies))
      .expect(401);
  });

  it('gets its cookies from ensure-profile after a sign-in across origins', async () => {
    const { token, userId } = await signIn();
    const response = await app.request
      .post('/api/auth/ensure-profile')
      .set('Authorization', `Bearer ${token}`)
      .expect(200);
    expect(response.body.data.id).toBe(userId);
    expect(response.body.data.token).toBeUndefined();
    const cookies = cookiesOf(response);
    await app.request.post('/api/auth/refresh').set('Cookie', asHeader(cookies)).expect(200);
  });

  it('gets no refresh token from ensure-profile long after the sign-in', async () => {
    const { token, sessionId } = await signIn();
    const createdAt = new Date(Date.now() - 11 * 60_000);
    await sessions.updateOne({ _id: sessionId }, { $set: { createdAt } });
    const response = await app.request
      .post('/api/auth/ensure-profile')
      .set('Authorization', `Bearer ${token}`)
      .expect(200);
    expect(Object.keys(cookiesOf(response))).toEqual(['access_token']);
  });
});

describe('logout', () => {
  it('ends the session at once, for the token and the cookies, and clears them', async () => {
    const { token, cookies } = await signIn();
    const response = await app.request
      .post('/api/auth/logout')
      .set('Authorization', `Bearer ${token}`)
      .expect(200);
    expect(response.body).toEqual({ success: true, data: { done: true } });
    expect(cookiesOf(response)).toEqual({ access_token: '', refresh_token: '' });
    await me().set('Authorization', `Bearer ${token}`).expect(401);
    await me().set('Cookie', asHeader(cookies)).expect(401);
  });
});

describe('a page of another site', () => {
  const from = (origin?: string, site?: string) => ({
    ...(origin ? { Origin: origin } : {}),
    ...(site ? { 'Sec-Fetch-Site': site } : {}),
  });

  it.each([
    ['a foreign origin', from('http://evil.example', 'cross-site'), 403],
    ['a sibling of ours', from('http://other.app.example', 'same-site'), 403],
    ['no origin, but cross-site', from(undefined, 'cross-site'), 403],
    ['the null origin', from('null', 'cross-site'), 403],
    ['the app', from(APP, 'cross-site'), 201],
    ['our own pages', from(undefined, 'same-origin'), 201],
    ['no browser', from(), 201],
  ])('%s: a state change by cookie answers as it must', async (_, headers, status) => {
    const { cookies } = await signIn();
    const body = { name: 'Mya Coffee', currency: 'USD' };
    const response = await app.request
      .post('/api/shops')
      .set({ ...headers, Cookie: asHeader(cookies) })
      .send(body);
    expect(response.status).toBe(status);
    expect(response.body.code).toBe(status === 403 ? 'cross_site' : undefined);
  });

  it('renews nothing (403), but reading and a Bearer token are not its cookies', async () => {
    const { cookies, token } = await signIn();
    const evil = { Origin: 'http://evil.example' };
    const Cookie = asHeader(cookies);
    await app.request
      .post('/api/auth/refresh')
      .set({ ...evil, Cookie })
      .expect(403);
    await me()
      .set({ ...evil, Cookie })
      .expect(200);
    await app.request
      .post('/api/auth/logout')
      .set({ ...evil, Authorization: `Bearer ${token}` })
      .expect(200);
  });
});

describe('cookies in production', () => {
  it('are host-only and secure', async () => {
    const secure = await createTestApp({
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://api.example',
      RATE_LIMITS: 'on',
    });
    const { headers } = await secure.request.post('/api/auth/register').send(anAccount());
    for (const cookie of headers['set-cookie'] as unknown as string[]) {
      expect(cookie).toMatch(/^__Host-(access|refresh)_token=/);
      expect(cookie).toMatch(/; Path=\/; .*HttpOnly; Secure; SameSite=Lax$/);
      expect(cookie).not.toContain('Domain');
    }
    await secure.close();
  });
});
