import { randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SMTP_PASSWORD, SmtpServer } from '../providers/smtp.server.js';
import { aShop } from '../support/actors.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { aProduct, PASSWORD } from '../support/bodies.js';
import { LeakCheck, secretsOf } from '../support/leaks.js';
import { openRawWs, openSocketIo } from '../support/sockets.js';

/** Every variable that is secret, or holds one. */
const SECRETS = {
  JWT_SECRET: 'canary-jwt-0123456789-abcdefghijkl-MNOPQR',
  ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
  FACEBOOK_APP_ID: '1234567890',
  FACEBOOK_APP_SECRET: 'canary-facebook',
  FACEBOOK_VERIFY_TOKEN: 'canary-facebook-verify',
  INSTAGRAM_APP_SECRET: 'canary-instagram',
  TIKTOK_CLIENT_SECRET: 'canary-tiktok',
  TELEGRAM_CLIENT_SECRET: 'canary-telegram',
  STRIPE_SECRET_KEY: 'sk_test_canary_stripe',
  STRIPE_WEBHOOK_SECRET: 'whsec_canary_old,whsec_canary_new',
  PAYPAL_CLIENT_SECRET: 'canary-paypal',
  VAPID_PRIVATE_KEY: 'canary-vapid-0123456789-abcdefghijklmnopqrs',
  OPERATOR_TOKEN: 'canary-operator-0123456789-abcdefghijkl',
  SMTP_URL: 'smtp://mailer:canary%2Dsmtp@127.0.0.1:1',
  REDIS_URL: 'rediss://:canary-redis@127.0.0.1:1',
  MONGODB_URI: 'mongodb+srv://shop:canary-mongo@db.example/test',
};

