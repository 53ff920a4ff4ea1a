import { hash } from '@node-rs/argon2';
import { getModelToken } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AccountToken, type AccountTokenPurpose } from '../src/auth/account-token.schema.js';
import { User } from '../src/users/user.schema.js';
import { UsersService } from '../src/users/users.service.js';
import { SmtpServer } from './providers/smtp.server.js';
import { createTestApp, type TestApp } from './support/app.js';
import { anAccount, PASSWORD } from './support/bodies.js';
import { eventually } from './support/eventually.js';

let smtp: SmtpServer;
let app: TestApp;
let users: Model<User>;
let tokens: Model<AccountToken>;

beforeAll(async () => {
  smtp = await SmtpServer.start();
  app = await createTestApp({ SMTP_URL: smtp.url, MAIL_FROM: 'Cliick <shop@example.com>' });
  users = app.nest.get<Model<User>>(getModelToken(User.name), { strict: false });
  tokens = app.nest.get<Model<AccountToken>>(getModelToken(AccountToken.name), { strict: false });
});

afterAll(async () => {
  await app.close();
  await smtp.stop();
});

const NEW_PASSWORD = 'quite another pass phrase';
const post = (path: string, body: object) => app.request.post(`/api/auth/${path}`).send(body);
const login = (email: string, password: string) => post('login', { email, password });

async function anUser() {
  const account = anAccount();
  const { body } = await post('register', account).expect(201);
  return { ...account, id: body.data.user.id as string, token: body.data.token as string };
}

/** The token of the newest link of `kind` that was mailed to `email`. */
function mailedToken(kind: 'reset-password' | 'verify-email', email: string): Promise<string> {
  return eventually(() => {
    const mail = smtp.mails.findLast(
      ({ to, data }) => to[0]?.includes(email) && data.includes(kind),
    );
    // Long lines are folded with "=" at their end (RFC 2045, quoted-printable).
    const text = mail?.data.replaceAll('=\n', '').replaceAll('=3D', '=') ?? '';
    const [, token] =
      new RegExp(`http://app.example/${kind}\\?token=([\\w-]{43})`).exec(text) ?? [];
    if (!token) throw new Error(`no ${kind} mail for ${email}`);
    return token;
  });
}

async function askForReset(email: string): Promise<string> {
  await post('password/forgot', { email }).expect(200);
  return mailedToken('reset-password', email);
}

