import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SmtpServer } from './providers/smtp.server.js';
import { type Actor, aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { anAccount, aShopBody } from './support/bodies.js';
import { eventually } from './support/eventually.js';

const PAUSE_SECONDS = 120;
const HOUR_SECONDS = 3_600;
const MAX_OPEN = 100;

let smtp: SmtpServer;
let app: TestApp;

beforeAll(async () => {
  smtp = await SmtpServer.start();
  app = await createTestApp({ SMTP_URL: smtp.url, RATE_LIMITS: 'on' });
});

afterAll(async () => {
  await app.close();
  await smtp.stop();
});

let numbers = 0;
const anEmail = (): string => `limited-${++numbers}@example.com`;
const mailsTo = (email: string) => smtp.mails.filter(({ to }) => to.includes(`<${email}>`));

const invite = (by: Actor, { path }: Pick<ShopWorld, 'path'>, email: string) =>
  by.post(`${path}/team`, { email, role: 'agent' });

async function anotherShop(owner: Actor): Promise<{ path: string }> {
  const { body } = await owner.post('/api/shops', aShopBody()).expect(201);
  return { path: `/api/shops/${body.data.id}` };
}

async function expectRefused(request: ReturnType<Actor['post']>, atMost: number): Promise<number> {
  const { body, headers } = await request.expect(429);
  expect(body.code).toBe('rate_limited');
  const seconds = Number(headers['retry-after']);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(atMost);
  return seconds;
}

describe('invitations', () => {
  it('go to an address from one shop once in two minutes, however it is written', async () => {
    const shop = await aShop(app);
    const email = anEmail();
    const first = await invite(shop.owner, shop, email).expect(201);
    await expectRefused(invite(shop.owner, shop, email), PAUSE_SECONDS);
    await expectRefused(invite(shop.admin, shop, ` ${email.toUpperCase()}`), PAUSE_SECONDS);
    const withdrawn = `${shop.path}/team/invitations/${first.body.data.invitation.id}`;
    await shop.owner.delete(withdrawn).expect(200);
    await expectRefused(invite(shop.owner, shop, email), PAUSE_SECONDS);
    expect(mailsTo(email)).toHaveLength(1);
    await invite(shop.owner, shop, anEmail()).expect(201);
    await invite(shop.owner, await anotherShop(shop.owner), email).expect(201);
  });

  it('at the same time are one mail', async () => {
    const shop = await aShop(app);
    const email = anEmail();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => invite(shop.owner, shop, email)),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(9);
    expect(mailsTo(email)).toHaveLength(1);
  });

  it('go to an address from all shops together five times an hour', async () => {
    const { owner } = await aShop(app);
    const { owner: rival } = await aShop(app);
    const email = anEmail();
    for (let count = 0; count < 5; count++) {
      const by = count % 2 ? owner : rival;
      await invite(by, await anotherShop(by), email).expect(201);
    }
    const shop = await anotherShop(owner);
    const seconds = await expectRefused(invite(owner, shop, email), HOUR_SECONDS);
    expect(seconds).toBeGreaterThan(PAUSE_SECONDS);
    await expectRefused(invite(rival, await anotherShop(rival), email), HOUR_SECONDS);
    expect(mailsTo(email)).toHaveLength(5);
    await invite(owner, shop, anEmail()).expect(201);
  });

  it('go out from one person fifty times an hour, over all their shops', async () => {
    const shop = await aShop(app);
    const other = await anotherShop(shop.owner);
    for (let count = 0; count < 50; count++) {
      await invite(shop.owner, count % 2 ? shop : other, anEmail()).expect(201);
    }
    const email = anEmail();
    await expectRefused(invite(shop.owner, shop, email), HOUR_SECONDS);
    // What was refused counts at no other limit.
    await invite(shop.admin, shop, email).expect(201);
    const { username } = shop.outsider;
    await shop.owner.post(`${shop.path}/team`, { username, role: 'agent' }).expect(201);
  });

  it('that the mail server refuses count for nothing', async () => {
    const shop = await aShop(app);
    const email = anEmail();
    smtp.quotes = true;
    for (let count = 0; count < 8; count++) await invite(shop.owner, shop, email).expect(502);
    smtp.quotes = false;
    const { body } = await shop.owner.get(`${shop.path}/team`).expect(200);
    expect(body.data.invitations).toEqual([]);
    await invite(shop.owner, shop, email).expect(201);
  });
});

describe('open invitations', () => {
  let unlimited: TestApp;

  beforeAll(async () => {
    unlimited = await createTestApp({ SMTP_URL: smtp.url });
  });

  afterAll(() => unlimited.close());

  const countOpen = async ({ owner, path }: ShopWorld): Promise<number> => {
    const { body } = await owner.get(`${path}/team`).expect(200);
    return (body.data.invitations as unknown[]).length;
  };

  it('are at most a hundred, also of many at once, and none of those refused is mailed', async () => {
    const shop = await aShop(unlimited);
    const first = anEmail();
    await invite(shop.owner, shop, first).expect(201);
    for (let count = 1; count < MAX_OPEN - 5; count++) {
      await invite(shop.owner, shop, anEmail()).expect(201);
    }
    const emails = Array.from({ length: 25 }, anEmail);
    const answers = await Promise.all(emails.map((email) => invite(shop.owner, shop, email)));
    const refused = emails.filter((_, index) => answers[index]!.status === 409);
    const taken = answers.filter(({ status }) => status === 201).length;
    expect(taken).toBeLessThanOrEqual(5);
    expect(refused).toHaveLength(25 - taken);
    const stored = unlimited.connection.db!.collection('invitations');
    expect(await stored.estimatedDocumentCount()).toBe(MAX_OPEN - 5 + taken);
    expect(refused.flatMap(mailsTo)).toEqual([]);

    for (let count = taken; count < 5; count++) {
      await invite(shop.owner, shop, anEmail()).expect(201);
    }
    const { body } = await invite(shop.owner, shop, anEmail()).expect(409);
    expect(body.error).toContain('100 open invitations');
    expect(await countOpen(shop)).toBe(MAX_OPEN);
    // Who has one already needs no further place.
    await invite(shop.owner, shop, first).expect(201);
    expect(await countOpen(shop)).toBe(MAX_OPEN);
  });

  it('stay good when the next mail to their address is refused', async () => {
    const shop = await aShop(unlimited);
    const account = anAccount();
    await invite(shop.owner, shop, account.email).expect(201);
    const token = await eventually(() => {
      const text = mailsTo(account.email)[0]?.data.replaceAll('=\n', '').replaceAll('=3D', '=');
      const [, found] = /invitations\?token=([\w-]{43})/.exec(text ?? '') ?? [];
      if (!found) throw new Error('no invitation was mailed');
      return found;
    });
    smtp.quotes = true;
    await invite(shop.owner, shop, account.email).expect(502);
    smtp.quotes = false;
    const { body } = await unlimited.request.post('/api/auth/register').send(account).expect(201);
    await unlimited.request
      .post('/api/invitations/accept')
      .set('Authorization', `Bearer ${body.data.token}`)
      .send({ token })
      .expect(200);
  });
});
