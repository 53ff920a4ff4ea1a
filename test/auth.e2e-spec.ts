import { JwtService } from '@nestjs/jwt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aUser } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { anAccount } from './support/bodies.js';

let app: TestApp;

beforeAll(async () => {
  app = await createTestApp();
});

afterAll(() => app.close());

describe('sign-in', () => {
  it('registers, and answers the person, a token and a cookie', async () => {
    const account = anAccount();
    const { body, headers } = await app.request.post('/api/auth/register').send(account);
    expect(body.data.user).toMatchObject({ email: account.email, username: account.username });
    const me = await app.request
      .get('/api/auth/me')
      .set('Authorization', `Bearer ${body.data.token}`)
      .expect(200);
    expect(me.body.data.id).toBe(body.data.user.id);
    const [cookie] = headers['set-cookie'] as unknown as string[];
    expect(cookie).toMatch(/^access_token=[^;]+; Max-Age=900; Path=\/;.*HttpOnly; SameSite=Lax$/);
    await app.request.get('/api/auth/me').set('Cookie', cookie!.split(';')[0]!).expect(200);
    const jwt = app.nest.get(JwtService, { strict: false });
    const { iat, exp } = jwt.decode<{ iat: number; exp: number }>(body.data.token);
    expect(exp - iat).toBe(15 * 60);
  });

  it('logs in whatever the case of the e-mail, and keeps when', async () => {
    const account = anAccount();
    await app.request.post('/api/auth/register').send(account).expect(201);
    const { body } = await app.request
      .post('/api/auth/login')
      .send({ email: ` ${account.email.toUpperCase()} `, password: account.password })
      .expect(200);
    expect(Date.parse(body.data.user.lastLogin)).toBeGreaterThan(Date.now() - 60_000);
  });

  it('refuses a second account with the e-mail or the username, whatever the case (409)', async () => {
    const account = anAccount();
    await app.request.post('/api/auth/register').send(account).expect(201);
    const sameEmail = anAccount({ email: account.email.toUpperCase() });
    const sameName = anAccount({ username: account.username.toUpperCase() });
    const email = await app.request.post('/api/auth/register').send(sameEmail).expect(409);
    const name = await app.request.post('/api/auth/register').send(sameName).expect(409);
    expect(email.body.code).toBe('email_taken');
    expect(name.body.code).toBe('username_taken');
  });

  it('makes one account of ten parallel registrations', async () => {
    const account = anAccount();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => app.request.post('/api/auth/register').send(account)),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(9);
  });

  it('says the same of a wrong password and an unknown e-mail (401)', async () => {
    const account = anAccount();
    await app.request.post('/api/auth/register').send(account).expect(201);
    const wrong = { email: account.email, password: 'not this one' };
    const unknown = { email: 'nobody@example.com', password: 'not this one' };
    const answers = [];
    for (const body of [wrong, unknown]) {
      answers.push((await app.request.post('/api/auth/login').send(body).expect(401)).body);
    }
    const [first, second] = answers.map(({ error, code }) => ({ error, code }));
    expect(first).toEqual(second);
    expect(first).toMatchObject({ code: 'invalid_credentials' });
  });

  it('refuses a token that is foreign, of another type, unsigned, expired or of no session', async () => {
    const { token } = await aUser(app);
    const jwt = app.nest.get(JwtService, { strict: false });
    const { sub, sid } = jwt.decode<{ sub: string; sid: string }>(token);
    const options = { issuer: 'cliick', audience: 'cliick-api', expiresIn: 60 };
    const claims = { sub, sid, typ: 'access' };
    const [head, payload] = token.split('.');
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    const bad = [
      `${head}.${payload}.AAAA`,
      `${none}.${payload}.`,
      jwt.sign(claims, { ...options, secret: 'another secret of enough length' }),
      jwt.sign(claims, { ...options, algorithm: 'HS512' }),
      jwt.sign(claims, { ...options, audience: 'elsewhere' }),
      jwt.sign(claims, { ...options, issuer: 'elsewhere' }),
      jwt.sign(claims, { ...options, expiresIn: -1 }),
      jwt.sign(claims, { issuer: options.issuer, audience: options.audience }),
      jwt.sign({ ...claims, typ: 'refresh' }, options),
      jwt.sign({ ...claims, sid: '6741c0c0a5f2d13b8c9e0001' }, options),
      jwt.sign({ ...claims, sid: { $ne: null } }, options),
    ];
    for (const text of bad) {
      const request = app.request.get('/api/auth/me').set('Authorization', `Bearer ${text}`);
      expect((await request).status, text).toBe(401);
    }
    const good = jwt.sign(claims, options);
    await app.request.get('/api/auth/me').set('Authorization', `Bearer ${good}`).expect(200);
  });

  it.each(['Bearer null', 'Bearer undefined', 'Bearer ', 'Bearer', ''])(
    'takes %j for no token: the cookies serve, from our own page only',
    async (authorization) => {
      const { headers } = await app.request.post('/api/auth/register').send(anAccount());
      const [cookie = ''] = (headers['set-cookie'] as unknown as string[]).map(
        (line) => line.split(';')[0]!,
      );
      const me = () => app.request.get('/api/auth/me').set('Authorization', authorization);
      await me().set('Cookie', cookie).expect(200);
      await me().expect(401);
      const { body } = await app.request
        .post('/api/auth/ensure-profile')
        .set({ Authorization: authorization, Cookie: cookie, Origin: 'http://evil.example' })
        .expect(403);
      expect(body.code).toBe('cross_site');
    },
  );

  it('names every wrong field of a registration (400)', async () => {
    const { body } = await app.request
      .post('/api/auth/register')
      .send({ email: { $gt: '' }, password: 'short', username: 'a b' })
      .expect(400);
    expect(body.details.map(({ field }: { field: string }) => field)).toEqual([
      'email',
      'password',
      'username',
    ]);
  });
});
