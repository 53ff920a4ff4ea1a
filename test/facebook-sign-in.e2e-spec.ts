import { randomInt } from 'node:crypto';
import { getModelToken } from '@nestjs/mongoose';
import type { Model, Types } from 'mongoose';
import type supertest from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { FacebookLink } from '../src/auth/facebook/facebook-link.schema.js';
import { Session } from '../src/auth/session.schema.js';
import { SignInState } from '../src/auth/facebook/sign-in-state.schema.js';
import { User } from '../src/users/user.schema.js';
import {
  APP_SECRET,
  FacebookServer,
  type FacebookPerson,
  HOSTILE_TEXT,
  type Misbehaviour,
} from './providers/facebook.server.js';
import { createTestApp, type TestApp } from './support/app.js';
import { anAccount, PASSWORD } from './support/bodies.js';
import { eventually } from './support/eventually.js';

const START = '/api/auth/facebook';
const CALLBACK = '/api/auth/facebook/callback';
const PUBLIC_URL = 'http://api.example';
const APP_ORIGIN = 'http://app.example';

let facebook: FacebookServer;
let app: TestApp;
let users: Model<User>;
let sessions: Model<Session>;
let states: Model<SignInState>;
let links: Model<FacebookLink>;

beforeAll(async () => {
  facebook = await FacebookServer.start();
  app = await createTestApp({ ...facebook.variables, PUBLIC_URL });
  const model = <T>(name: string) => app.nest.get<Model<T>>(getModelToken(name), { strict: false });
  users = model<User>(User.name);
  sessions = model<Session>(Session.name);
  states = model<SignInState>(SignInState.name);
  links = model<FacebookLink>(FacebookLink.name);
});

afterAll(async () => {
  await app.close();
  await facebook.stop();
});

beforeEach(() => {
  facebook.requests.length = 0;
  facebook.misbehaviour = {};
});

function aPerson(overrides: Partial<FacebookPerson> = {}): FacebookPerson {
  const id = String(randomInt(1e9, 1e12));
  return { id, name: 'Mya Mya Aye', email: `fb${id}@example.com`, ...overrides };
}

const setCookies = (response: supertest.Response): string[] =>
  (response.headers['set-cookie'] ?? []) as unknown as string[];

/** The cookies of an answer that a browser would keep, as it sends them. */
const asHeader = (response: supertest.Response): string =>
  setCookies(response)
    .map((line) => line.split(';')[0]!)
    .filter((pair) => !pair.endsWith('='))
    .join('; ');

/** A browser that has set out for the dialog. */
async function setOut(redirect?: string) {
  const response = await app.request
    .get(START)
    .query(redirect === undefined ? {} : { redirect })
    .expect(302);
  return { dialogUrl: response.headers['location']!, cookie: asHeader(response), response };
}

const comeBack = (query: Record<string, unknown>, cookie = '') =>
  app.request.get(CALLBACK).query(query).set('Cookie', cookie).redirects(0);

async function signIn(person: FacebookPerson, redirect?: string) {
  const { dialogUrl, cookie } = await setOut(redirect);
  return comeBack(facebook.agree(dialogUrl, person), cookie);
}