describe('a forgotten password', () => {
  it('is set anew once by the link, which ends every session', async () => {
    const { email, token } = await anUser();
    const reset = await askForReset(email.toUpperCase().toLowerCase());
    await post('password/reset', { token: reset, password: NEW_PASSWORD }).expect(200);
    await login(email, PASSWORD).expect(401);
    const { body } = await login(email, NEW_PASSWORD).expect(200);
    expect(body.data.user.emailVerified).toBe(true);
    await app.request.get('/api/auth/me').set('Authorization', `Bearer ${token}`).expect(401);
    const again = await post('password/reset', { token: reset, password: PASSWORD }).expect(400);
    expect(again.body.code).toBe('invalid_token');
  });

  it('is set by one of ten that use the link at once', async () => {
    const { email } = await anUser();
    const token = await askForReset(email);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => post('password/reset', { token, password: NEW_PASSWORD })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(9);
  });

  it('is not set by a forged, an old or a replaced link, nor by one for something else', async () => {
    const { email, id } = await anUser();
    const replaced = await askForReset(email);
    const expiresAt = new Date(Date.now() - 1);
    await tokens.updateOne({ userId: id, purpose: 'password_reset' }, { $set: { expiresAt } });
    const bad = [replaced, 'A'.repeat(43), '', await mailedToken('verify-email', email)];
    for (const token of bad) {
      const { body } = await post('password/reset', { token, password: NEW_PASSWORD });
      expect(body.code).toBe('invalid_token');
    }
    await login(email, PASSWORD).expect(200);
  });

  it('keeps only a hash of the link', async () => {
    const { email, id } = await anUser();
    const token = await askForReset(email);
    const stored = await tokens.findOne({ userId: id, purpose: 'password_reset' }).lean();
    expect(JSON.stringify(stored)).not.toContain(token);
    expect(JSON.stringify(app.logs)).not.toContain(token);
  });

  it('is set within half an hour, and an address confirmed within a day', async () => {
    const { email, id } = await anUser();
    await mailedToken('verify-email', email);
    await askForReset(email);
    const minutesOf = async (purpose: AccountTokenPurpose): Promise<number> => {
      const { expiresAt } = (await tokens.findOne({ userId: id, purpose }).lean())!;
      return (expiresAt.getTime() - Date.now()) / 60_000;
    };
    const [reset, verification] = [
      await minutesOf('password_reset'),
      await minutesOf('email_verification'),
    ];
    expect(reset).toBeLessThanOrEqual(30);
    expect(reset).toBeGreaterThan(25);
    expect(verification).toBeLessThanOrEqual(24 * 60);
    expect(verification).toBeGreaterThan(23 * 60);
  });

  it('answers the same for an address nobody has or a disabled account, and writes to neither', async () => {
    const before = smtp.mails.length;
    const [known, disabled] = [await anUser(), await anUser()];
    await users.updateOne({ _id: disabled.id }, { $set: { disabledAt: new Date() } });
    const forgot = (email: string) => post('password/forgot', { email }).expect(200);
    const others = [await forgot('nobody@example.com'), await forgot(disabled.email)];
    const one = await forgot(known.email);
    for (const { body } of others) expect(body).toEqual(one.body);
    await mailedToken('reset-password', known.email);
    const mails = smtp.mails.slice(before).filter(({ data }) => data.includes('reset-password'));
    expect(mails.map(({ to }) => to)).toEqual([[expect.stringContaining(known.email)]]);
  });

  it('is refused when it is the username, which does not cost the link', async () => {
    const { email, username } = await anUser();
    const token = await askForReset(email);
    const { body } = await post('password/reset', { token, password: username }).expect(400);
    expect(body.details[0]).toMatchObject({ field: 'password' });
    await post('password/reset', { token, password: NEW_PASSWORD }).expect(200);
  });

  it('is not set for a disabled account by a link from before', async () => {
    const { email, id } = await anUser();
    const token = await askForReset(email);
    await users.updateOne({ _id: id }, { $set: { disabledAt: new Date() } });
    await post('password/reset', { token, password: NEW_PASSWORD }).expect(400);
  });

  it('ends the sign-ins that were on their way with the old one', async () => {
    const { email } = await anUser();
    const token = await askForReset(email);
    const [reset, ...logins] = await Promise.all([
      post('password/reset', { token, password: NEW_PASSWORD }),
      ...Array.from({ length: 8 }, () => login(email, PASSWORD)),
    ]);
    expect(reset.status).toBe(200);
    for (const { body } of logins) {
      await app.request
        .get('/api/auth/me')
        .set('Authorization', `Bearer ${body.data?.token}`)
        .expect(401);
    }
  });

  it('leaves no sign-in alive on an account that was disabled at that moment', async () => {
    const { email, id } = await anUser();
    const administrator = await anUser();
    await users.updateOne({ _id: administrator.id }, { $set: { role: 'admin' } });
    const logins = Array.from({ length: 20 }, async (_, turn) => {
      await new Promise((resolve) => setTimeout(resolve, turn * 6));
      return login(email, PASSWORD);
    });
    const disable = app.request
      .put(`/api/auth/users/${id}/disabled`)
      .set('Authorization', `Bearer ${administrator.token}`)
      .send({ disabled: true })
      .expect(200);
    const [, ...answers] = await Promise.all([disable, ...logins]);
    for (const { body } of answers) {
      await app.request
        .get('/api/auth/me')
        .set('Authorization', `Bearer ${body.data?.token}`)
        .expect(401);
    }
  });

  it('answers at once while the mail server hangs, and the stop does not hang with it', async () => {
    const silent = await SmtpServer.start();
    silent.hangs = true;
    const local = await createTestApp({ SMTP_URL: silent.url });
    const account = anAccount();
    const startedAt = Date.now();
    await local.request.post('/api/auth/register').send(account).expect(201);
    const { email } = account;
    await local.request.post('/api/auth/password/forgot').send({ email }).expect(200);
    expect(Date.now() - startedAt).toBeLessThan(2_000);
    await eventually(() => expect(silent.connections).toBe(2));
    await local.close();
    expect(Date.now() - startedAt).toBeLessThan(9_000);
    expect(local.logs).toContainEqual(
      expect.objectContaining({ msg: 'stopped before all mails were sent', lost: 2 }),
    );
    await silent.stop();
  });

  it('is answered the same when the mail is refused, and the log does not quote the link', async () => {
    const picky = await SmtpServer.start();
    picky.quotes = true;
    const local = await createTestApp({ SMTP_URL: picky.url });
    const account = anAccount();
    await local.request.post('/api/auth/register').send(account).expect(201);
    const { email } = account;
    await local.request.post('/api/auth/password/forgot').send({ email }).expect(200);
    await eventually(() => {
      const refused = local.logs.filter(({ responseCode }) => responseCode === 554);
      expect(refused.map(({ msg }) => msg)).toEqual(['mail not sent', 'mail not sent']);
    });
    expect(JSON.stringify(local.logs)).not.toMatch(/token=|app\.example/);
    await local.close();
    await picky.stop();
  });

  it('cannot be mailed in production without a mail server (503), whoever asks', async () => {
    const silent = await createTestApp({
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://api.example',
      RATE_LIMITS: 'on',
    });
    for (const email of ['nobody@example.com', 'somebody@example.com']) {
      const { body } = await silent.request
        .post('/api/auth/password/forgot')
        .send({ email })
        .expect(503);
      expect(body.code).toBe('mail_not_configured');
    }
    const { body } = await silent.request.post('/api/auth/register').send(anAccount()).expect(201);
    const refused = await silent.request
      .post('/api/auth/email/verify/request')
      .set('Authorization', `Bearer ${body.data.token}`)
      .expect(503);
    expect(refused.body.code).toBe('mail_not_configured');
    await silent.close();
  });

  it('is written to the log in development', async () => {
    const local = await createTestApp();
    const account = anAccount();
    await local.request.post('/api/auth/register').send(account).expect(201);
    const { email } = account;
    await local.request.post('/api/auth/password/forgot').send({ email }).expect(200);
    await eventually(() => {
      const line = local.logs.find(({ to }) => to === email);
      expect(line?.['text']).toContain('http://app.example/reset-password?token=');
    });
    await local.close();
  });
});

