import { Types } from 'mongoose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TeamService } from '../src/shops/team.service.js';
import { SmtpServer } from './providers/smtp.server.js';
import { type Actor, aShop, aUser, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { anAccount } from './support/bodies.js';
import { eventually } from './support/eventually.js';

let app: TestApp;
let shop: ShopWorld;

beforeAll(async () => {
  app = await createTestApp();
  shop = await aShop(app);
});

afterAll(() => app.close());

async function rolesOf({ owner, path }: ShopWorld): Promise<Record<string, string>> {
  const { body } = await owner.get(`${path}/team`).expect(200);
  const members = body.data.members as { userId: string; role: string }[];
  return Object.fromEntries(members.map(({ userId, role }) => [userId, role]));
}

async function aMember({ owner, path }: ShopWorld, role: string): Promise<Actor> {
  const person = await aUser(app);
  await owner.post(`${path}/team`, { username: person.username, role }).expect(201);
  return person;
}

/** The token of the last link sent to `email`. */
function tokenFor(email: string): Promise<string> {
  return eventually(() => {
    const line = app.logs.findLast((one) => JSON.stringify(one).includes(`"${email}"`));
    const [, token] = /invitations\?token=([\w-]+)/.exec(JSON.stringify(line ?? {})) ?? [];
    if (!token) throw new Error(`no link for ${email}`);
    return token;
  });
}

async function register(email: string): Promise<(token: string) => ReturnType<Actor['post']>> {
  const { body } = await app.request.post('/api/auth/register').send(anAccount({ email }));
  return (token) =>
    app.request
      .post('/api/invitations/accept')
      .set('Authorization', `Bearer ${body.data.token}`)
      .send({ token });
}

let numbers = 0;
const anEmail = (): string => `invited-${++numbers}@example.com`;

describe('the team', () => {
  it('is listed with names for every member, and with invitations for who may invite', async () => {
    const email = anEmail();
    await shop.owner.post(`${shop.path}/team`, { email, role: 'agent' }).expect(201);
    const seen = await shop.agent.get(`${shop.path}/team`).expect(200);
    expect(seen.body.data.members).toContainEqual({
      userId: shop.manager.userId,
      username: shop.manager.username,
      role: 'manager',
      addedAt: expect.any(String),
    });
    expect(seen.body.data.invitations).toBeUndefined();
    const managed = await shop.admin.get(`${shop.path}/team`).expect(200);
    expect(managed.body.data.invitations).toContainEqual(
      expect.objectContaining({ email, role: 'agent', invitedBy: shop.owner.userId }),
    );
  });

  it.each([
    ['Support Agent', 'agent'],
    ['order manager', 'manager'],
    ['ADMIN', 'admin'],
    [' manager ', 'manager'],
  ])('takes the word %j for the role %s', async (word, role) => {
    const person = await aUser(app);
    const { body } = await shop.owner
      .post(`${shop.path}/team`, { username: person.username.toUpperCase(), role: word })
      .expect(201);
    expect(body.data.member).toMatchObject({ userId: person.userId, role });
    await shop.owner.delete(`${shop.path}/team/${person.userId}`).expect(200);
  });

  it('adds who has an account by e-mail too, once (409)', async () => {
    const account = anAccount();
    await app.request.post('/api/auth/register').send(account).expect(201);
    const send = () =>
      shop.admin.post(`${shop.path}/team`, { email: account.email.toUpperCase(), role: 'agent' });
    const answers = await Promise.all([send(), send(), send()]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409]);
  });

  it.each([
    [{ role: 'agent' }, 400],
    [{ username: 'nobody-here', role: 'agent' }, 404],
    [{ email: 'not an address', role: 'agent' }, 400],
    [{ username: 'nobody-here', role: 'boss' }, 400],
    [{ username: 'nobody-here', role: 'constructor' }, 400],
  ])('refuses %j (%d)', async (body, status) => {
    await shop.owner.post(`${shop.path}/team`, body).expect(status);
  });

  it('lets an admin manage roles up to manager, and no more (403)', async () => {
    const agent = await aMember(shop, 'agent');
    const otherAdmin = await aMember(shop, 'admin');
    const person = await aUser(app);
    const { admin, path } = shop;
    await admin.put(`${path}/team/${agent.userId}`, { role: 'manager' }).expect(200);
    await admin.put(`${path}/team/${agent.userId}`, { role: 'admin' }).expect(403);
    await admin.put(`${path}/team/${otherAdmin.userId}`, { role: 'agent' }).expect(403);
    await admin.delete(`${path}/team/${otherAdmin.userId}`).expect(403);
    for (const role of ['admin', 'owner']) {
      await admin.post(`${path}/team`, { username: person.username, role }).expect(403);
      await admin.post(`${path}/team`, { email: anEmail(), role }).expect(403);
    }
    await shop.owner.put(`${path}/team/${otherAdmin.userId}`, { role: 'agent' }).expect(200);
    await admin.delete(`${path}/team/${otherAdmin.userId}`).expect(200);
    await admin.delete(`${path}/team/${otherAdmin.userId}`).expect(404);
    await admin.put(`${path}/team/${otherAdmin.userId}`, { role: 'agent' }).expect(404);
    await shop.manager.delete(`${path}/team/${agent.userId}`).expect(403);
  });

  it('keeps its owner (409)', async () => {
    const { owner, admin, path } = shop;
    for (const answer of [
      await owner.put(`${path}/team/${owner.userId}`, { role: 'admin' }),
      await admin.put(`${path}/team/${owner.userId}`, { role: 'agent' }),
      await owner.delete(`${path}/team/${owner.userId}`),
      await admin.delete(`${path}/team/${owner.userId}`),
      await owner.post(`${path}/team/leave`),
      await owner.put(`${path}/team/${admin.userId}`, { role: 'owner' }),
    ]) {
      expect({ status: answer.status, code: answer.body.code }).toEqual({
        status: 409,
        code: 'last_owner',
      });
    }
    expect((await rolesOf(shop))[owner.userId]).toBe('owner');
  });

  it('lets every member leave, and the shop is gone for them at the next request', async () => {
    const agent = await aMember(shop, 'agent');
    await agent.post(`${shop.path}/team/leave`).expect(200);
    await agent.get(shop.path).expect(404);
    await agent.post(`${shop.path}/team/leave`).expect(404);
    const admin = await aMember(shop, 'admin');
    await admin.delete(`${shop.path}/team/${admin.userId}`).expect(200);
    await admin.get(shop.path).expect(404);
  });

  it('is transferred to a member by the owner alone', async () => {
    const world = await aShop(app);
    const { owner, admin, manager, outsider, path } = world;
    await admin.post(`${path}/transfer`, { userId: admin.userId }).expect(403);
    await owner.post(`${path}/transfer`, { userId: outsider.userId }).expect(404);
    await owner.post(`${path}/transfer`, { userId: owner.userId }).expect(409);
    await owner.post(`${path}/transfer`, { userId: manager.userId }).expect(200);
    expect(await rolesOf(world)).toMatchObject({
      [owner.userId]: 'admin',
      [manager.userId]: 'owner',
    });
    const { body } = await manager.get(path).expect(200);
    expect(body.data.ownerId).toBe(manager.userId);
    await owner.post(`${path}/team/leave`).expect(200);
  });

  it('has exactly one owner whatever happens at the same time', async () => {
    for (let round = 0; round < 5; round++) {
      const world = await aShop(app);
      const { id, owner, admin, manager, path } = world;
      const rival = await aMember(world, 'agent');
      await Promise.all([
        owner.post(`${path}/transfer`, { userId: rival.userId }),
        owner.post(`${path}/transfer`, { userId: manager.userId }),
        owner.post(`${path}/team/leave`),
        rival.post(`${path}/team/leave`),
        admin.delete(`${path}/team/${manager.userId}`),
        admin.put(`${path}/team/${rival.userId}`, { role: 'manager' }),
        owner.put(`${path}/team/${admin.userId}`, { role: 'agent' }),
      ]);
      const stored = await app.connection.db!.collection('shops').findOne({
        slug: world.slug,
      });
      const team = stored!['team'] as { userId: Types.ObjectId; role: string }[];
      const owners = team.filter(({ role }) => role === 'owner');
      expect(
        owners.map(({ userId }) => userId.toHexString()),
        id,
      ).toEqual([(stored!['ownerId'] as Types.ObjectId).toHexString()]);
    }
  });

  it('shows colleagues of all shops to each other, without addresses', async () => {
    const { body } = await shop.agent.get('/api/auth/users').expect(200);
    const people = body.data as { id: string; email?: string }[];
    expect(people.map(({ id }) => id)).toEqual(
      expect.arrayContaining([shop.owner.userId, shop.agent.userId]),
    );
    expect(people.some(({ email }) => email !== undefined)).toBe(false);
    expect(people.some(({ id }) => id === shop.outsider.userId)).toBe(false);
    const alone = await shop.outsider.get('/api/auth/users').expect(200);
    expect(alone.body.data).toEqual([]);
  });
});