/** The message that a result page posts, and to whom. */
function posted(response: supertest.Response): { message: Record<string, unknown>; to: string } {
  const [, message = '', to = ''] = /postMessage\((\{.*\}), ("[^"]*")\);/.exec(response.text) ?? [];
  return { message: JSON.parse(message), to: JSON.parse(to) };
}

function expectFailurePage(response: supertest.Response, status: number, code: string): void {
  expect(response.status).toBe(status);
  expect(posted(response)).toMatchObject({
    message: { type: 'facebook_signin', ok: false, code },
    to: APP_ORIGIN,
  });
  expect(asHeader(response)).not.toContain('_token');
}

const me = (cookie: string) => app.request.get('/api/auth/me').set('Cookie', cookie);
const link = (body: object) => app.request.post('/api/auth/facebook/link').send(body);
const sessionsOf = (userId: Types.ObjectId | string): Promise<Session[]> =>
  sessions.find({ userId }).lean();

/** An account with a password, and a Facebook person with its e-mail. */
async function aNamesake() {
  const account = anAccount();
  const { body } = await app.request.post('/api/auth/register').send(account).expect(201);
  const person = aPerson({ email: account.email.toUpperCase() });
  const { user, token } = body.data as { user: { id: string }; token: string };
  return { account, person, userId: user.id, token };
}

describe('setting out', () => {
  it('sends the browser to the dialog, marked by a cookie, with a state kept as a hash', async () => {
    const { dialogUrl, response } = await setOut();
    const { searchParams } = new URL(dialogUrl);
    const state = searchParams.get('state')!;
    expect(state).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(searchParams.get('redirect_uri')).toBe(`${PUBLIC_URL}${CALLBACK}`);
    expect(response.headers).toMatchObject({
      'cache-control': 'no-store',
      'cross-origin-opener-policy': 'unsafe-none',
      'referrer-policy': 'no-referrer',
    });
    const [line = ''] = setCookies(response);
    expect(line).toMatch(/^facebook_sign_in=[A-Za-z0-9_-]{43}; Max-Age=600; Path=\/; /);
    expect(line).toContain('HttpOnly; SameSite=Lax');
    expect(line).not.toContain('Domain');
    const stored = JSON.stringify(await states.find().lean());
    expect(stored).not.toContain(state);
    expect(stored).not.toContain(/=([^;]+)/.exec(line)![1]);
    expect(facebook.requests).toEqual([]);
  });

  it.each([
    'https://evil.example/auth/callback',
    'http://app.example.evil.example/',
    'http://app.example@evil.example/',
    'http://user:pass@app.example/',
    '//evil.example',
    '/auth/callback',
    'javascript:alert(1)',
    'http://app.example:81/',
    'https://app.example/',
    '',
  ])('refuses to lead to %j afterwards (400)', async (redirect) => {
    const { body } = await app.request.get(START).query({ redirect }).expect(400);
    expect(body).toMatchObject({ code: 'validation_failed', details: [{ field: 'redirect' }] });
  });

  it('refuses two addresses, and one without end (400)', async () => {
    await app.request.get(`${START}?redirect=${APP_ORIGIN}/a&redirect=${APP_ORIGIN}/b`).expect(400);
    await app.request
      .get(START)
      .query({ redirect: `${APP_ORIGIN}/${'a'.repeat(1000)}` })
      .expect(400);
  });
});

describe('setting out with what only the dialog sends', () => {
  it.each([
    { code: 'x' },
    { error: 'access_denied' },
    { error: HOSTILE_TEXT, error_description: HOSTILE_TEXT },
    { error_code: '1', error_message: HOSTILE_TEXT },
  ])('is setting out all the same: %j', async (query) => {
    const response = await app.request.get(START).query(query).expect(302);
    expect(facebook.agree(response.headers['location']!, aPerson()).state).toMatch(/^.{43}$/);
    expect(facebook.requests).toEqual([]);
  });
});

describe('coming back', () => {
  it('makes an account at the first time, and opens it at the next', async () => {
    const person = aPerson({ name: 'Zoë Ñandú-Aye' });
    const first = await signIn(person);
    expect(first.status).toBe(200);
    expect(posted(first)).toEqual({
      message: { type: 'facebook_signin', ok: true },
      to: APP_ORIGIN,
    });
    const { body } = await me(asHeader(first)).expect(200);
    expect(body.data).toMatchObject({ email: person.email, username: 'Zoe_Nandu-Aye' });
    const second = await me(asHeader(await signIn(person))).expect(200);
    expect(second.body.data.id).toBe(body.data.id);
    const [session] = await sessionsOf(body.data.id);
    expect(session?.passwordAt).toBeNull();
    expect(await users.findById(body.data.id).lean()).toMatchObject({ facebookId: person.id });
  });

  it('answers a page that can only tell the app, and holds no secret', async () => {
    const response = await signIn(aPerson());
    const { headers, text } = response;
    const [, nonce] = /<script nonce="([^"]{20,})">/.exec(text) ?? [];
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cross-origin-opener-policy': 'unsafe-none',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    });
    const policy = headers['content-security-policy'];
    expect(policy).toContain(`default-src 'none'; script-src 'nonce-${nonce}'`);
    expect(policy).toContain("frame-ancestors 'none'");
    // Random text may hold these letters by chance.
    expect(text.replace(nonce!, '')).not.toMatch(/EAA|eyJ/);
    expect(text.match(/<script/g)).toHaveLength(1);
    const other = await signIn(aPerson());
    expect(other.text).not.toContain(nonce);
  });

  it('sets session cookies and takes the mark away', async () => {
    const lines = setCookies(await signIn(aPerson()));
    for (const name of ['access_token', 'refresh_token']) {
      const line = lines.find((one) => one.startsWith(`${name}=`));
      expect(line).toContain('HttpOnly; SameSite=Lax');
    }
    expect(lines.find((one) => one.startsWith('facebook_sign_in='))).toMatch(
      /^facebook_sign_in=; Path=\/; Expires=Thu, 01 Jan 1970/,
    );
  });

  it('goes to the address in the app when one was given', async () => {
    const target = `${APP_ORIGIN}/auth/callback?from=facebook`;
    const response = await signIn(aPerson(), target);
    expect(response.status).toBe(303);
    expect(response.headers['location']).toBe(target);
    expect(response.headers['cross-origin-opener-policy']).toBe('unsafe-none');
    await me(asHeader(response)).expect(200);
  });

  it('tells namesakes apart, and finds a name for who has none that fits', async () => {
    const names = ['Aung Aung', 'Aung Aung', 'မြမြ', 'x', 'a name much longer than twenty'];
    const usernames: string[] = [];
    for (const name of names) {
      const { body } = await me(asHeader(await signIn(aPerson({ name })))).expect(200);
      usernames.push(body.data.username as string);
    }
    expect(usernames[0]).toBe('Aung_Aung');
    expect(usernames[1]).toMatch(/^Aung_Aung_[0-9a-f]{6}$/);
    expect(new Set(usernames).size).toBe(names.length);
    for (const username of usernames) expect(username).toMatch(/^[A-Za-z0-9_-]{3,20}$/);
  });

  it('serves one of two callbacks with the same state at once', async () => {
    const person = aPerson();
    const { dialogUrl, cookie } = await setOut();
    const query = facebook.agree(dialogUrl, person);
    const answers = await Promise.all(Array.from({ length: 4 }, () => comeBack(query, cookie)));
    expect(answers.map(({ status }) => String(status)).sort()).toEqual([
      '200',
      '400',
      '400',
      '400',
    ]);
    const user = await users.findOne({ facebookId: person.id }).lean();
    expect(await sessionsOf(user!._id)).toHaveLength(1);
    expect(facebook.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it('makes one account of two first sign-ins at once', async () => {
    const person = aPerson();
    const answers = await Promise.all(Array.from({ length: 8 }, () => signIn(person)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    const ids = await Promise.all(
      answers.map(async (answer) => (await me(asHeader(answer)).expect(200)).body.data.id),
    );
    expect(new Set(ids).size).toBe(1);
  });

  it.each([
    { email: undefined },
    { email: 'no address' },
    { email: ['a@example.com'] },
    { email: 'victim＠good.com，me@evil.com' },
  ])('says so when Facebook gives no e-mail: %j', async ({ email }) => {
    const person = aPerson({ email });
    expectFailurePage(await signIn(person), 400, 'email_missing');
    expect(await users.findOne({ facebookId: person.id }).lean()).toBeNull();
  });

  it('needs no e-mail of who is linked already', async () => {
    const person = aPerson();
    await signIn(person);
    expect((await signIn({ ...person, email: undefined })).status).toBe(200);
  });

  it('refuses who may not sign in any more', async () => {
    const person = aPerson();
    await signIn(person);
    const filter = { facebookId: person.id };
    const user = await users.findOneAndUpdate(filter, { $set: { disabledAt: new Date() } }).lean();
    expectFailurePage(await signIn(person), 403, 'account_disabled');
    expect(await sessionsOf(user!._id)).toHaveLength(1);
  });
});

describe('who signs in with Facebook alone', () => {
  it('is told how to get a password (403), and gets one by the link', async () => {
    const person = aPerson();
    const cookie = asHeader(await signIn(person));
    const { id } = (await me(cookie).expect(200)).body.data as { id: string };
    const put = (path: string, body: object) =>
      app.request.put(path).set({ Cookie: cookie, Origin: APP_ORIGIN }).send(body);
    const password = 'a new pass phrase';
    for (const answer of [
      await put(`/api/auth/users/${id}`, { passwordHash: password }),
      await put(`/api/auth/users/${id}`, { currentPassword: 'none', password }),
      await put('/api/auth/password', { currentPassword: 'none', password }),
    ]) {
      expect({ status: answer.status, code: answer.body.code }).toEqual({
        status: 403,
        code: 'reauthentication_required',
      });
      expect(answer.body.error).toContain('no password yet: ask for a link by e-mail');
    }
    const post = (path: string, body: object) => app.request.post(`/api/auth/${path}`).send(body);
    const { email } = person;
    await post('password/forgot', { email }).expect(200);
    const token = await eventually(() => {
      const line = app.logs.findLast((one) => one['to'] === email);
      const [, found] = /reset-password\?token=([\w-]+)/.exec(String(line?.['text'])) ?? [];
      if (!found) throw new Error('no link yet');
      return found;
    });
    await post('password/reset', { token, password }).expect(200);
    await post('login', { email, password }).expect(200);
    expect((await signIn(person)).status).toBe(200);
  });
});

describe('a state that is not good', () => {
  const expectNothing = (response: supertest.Response): void => {
    expectFailurePage(response, 400, 'invalid_state');
    expect(setCookies(response)).toEqual([]);
    expect(facebook.requests).toEqual([]);
  };

  it('serves once', async () => {
    const { dialogUrl, cookie } = await setOut();
    expect((await comeBack(facebook.agree(dialogUrl, aPerson()), cookie)).status).toBe(200);
    facebook.requests.length = 0;
    expectNothing(await comeBack(facebook.agree(dialogUrl, aPerson()), cookie));
  });

  it('serves the browser alone that set out', async () => {
    const { dialogUrl, cookie } = await setOut();
    const other = await setOut();
    const query = facebook.agree(dialogUrl, aPerson());
    expectNothing(await comeBack(query));
    expectNothing(await comeBack(query, other.cookie));
    expect((await comeBack(query, cookie)).status).toBe(200);
  });

  it('ends after ten minutes', async () => {
    await states.deleteMany({ expiresAt: { $exists: true } });
    const { dialogUrl, cookie } = await setOut();
    const { expiresAt } = (await states.findOne().hint({ _id: 1 }).lean())!;
    expect(expiresAt.getTime() - Date.now()).toBeGreaterThan(9.5 * 60_000);
    expect(expiresAt.getTime() - Date.now()).toBeLessThanOrEqual(10 * 60_000);
    await states.updateOne({ expiresAt }, { $set: { expiresAt: new Date(Date.now() - 1) } });
    expectNothing(await comeBack(facebook.agree(dialogUrl, aPerson()), cookie));
  });

  it('must be one text that we made', async () => {
    const { dialogUrl, cookie } = await setOut();
    const { code, state } = facebook.agree(dialogUrl, aPerson());
    for (const query of [
      {},
      { code },
      { code, state: '' },
      { code, state: 'A'.repeat(43) },
      { code, state: [state, state] },
      { code, 'state[$ne]': 'x' },
      { error: 'access_denied' },
    ]) {
      expectNothing(await comeBack(query, cookie));
    }
    expect((await comeBack({ code, state }, cookie)).status).toBe(200);
  });
});

describe('a dialog that ends without a code', () => {
  it('is a refusal, whose state is used up and whose text is not repeated', async () => {
    const { dialogUrl, cookie } = await setOut();
    const response = await comeBack(facebook.refuse(dialogUrl), cookie);
    expectFailurePage(response, 400, 'refused');
    expect(response.text).not.toContain('alert');
    const again = await comeBack(facebook.agree(dialogUrl, aPerson()), cookie);
    expectFailurePage(again, 400, 'invalid_state');
    expect(facebook.requests).toEqual([]);
  });

  it('goes back to where in the app it began', async () => {
    const { dialogUrl, cookie } = await setOut(`${APP_ORIGIN}/auth/callback`);
    const response = await comeBack(facebook.refuse(dialogUrl), cookie);
    expect(response.status).toBe(303);
    expect(response.headers['location']).toBe(`${APP_ORIGIN}/auth/callback#error=refused`);
  });

  it.each([
    ['no code', () => ({})],
    ['two codes', (code: string) => ({ code: [code, code] })],
    ['an empty code', () => ({ code: '' })],
    ['an error code alone', (code: string) => ({ code, error_code: '1', error_message: 'x' })],
    ['another error', (code: string) => ({ code, error: HOSTILE_TEXT })],
  ])('with %s is a failure page, not a new visit', async (_, query) => {
    const { dialogUrl, cookie } = await setOut();
    const { code, state } = facebook.agree(dialogUrl, aPerson());
    const response = await comeBack({ ...query(code), state }, cookie);
    expectFailurePage(response, 502, 'provider_failed');
    expect(response.text).not.toContain('alert');
    expect(await comeBack({ code, state }, cookie)).toHaveProperty('status', 400);
    expect(facebook.requests).toEqual([]);
  });
});

describe('a provider that fails', () => {
  const cases: ['token' | 'me', Misbehaviour][] = [
    ['token', 'server-error'],
    ['token', 'html'],
    ['token', 'null'],
    ['token', 'odd-token'],
    ['token', 'error-text'],
    ['token', 'reset'],
    ['me', 'server-error'],
    ['me', 'html'],
    ['me', 'null'],
    ['me', 'error-text'],
    ['me', 'reset'],
  ];

  it.each(cases)('at %s with %s ends in our page', async (where, how) => {
    facebook.misbehaviour = { [where]: how };
    const person = aPerson();
    const response = await signIn(person);
    expectFailurePage(response, 502, 'provider_failed');
    expect(response.text).not.toContain('alert');
    expect(await users.findOne({ facebookId: person.id }).lean()).toBeNull();
    expect(facebook.requests).toHaveLength(where === 'token' ? 1 : 2);
  });

  it('refuses a code that was used', async () => {
    const first = await setOut();
    const { code, state } = facebook.agree(first.dialogUrl, aPerson());
    await comeBack({ code, state }, first.cookie);
    const second = await setOut();
    const other = facebook.agree(second.dialogUrl, aPerson());
    const response = await comeBack({ code, state: other.state }, second.cookie);
    expectFailurePage(response, 502, 'provider_failed');
  });

  it('without an answer, or without its end, is waited for 5 seconds only', async () => {
    const startedAt = Date.now();
    const cases: ['token' | 'me', Misbehaviour][] = [
      ['token', 'hang'],
      ['token', 'hang-in-body'],
      ['me', 'hang'],
    ];
    const pending: Promise<supertest.Response>[] = [];
    for (const [where, how] of cases) {
      facebook.misbehaviour = { [where]: how };
      pending.push(signIn(aPerson()));
      await eventually(() => expect(facebook.hanging.size).toBe(pending.length));
    }
    for (const response of await Promise.all(pending)) {
      expectFailurePage(response, 502, 'provider_failed');
    }
    expect(Date.now() - startedAt).toBeGreaterThan(4_900);
    expect(Date.now() - startedAt).toBeLessThan(8_000);
    await eventually(() => expect(facebook.hanging.size).toBe(0));
  });

  it('leaves no secret and no text of its own in the log', () => {
    const log = JSON.stringify(app.logs);
    expect(log).toContain('Facebook failed a sign-in');
    expect(log).not.toContain(APP_SECRET);
    expect(log).not.toMatch(/EAA[0-9a-f]{20}/);
    expect(log).not.toContain('alert(');
  });

  it('sends the secret, the token and the proof only where the protocol wants them', async () => {
    await signIn(aPerson());
    const [exchange, profile] = facebook.requests;
    expect(exchange?.query).toEqual({});
    expect(Object.keys(exchange!.form).sort()).toEqual(
      ['client_id', 'client_secret', 'code', 'grant_type', 'redirect_uri'].sort(),
    );
    expect(Object.keys(profile!.query).sort()).toEqual([
      'access_token',
      'appsecret_proof',
      'fields',
    ]);
    expect(profile?.query['fields']).toBe('id,name,email,picture');
  });
});

describe('an account with the same e-mail', () => {
  /** The handle that a sign-in without a link ends with. */
  async function aHandle(person: FacebookPerson): Promise<string> {
    const response = await signIn(person);
    expectFailurePage(response, 409, 'link_required');
    return posted(response).message['handle'] as string;
  }

  it('is not taken over: its password links it, and the next sign-in needs none', async () => {
    const { person, userId } = await aNamesake();
    const handle = await aHandle(person);
    expect(handle).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await sessionsOf(userId)).toHaveLength(1);
    expect((await users.findById(userId).lean())?.facebookId).toBeUndefined();
    expect(JSON.stringify(await links.find().hint({ _id: 1 }).lean())).not.toContain(handle);

    const response = await link({ handle, password: PASSWORD }).expect(200);
    expect(response.body.data.user).toMatchObject({ id: userId });
    await me(asHeader(response)).expect(200);
    const next = await me(asHeader(await signIn(person))).expect(200);
    expect(next.body.data.id).toBe(userId);
  });

  it('hands the handle to the app in the fragment when it goes there', async () => {
    const { person } = await aNamesake();
    const { headers } = await signIn(person, `${APP_ORIGIN}/auth/callback?a=1#old`);
    expect(headers['location']).toMatch(
      /^http:\/\/app\.example\/auth\/callback\?a=1#error=link_required&handle=[A-Za-z0-9_-]{43}$/,
    );
  });

  it('is not linked, and nobody is let in, by a password that is changed at that moment', async () => {
    for (let round = 0; round < 6; round++) {
      const { person, userId, token } = await aNamesake();
      const handle = await aHandle(person);
      const change = app.request
        .put('/api/auth/password')
        .set('Authorization', `Bearer ${token}`)
        .send({ currentPassword: PASSWORD, password: 'quite another pass phrase' });
      const late = new Promise((resolve) => setTimeout(resolve, round * 12)).then(() =>
        link({ handle, password: PASSWORD }),
      );
      const [changed, linked] = await Promise.all([change, late]);
      expect(changed.status).toBe(200);
      const { facebookId } = (await users.findById(userId).lean())!;
      expect(facebookId).toBe(linked.status === 200 ? person.id : undefined);
      await app.request
        .get('/api/auth/me')
        .set('Authorization', `Bearer ${linked.body.data?.token}`)
        .expect(401);
    }
  });

  it('takes the link back, and lets nobody in, when the password is changed right after it', async () => {
    const { person, userId, token } = await aNamesake();
    const handle = await aHandle(person);
    const updateOne = users.updateOne.bind(users);
    const linking = vi.spyOn(users, 'updateOne').mockImplementationOnce((async (
      ...write: Parameters<typeof updateOne>
    ) => {
      const linked = await updateOne(...write);
      await app.request
        .put('/api/auth/password')
        .set('Authorization', `Bearer ${token}`)
        .send({ currentPassword: PASSWORD, password: 'quite another pass phrase' })
        .expect(200);
      return linked;
    }) as never);
    const { body } = await link({ handle, password: PASSWORD }).expect(401);
    linking.mockRestore();
    expect(body.code).toBe('invalid_credentials');
    expect((await users.findById(userId).lean())?.facebookId).toBeUndefined();
    // That of the change stays; that of the link is there, and ended.
    const opened = await sessionsOf(userId);
    expect(opened.map(({ revokedAt }) => (revokedAt ? 'ended' : 'live')).sort()).toEqual([
      'ended',
      'live',
    ]);
  });

  it('bears five wrong passwords, then the handle is over', async () => {
    const { person, userId } = await aNamesake();
    const handle = await aHandle(person);
    for (let turn = 0; turn < 4; turn++) {
      const { body } = await link({ handle, password: 'wrong' }).expect(401);
      expect(body.code).toBe('invalid_credentials');
    }
    const patient = await aHandle(person);
    await link({ handle: patient, password: 'wrong' }).expect(401);
    await link({ handle, password: 'wrong' }).expect(401);
    const { body } = await link({ handle, password: PASSWORD }).expect(400);
    expect(body.code).toBe('invalid_token');
    expect((await users.findById(userId).lean())?.facebookId).toBeUndefined();
    await link({ handle: patient, password: PASSWORD }).expect(200);
  });

  it('checks no more than five of many passwords at once', async () => {
    const { person } = await aNamesake();
    const handle = await aHandle(person);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => link({ handle, password: 'wrong' })),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(5);
  });

  it('takes a handle once, also twice at once', async () => {
    const { person, userId } = await aNamesake();
    const handle = await aHandle(person);
    const body = { handle, password: PASSWORD };
    const answers = await Promise.all([link(body), link(body), link(body)]);
    expect(answers.map(({ status }) => String(status)).sort()).toEqual(['200', '400', '400']);
    expect(await sessionsOf(userId)).toHaveLength(2);
    expect((await link(body).expect(400)).body.code).toBe('invalid_token');
  });

  it('refuses a handle that is unknown (400) or too old (400)', async () => {
    const { person } = await aNamesake();
    const handle = await aHandle(person);
    await link({ handle: 'A'.repeat(43), password: PASSWORD }).expect(400);
    const old = { $set: { expiresAt: new Date(Date.now() - 1) } };
    await links.updateMany({ expiresAt: { $gt: new Date() } }, old);
    expect((await link({ handle, password: PASSWORD }).expect(400)).body.code).toBe(
      'invalid_token',
    );
  });

  it('is linked to one Facebook account only', async () => {
    const { person } = await aNamesake();
    const handles = [await aHandle(person), await aHandle({ ...person, id: aPerson().id })];
    await link({ handle: handles[0], password: PASSWORD }).expect(200);
    const { body } = await link({ handle: handles[1], password: PASSWORD }).expect(409);
    expect(body.code).toBe('conflict');
    const stranger = await signIn({ ...person, id: aPerson().id });
    expectFailurePage(stranger, 409, 'already_linked');
  });

  it('does not link a Facebook account that another account has', async () => {
    const [one, two] = [await aNamesake(), await aNamesake()];
    const first = await aHandle(one.person);
    const second = await aHandle({ ...two.person, id: one.person.id });
    await link({ handle: first, password: PASSWORD }).expect(200);
    await link({ handle: second, password: PASSWORD }).expect(409);
    expect((await users.findById(two.userId).lean())?.facebookId).toBeUndefined();
  });

  it('stays shut when it was disabled', async () => {
    const { person, userId } = await aNamesake();
    const handle = await aHandle(person);
    await users.updateOne({ _id: userId }, { $set: { disabledAt: new Date() } });
    await link({ handle, password: PASSWORD }).expect(401);
    expectFailurePage(await signIn(person), 403, 'account_disabled');
  });
});

describe('without the variables', () => {
  it('is not offered, and says what is missing (503)', async () => {
    const bare = await createTestApp({ FACEBOOK_APP_ID: '1234567890' });
    for (const path of [START, CALLBACK]) {
      const { body } = await bare.request.get(path).expect(503);
      expect(body.code).toBe('provider_not_configured');
      expect(body.error).toContain('set FACEBOOK_APP_ID and FACEBOOK_APP_SECRET');
    }
    await bare.close();
  });
});

describe('in production', () => {
  it('keeps the mark to this host and to HTTPS', async () => {
    const production = await createTestApp({
      ...facebook.variables,
      NODE_ENV: 'production',
      RATE_LIMITS: 'on',
      PUBLIC_URL: 'https://api.example',
      APP_URL: 'https://app.example',
    });
    const out = await production.request.get(START).expect(302);
    expect(setCookies(out)[0]).toMatch(/^__Host-facebook_sign_in=.*; Path=\/; .*; Secure/);
    expect(setCookies(out)[0]).toContain('HttpOnly; Secure; SameSite=Lax');
    const query = facebook.agree(out.headers['location']!, aPerson());
    const back = await production.request.get(CALLBACK).query(query).set('Cookie', asHeader(out));
    expect(back.status).toBe(200);
    expect(posted(back).to).toBe('https://app.example');
    expect(asHeader(back)).toContain('__Host-access_token=');
    // The other app of this process is itself still.
    const { dialogUrl } = await setOut();
    expect(new URL(dialogUrl).searchParams.get('redirect_uri')).toBe(`${PUBLIC_URL}${CALLBACK}`);
    expect((await signIn(aPerson())).status).toBe(200);
    await production.close();
  });
});