describe('a change of the password', () => {
  it('asks for the old one, and ends the other sessions but not this', async () => {
    const { email, token } = await anUser();
    const other = await login(email, PASSWORD).expect(200);
    const change = (currentPassword: string) =>
      app.request
        .put('/api/auth/password')
        .set('Authorization', `Bearer ${token}`)
        .send({ currentPassword, password: NEW_PASSWORD });
    expect((await change('not this one').expect(401)).body.code).toBe('invalid_credentials');
    await login(email, PASSWORD).expect(200);
    await change(PASSWORD).expect(200);
    const me = (bearer: string) =>
      app.request.get('/api/auth/me').set('Authorization', `Bearer ${bearer}`);
    await me(token).expect(200);
    await me(other.body.data.token).expect(401);
    await login(email, NEW_PASSWORD).expect(200);
  });

  it('lets no sign-in with the old one outlive it, whenever that came', async () => {
    const { email, token } = await anUser();
    const change = () =>
      app.request
        .put('/api/auth/password')
        .set('Authorization', `Bearer ${token}`)
        .send({ currentPassword: PASSWORD, password: NEW_PASSWORD })
        .expect(200);
    const logins = Array.from({ length: 20 }, async (_, turn) => {
      await new Promise((resolve) => setTimeout(resolve, turn * 6));
      return login(email, PASSWORD);
    });
    const [, ...answers] = await Promise.all([change(), ...logins]);
    const tokens = answers.flatMap(({ body }) => (body.success ? [body.data.token as string] : []));
    for (const old of tokens) {
      await app.request.get('/api/auth/me').set('Authorization', `Bearer ${old}`).expect(401);
    }
    await app.request.get('/api/auth/me').set('Authorization', `Bearer ${token}`).expect(200);
  });

  it('withdraws a link that was mailed before', async () => {
    const { email, token } = await anUser();
    const reset = await askForReset(email);
    await app.request
      .put('/api/auth/password')
      .set('Authorization', `Bearer ${token}`)
      .send({ currentPassword: PASSWORD, password: NEW_PASSWORD })
      .expect(200);
    await post('password/reset', { token: reset, password: PASSWORD }).expect(400);
  });
});