describe('a role that is lost at this moment', () => {
  it('changes and removes nobody any more, though the guard has seen it (403)', async () => {
    const world = await aShop(app);
    const admin = await aMember(world, 'admin');
    const target = await aMember(world, 'agent');
    const service = app.nest.get(TeamService, { strict: false });
    // As the guard has left it, before the owner's own change.
    const actor = { shopId: world.id, userId: admin.userId, role: 'admin' } as const;
    await world.owner.put(`${world.path}/team/${admin.userId}`, { role: 'agent' }).expect(200);
    await expect(service.setRole(actor, target.userId, 'manager')).rejects.toMatchObject({
      code: 'forbidden',
      message: 'Your role no longer lets you change members: ask the owner.',
    });
    await expect(service.remove(actor, target.userId)).rejects.toMatchObject({ code: 'forbidden' });
    expect(await rolesOf(world)).toMatchObject({ [target.userId]: 'agent' });
  });
});

describe('an invitation', () => {
  it('is accepted once, by its address', async () => {
    const email = anEmail();
    await shop.admin.post(`${shop.path}/team`, { email, role: 'Order Manager' }).expect(201);
    const token = await tokenFor(email);
    const refused = await shop.outsider.post('/api/invitations/accept', { token }).expect(403);
    expect(refused.body.error).toContain('another e-mail address');
    const accept = await register(email);
    const answers = await Promise.all([accept(token), accept(token), accept(token)]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400, 400]);
    expect(answers.find(({ status }) => status === 200)!.body.data.id).toBe(shop.id);
    expect((await accept(token)).body.code).toBe('invalid_token');
    const { body } = await shop.owner.get(`${shop.path}/team`).expect(200);
    expect(body.data.invitations.some((one: { email: string }) => one.email === email)).toBe(false);
  });

  it('replaces the one before it, and counts no more when withdrawn', async () => {
    const email = anEmail();
    const invite = () => shop.owner.post(`${shop.path}/team`, { email, role: 'agent' }).expect(201);
    await invite();
    const first = await tokenFor(email);
    const { body } = await invite();
    const second = await tokenFor(email);
    expect(second).not.toBe(first);
    const accept = await register(email);
    await accept(first).expect(400);
    const path = `${shop.path}/team/invitations/${body.data.invitation.id}`;
    await shop.manager.delete(path).expect(403);
    await shop.admin.delete(path).expect(200);
    await shop.admin.delete(path).expect(404);
    await accept(second).expect(400);
  });

  it('counts no more when its sender may no longer give the role', async () => {
    const admin = await aMember(shop, 'admin');
    const email = anEmail();
    await admin.post(`${shop.path}/team`, { email, role: 'manager' }).expect(201);
    await shop.owner.put(`${shop.path}/team/${admin.userId}`, { role: 'agent' }).expect(200);
    const accept = await register(email);
    await accept(await tokenFor(email)).expect(400);
  });

  it('does not let somebody back in who joined without it and was taken out', async () => {
    const email = anEmail();
    await shop.owner.post(`${shop.path}/team`, { email, role: 'agent' }).expect(201);
    const accept = await register(email);
    const added = await shop.owner.post(`${shop.path}/team`, { email, role: 'agent' }).expect(201);
    await shop.owner.delete(`${shop.path}/team/${added.body.data.member.userId}`).expect(200);
    await accept(await tokenFor(email)).expect(400);
  });

  it('stays open while the team is full (409)', async () => {
    const world = await aShop(app);
    const email = anEmail();
    await world.owner.post(`${world.path}/team`, { email, role: 'agent' }).expect(201);
    const token = await tokenFor(email);
    const accept = await register(email);
    const shops = app.connection.db!.collection<{ team: object[] }>('shops');
    // A hundred people would take their time to register.
    const strangers = Array.from({ length: 96 }, () => ({
      userId: new Types.ObjectId(),
      role: 'agent',
      addedAt: new Date(),
    }));
    await shops.updateOne({ slug: world.slug }, { $push: { team: { $each: strangers } } });
    expect((await accept(token).expect(409)).body.error).toContain('at most 100 members');
    const one = `${world.path}/team/${strangers[0]!.userId.toHexString()}`;
    await world.owner.delete(one).expect(200);
    await accept(token).expect(200);
  });

  it('is over after its days (400)', async () => {
    const email = anEmail();
    const { body } = await shop.owner
      .post(`${shop.path}/team`, { email, role: 'agent' })
      .expect(201);
    const days = (Date.parse(body.data.invitation.expiresAt) - Date.now()) / 86_400_000;
    expect(days).toBeLessThanOrEqual(7);
    expect(days).toBeGreaterThan(6.9);
    const accept = await register(email);
    const expiresAt = new Date(Date.now() - 1);
    await app.connection
      .db!.collection('invitations')
      .updateOne(
        { shopId: Types.ObjectId.createFromHexString(shop.id), email },
        { $set: { expiresAt } },
      );
    expect((await accept(await tokenFor(email)).expect(400)).body.code).toBe('invalid_token');
  });

  it('is not kept when the mail cannot be sent', async () => {
    const production = await createTestApp({
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://api.example',
      APP_URL: 'https://app.example',
      RATE_LIMITS: 'on',
    });
    const world = await aShop(production);
    const { body } = await world.owner
      .post(`${world.path}/team`, { email: anEmail(), role: 'agent' })
      .expect(503);
    expect(body.code).toBe('mail_not_configured');
    // Somebody has registered that address, and nobody has proven it.
    const squatter = await aUser(production);
    const { email } = (await squatter.get('/api/auth/me').expect(200)).body.data;
    await world.owner.post(`${world.path}/team`, { email, role: 'admin' }).expect(503);
    await squatter.get(world.path).expect(404);
    const team = await world.owner.get(`${world.path}/team`).expect(200);
    expect(team.body.data.invitations).toEqual([]);
    await production.close();
  });
});

