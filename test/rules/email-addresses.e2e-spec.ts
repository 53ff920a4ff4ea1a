import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SmtpServer } from '../providers/smtp.server.js';
import { aShop, aUser, type ShopWorld } from '../support/actors.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { aForm, anAccount, aProduct } from '../support/bodies.js';
import { eventually } from '../support/eventually.js';

let smtp: SmtpServer;
let app: TestApp;
let shop: ShopWorld;
let item: { productId: string; quantity: number };
let formId: string;

beforeAll(async () => {
  smtp = await SmtpServer.start();
  app = await createTestApp({ SMTP_URL: smtp.url });
  shop = await aShop(app);
  const product = await shop.owner.post(`${shop.path}/products`, aProduct()).expect(201);
  item = { productId: product.body.data.id as string, quantity: 1 };
  const question = { id: 'mail', type: 'Email', label: 'E-mail', required: false };
  const form = await shop.owner.post(`${shop.path}/forms`, aForm({ fields: [question] }));
  formId = form.body.data.id as string;
});

afterAll(async () => {
  await app.close();
  await smtp.stop();
});

/** Every body that takes an address. */
const TAKERS: Record<string, (email: string) => PromiseLike<{ status: number; body: any }>> = {
  registration: (email) => app.request.post('/api/auth/register').send(anAccount({ email })),
  'sign-in': (email) => app.request.post('/api/auth/login').send({ email, password: 'x' }),
  'a forgotten password': (email) => app.request.post('/api/auth/password/forgot').send({ email }),
  'an invitation': (email) => shop.owner.post(`${shop.path}/team`, { email, role: 'agent' }),
  'an order': (email) =>
    shop.owner.post(`${shop.path}/orders`, { customer: { name: 'Aung', email }, items: [item] }),
  "a customer's order": (email) =>
    app.request
      .post(`/api/public/shops/${shop.slug}/forms/${formId}/submissions`)
      .send({ customer: { name: 'Aung', email }, items: [item] }),
  "a form's answer": (email) =>
    app.request
      .post(`/api/public/shops/${shop.slug}/forms/${formId}/submissions`)
      .send({ customer: { name: 'Aung' }, answers: { mail: email }, items: [item] }),
};

/** A stranger's body is refused for its size before anything is read of it. */
function refusalOf(what: string, email: string): { status: number; code: string } {
  const isStranger = what === "a customer's order" || what === "a form's answer";
  const isTooLarge = isStranger && Buffer.byteLength(email) > 128 * 1024;
  return isTooLarge
    ? { status: 413, code: 'payload_too_large' }
    : { status: 400, code: 'validation_failed' };
}

describe.each(Object.keys(TAKERS))('the address of %s', (what) => {
  it.each([
    ['another address in look-alike brackets', 'x＜me＠evil.com＞@bigcorp.com'],
    ['a list with a look-alike comma', 'victim＠good.com，me@evil.com'],
    ['a character that becomes a sentence', `${'ﷺ'.repeat(20)}@x.com`],
    ['quotes around a list', '"me@evil.com,x"@bigcorp.com'],
    ['a line break in quotes', '"a\r\nBcc: me@evil.com"@bigcorp.com'],
    ['letters beyond ASCII before the @', 'müller@example.com'],
    ['1 MB', `${'a'.repeat(900_000)}@example.com`],
  ])('is refused: %s', async (_, email) => {
    const { status, body } = await TAKERS[what]!(email);
    const refusal = refusalOf(what, email);
    const field = refusal.status === 400 ? /email|answers/ : /^$/;
    expect({ status, code: body.code }).toEqual(refusal);
    expect(body.details?.[0].field ?? '').toMatch(field);
  });

  it('is not normalised for minutes', async () => {
    const startedAt = performance.now();
    const marks = `${'\u0301'.repeat(100_000)}${'\u0323'.repeat(100_000)}@example.com`;
    expect((await TAKERS[what]!(marks)).status).toBe(refusalOf(what, marks).status);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

describe('an address', () => {
  it('is one account in all its spellings, a full-width one too', async () => {
    const account = anAccount();
    await app.request.post('/api/auth/register').send(account).expect(201);
    const wide = account.email.replace('example', 'ｅｘａｍｐｌｅ').toUpperCase();
    const { body } = await app.request
      .post('/api/auth/login')
      .send({ email: ` ${wide} `, password: account.password })
      .expect(200);
    expect(body.data.user.email).toBe(account.email);
  });

  it('is kept with an order in its normal form', async () => {
    const { body } = await shop.owner
      .post(`${shop.path}/orders`, {
        customer: { name: 'Aung', email: ' Aung＠Example.com ' },
        items: [item],
      })
      .expect(201);
    expect(JSON.stringify(body.data)).toContain('"aung@example.com"');
  });

  it('is mailed to as one recipient, even one that was kept before it was checked', async () => {
    const person = await aUser(app);
    const old = { usernameKey: person.username };
    const email = 'me@evil.com, x@bigcorp.com';
    await app.connection.db!.collection('users').updateOne(old, { $set: { email } });
    await person.post('/api/auth/email/verify/request').expect(200);
    const to = await eventually(() => {
      const mail = smtp.mails.find((one) => JSON.stringify(one.to).includes('evil.com'));
      if (!mail) throw new Error('nothing was mailed');
      return mail.to;
    });
    expect(to).toEqual(['<"me@evil.com, x"@bigcorp.com>']);
  });
});