describe('password hashes', () => {
  it('are argon2id with at least 19 MiB and two passes, and old ones are made anew at a login', async () => {
    const { email, id } = await anUser();
    const stored = async () => (await users.findById(id).lean())!.passwordHash!;
    expect(await stored()).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    const old = await hash(PASSWORD, { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
    await users.updateOne({ _id: id }, { $set: { passwordHash: old } });
    await login(email, 'not this one').expect(401);
    expect(await stored()).toBe(old);
    await login(email, PASSWORD).expect(200);
    expect(await stored()).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it('are not made anew from an old password while another is set', async () => {
    const { email, id } = await anUser();
    const token = await askForReset(email);
    const old = await hash(PASSWORD, { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
    await users.updateOne({ _id: id }, { $set: { passwordHash: old } });
    const service = app.nest.get(UsersService, { strict: false });
    const renew = service.renewPasswordHash.bind(service);
    const renewal = vi
      .spyOn(service, 'renewPasswordHash')
      .mockImplementationOnce(async (...given) => {
        await post('password/reset', { token, password: NEW_PASSWORD }).expect(200);
        await renew(...given);
      });
    await login(email, PASSWORD).expect(401);
    expect(renewal).toHaveBeenCalledTimes(1);
    await login(email, PASSWORD).expect(401);
    await login(email, NEW_PASSWORD).expect(200);
  });

  it('are made anew once by logins at once, and each of them is let in', async () => {
    const { email, id } = await anUser();
    const old = await hash(PASSWORD, { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
    await users.updateOne({ _id: id }, { $set: { passwordHash: old } });
    const logins = Array.from({ length: 6 }, () => login(email, PASSWORD).expect(200));
    await Promise.all(logins);
  });

  it.each(['password1', 'QWERTYUIOP'])('are not made of %s (400)', async (password) => {
    const { body } = await post('register', anAccount({ password })).expect(400);
    expect(body.details[0]).toMatchObject({ field: 'password' });
  });

  it('take as long to check for an address nobody has', async () => {
    const { email } = await anUser();
    const time = async (address: string): Promise<number> => {
      const startedAt = performance.now();
      await login(address, 'not this one').expect(401);
      return performance.now() - startedAt;
    };
    const known: number[] = [];
    const unknown: number[] = [];
    for (let round = 0; round < 8; round++) {
      known.push(await time(email));
      unknown.push(await time('nobody@example.com'));
    }
    const [fastest, other] = [Math.min(...known), Math.min(...unknown)];
    expect(other / fastest).toBeGreaterThan(0.4);
  });
});

describe('an e-mail address', () => {
  it('is confirmed by the link that the registration sends, once', async () => {
    const { email, token } = await anUser();
    const me = () => app.request.get('/api/auth/me').set('Authorization', `Bearer ${token}`);
    expect((await me()).body.data.emailVerified).toBe(false);
    const link = await mailedToken('verify-email', email);
    await post('email/verify', { token: link }).expect(200);
    expect((await me()).body.data.emailVerified).toBe(true);
    await post('email/verify', { token: link }).expect(400);
  });

  it('gets another link on request, which replaces the first', async () => {
    const { email, token } = await anUser();
    const first = await mailedToken('verify-email', email);
    const sent = smtp.mails.length;
    await app.request
      .post('/api/auth/email/verify/request')
      .set('Authorization', `Bearer ${token}`)
      .expect(200);
    await eventually(() => expect(smtp.mails.length).toBeGreaterThan(sent));
    await post('email/verify', { token: first }).expect(400);
    const second = await mailedToken('verify-email', email);
    await post('email/verify', { token: second }).expect(200);
  });
});