const PLANTED = secretsOf(SECRETS);
const jwt = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI2NzQxYzBjMCJ9.${'a'.repeat(43)}`;

/** One of each kind, with what must find it. */
const KINDS: [string, string][] = [
  ...PLANTED.map((secret, index): [string, string] => [`a variable (${index})`, secret]),
  ['the password', PASSWORD],
  ['a hash of a password', '$argon2id$v=19$m=19456,t=2,p=1$abc$def'],
  ['an access token', jwt],
  ['a refresh token', `6741c0c0a5f2d13b8c9e0002.7.${randomBytes(32).toString('base64url')}`],
  ['a link, a state, a handle', 'm3Jc0G5cQyq8vT1mM0p-6w7y_Zx2K4hN9bR5sD8fLaE'],
  ["Facebook's token", `EAA${randomBytes(40).toString('hex')}`],
  ["PayPal's token", `A21AA${randomBytes(40).toString('base64url')}`],
  ["a payer's secret", 'pi_3QOZ0c2eZvKYlo2C_secret_a1b2c3d4e5f6'],
];

const ANSWER = { body: {}, text: '', headers: {} };
/** The ways out of an application. */
const WAYS: [string, (check: LeakCheck, text: string) => void][] = [
  ['the output', (check, text) => check.output(`note: ${text}.\n`)],
  ['an answer', (check, note) => check.answer('/api/x', { ...ANSWER, body: { data: { note } } })],
  ['a list', (check, note) => check.answer('/api/x', { ...ANSWER, body: { data: [{ note }] } })],
  ['a page', (check, text) => check.answer('/x', { ...ANSWER, text: `<p>${text}</p>` })],
  ['a header', (check, text) => check.answer('/x', { ...ANSWER, headers: { link: `<${text}>` } })],
  ['a socket', (check, text) => check.frame('message:new', { message: { text } })],
];

describe('the search for secrets', () => {
  it('knows every secret variable', () => {
    // All but the app's id; of the two webhook secrets, and of the escaped password, one more.
    expect(PLANTED).toHaveLength(Object.keys(SECRETS).length - 1 + 2);
    expect(PLANTED).toEqual(
      expect.arrayContaining(['canary-smtp', 'canary-redis', 'canary-mongo']),
    );
  });

  it.each(KINDS)('finds %s whatever way it leaves', (_, secret) => {
    const missed = WAYS.filter(([, leave]) => {
      const check = new LeakCheck(PLANTED);
      leave(check, secret);
      return !fails(() => check.assertNone([]));
    });
    expect(missed.map(([way]) => way)).toEqual([]);
    expect(fails(() => new LeakCheck(PLANTED).assertNone([{ note: `at ${secret}` }]))).toBe(true);
  });

  it('leaves alone what is none, and what is handed out on purpose', () => {
    const check = new LeakCheck(PLANTED);
    const token = jwt;
    check.answer('/api/auth/login', { ...ANSWER, body: { data: { token, name: 'Su Su' } } });
    check.answer('/api/x', { ...ANSWER, headers: { 'set-cookie': `access_token=${jwt}; Path=/` } });
    check.output('GET /api/x?cursor=m3Jc0G5cQyq8vT1mM0p-6w7y_Zx2K4hN9bR5sD8fLaE 200');
    check.assertNone([{ requestId: '0b9f6d0e-6a86-4c38-9c1b-8d2f1f1e4a55' }]);
  });
});

function fails(work: () => void): boolean {
  try {
    work();
    return false;
  } catch {
    return true;
  }
}

describe('an application that leaks', () => {
  let smtp: SmtpServer;
  let app: TestApp;
  const closing = { error: '' };

  beforeAll(async () => {
    smtp = await SmtpServer.start();
    const variables = {
      JWT_SECRET: SECRETS.JWT_SECRET,
      FACEBOOK_APP_ID: SECRETS.FACEBOOK_APP_ID,
      FACEBOOK_APP_SECRET: SECRETS.FACEBOOK_APP_SECRET,
      PAYPAL_CLIENT_SECRET: SECRETS.PAYPAL_CLIENT_SECRET,
      STRIPE_WEBHOOK_SECRET: SECRETS.STRIPE_WEBHOOK_SECRET,
      SMTP_URL: smtp.url.replace(SMTP_PASSWORD, 'canary-smtp'),
    };
    app = await createTestApp(variables);
    const shop = await aShop(app);
    new Logger('test').warn({ msg: 'odd', why: SECRETS.FACEBOOK_APP_SECRET });
    process.stderr.write('canary-smtp\n');
    await app.request.get('/health/live').set('X-Request-Id', SECRETS.PAYPAL_CLIENT_SECRET);
    const doors = [
      await openSocketIo(app, { token: shop.owner.token }),
      await openRawWs(app, { token: shop.owner.token }),
    ];
    for (const door of doors) await door.ask('shop:join', { shopId: shop.id });
    const name = SECRETS.JWT_SECRET;
    await shop.owner.post(`${shop.path}/products`, aProduct({ name })).expect(201);
    const chat = { customerName: 'Su Su' };
    const { body } = await shop.owner.post(`${shop.path}/conversations`, chat).expect(201);
    const messages = `${shop.path}/conversations/${body.data.id}/messages`;
    await shop.owner.post(messages, { text: 'whsec_canary_new' }).expect(201);
    for (const door of doors) {
      await door.next('message:new');
      door.close();
    }
    closing.error = await app.close().then(
      () => '',
      (error: Error) => error.message,
    );
  });

  afterAll(() => smtp.stop());

  it.each([
    ['the log', /^log: a canary .*canary-facebook/m],
    ['the output', /^Leaked: output: a canary in canary-smtp/m],
    ['a header', /^header x-request-id of the answer of \/health\/live: a canary/m],
    ['an answer', /^answer of \/api\/shops\/\w+\/products: a canary/m],
    ['a socket', /^frame message:new: a canary/m],
  ])('is found out by %s', (_, line) => {
    expect(closing.error).toMatch(line);
  });
});