// Last: Nest's logger is one for the process, and goes to the newest application.
describe('an address that its account has not proven', () => {
  it('is invited where e-mail can be sent, and proven by accepting', async () => {
    const smtp = await SmtpServer.start();
    const mailing = await createTestApp({ SMTP_URL: smtp.url });
    const own = await aShop(mailing);
    const squatter = await aUser(mailing);
    const me = await squatter.get('/api/auth/me').expect(200);
    const { email } = me.body.data as { email: string };
    const { body } = await own.owner.post(`${own.path}/team`, { email, role: 'admin' }).expect(201);
    expect(body.data.member).toBeUndefined();
    expect(body.data.invitation).toMatchObject({ email, role: 'admin' });
    await squatter.get(own.path).expect(404);
    const token = await eventually(() => {
      const mail = smtp.mails.findLast(({ data }) => data.includes('invitations?token'));
      const text = mail?.data.replaceAll('=\n', '').replaceAll('=3D', '=') ?? '';
      const [, found] = /invitations\?token=([\w-]{43})/.exec(text) ?? [];
      if (!found) throw new Error('no invitation was mailed');
      return found;
    });
    await squatter.post('/api/invitations/accept', { token }).expect(200);
    await squatter.get(own.path).expect(200);
    expect((await squatter.get('/api/auth/me')).body.data.emailVerified).toBe(true);
    await mailing.close();
    await smtp.stop();
  });
});
