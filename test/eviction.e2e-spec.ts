import { Types } from 'mongoose';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ChatCustomers } from '../src/realtime/chat-customers.service.js';
import { Sweeper } from '../src/realtime/sweeper.js';
import { type Actor, aShop, aUser, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { anAccount } from './support/bodies.js';
import { type DoorClient, openRawWs, openSocketIo } from './support/sockets.js';

const ENDED = 'Your session has ended: sign in again.';

let app: TestApp;
let shop: ShopWorld;
const open: DoorClient[] = [];

beforeAll(async () => {
  app = await createTestApp();
  shop = await aShop(app);
});

afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

afterAll(() => app.close());

const DOORS = {
  'Socket.IO': {
    open: (token: string) => openSocketIo(app, { token }),
    closed: 'io server disconnect',
  },
  '/ws': { open: (token: string) => openRawWs(app, { token }), closed: `4401 ${ENDED}` },
};
type DoorName = keyof typeof DOORS;

async function connect(door: DoorName, token: string): Promise<DoorClient> {
  const client = await DOORS[door].open(token);
  open.push(client);
  return client;
}

/** Tokens of one person who signed in `count` times. */
async function tokensOfOne(count: number): Promise<string[]> {
  const account = anAccount();
  await app.request.post('/api/auth/register').send(account).expect(201);
  const signIns = Array.from({ length: count }, () =>
    app.request.post('/api/auth/login').send(account).expect(200),
  );
  return (await Promise.all(signIns)).map(({ body }) => body.data.token as string);
}

function call(method: 'get' | 'post' | 'delete', path: string, token: string) {
  return app.request[method](path).set('Authorization', `Bearer ${token}`);
}

async function sessionIdOf(token: string): Promise<string> {
  const { body } = await call('get', '/api/auth/sessions', token).expect(200);
  return body.data.find(({ current }: { current: boolean }) => current).id;
}

async function aMember(role = 'agent'): Promise<Actor> {
  const person = await aUser(app);
  await shop.owner.post(`${shop.path}/team`, { username: person.username, role }).expect(201);
  return person;
}

async function startConversation(): Promise<string> {
  const { body } = await shop.owner
    .post(`${shop.path}/conversations`, { customerName: 'Aung' })
    .expect(201);
  return body.data.id as string;
}

describe.each(Object.keys(DOORS) as DoorName[])('the door %s', (door) => {
  async function expectClosed(client: DoorClient): Promise<void> {
    expect(await client.next('session:ended')).toEqual({ reason: ENDED });
    expect(await client.closed).toBe(DOORS[door].closed);
  }

  it('closes the sockets of a session that signs out, and no other', async () => {
    const [one, two] = (await tokensOfOne(2)) as [string, string];
    const [first, second, other] = await Promise.all([
      connect(door, one),
      connect(door, one),
      connect(door, two),
    ]);
    await call('post', '/api/auth/logout', one).expect(200);
    await expectClosed(first);
    await expectClosed(second);
    expect(await other.ask('ping', {})).toMatchObject({ ok: true });
    await expect(connect(door, one)).rejects.toThrow(/unauthenticated|401/);
  });

  it('closes the sockets of a session that another device ends', async () => {
    const [phone, laptop] = (await tokensOfOne(2)) as [string, string];
    const [mine, theirs] = await Promise.all([connect(door, phone), connect(door, laptop)]);
    const id = await sessionIdOf(laptop);
    await call('delete', `/api/auth/sessions/${id}`, phone).expect(200);
    await expectClosed(theirs);
    expect(await mine.ask('ping', {})).toMatchObject({ ok: true });
  });

  it('closes the sockets of all other sessions', async () => {
    const [phone, laptop, tablet] = (await tokensOfOne(3)) as [string, string, string];
    const [mine, ...others] = await Promise.all(
      [phone, laptop, tablet].map((token) => connect(door, token)),
    );
    await call('delete', '/api/auth/sessions', phone).expect(200);
    for (const other of others) await expectClosed(other);
    expect(await mine!.ask('ping', {})).toMatchObject({ ok: true });
  });

  it('closes at its next look the sockets of a session that another process ended', async () => {
    const [token, other] = (await tokensOfOne(2)) as [string, string];
    const [client, witness] = await Promise.all([connect(door, token), connect(door, other)]);
    const _id = new Types.ObjectId(await sessionIdOf(token));
    await app.connection
      .db!.collection('sessions')
      .updateOne({ _id }, { $set: { revokedAt: new Date() } });
    await app.nest.get(Sweeper, { strict: false }).sweep(new Date());
    await expectClosed(client);
    expect(await witness.ask('ping', {})).toMatchObject({ ok: true });
  });

  it('closes a socket at the absolute end of its session', async () => {
    const [token] = (await tokensOfOne(1)) as [string];
    const client = await connect(door, token);
    await client.ask('ping', {});
    const _id = new Types.ObjectId(await sessionIdOf(token));
    await app.connection
      .db!.collection('sessions')
      .updateOne({ _id }, { $set: { expiresAt: new Date(Date.now() - 1) } });
    await app.nest.get(Sweeper, { strict: false }).sweep(new Date());
    await expectClosed(client);
  });

  it('takes out at its next look who was taken out of the team by another process', async () => {
    const member = await aMember();
    const [client, witness] = await Promise.all([
      connect(door, member.token),
      connect(door, shop.owner.token),
    ]);
    for (const one of [client, witness]) await one.ask('shop:join', { shopId: shop.id });
    await app.connection
      .db!.collection<{ team: object[] }>('shops')
      .updateOne(
        { _id: new Types.ObjectId(shop.id) },
        { $pull: { team: { userId: new Types.ObjectId(member.userId) } } },
      );
    await app.nest.get(Sweeper, { strict: false }).sweep(new Date());
    expect(await client.next('shop:left')).toMatchObject({ shopId: shop.id });
    const id = await startConversation();
    expect(await witness.next('conversation:update')).toMatchObject({ id });
    expect(client.heard('conversation:update')).toEqual([]);
    expect(witness.heard('shop:left')).toEqual([]);
  });

  it('takes out of the room who is taken out of the team, and leaves their sockets open', async () => {
    const member = await aMember();
    const [client, witness] = await Promise.all([
      connect(door, member.token),
      connect(door, shop.owner.token),
    ]);
    for (const one of [client, witness]) await one.ask('shop:join', { shopId: shop.id });
    await shop.owner.delete(`${shop.path}/team/${member.userId}`).expect(200);
    expect(await client.next('shop:left')).toEqual({
      shopId: shop.id,
      reason: expect.stringMatching(/no longer/),
    });
    const id = await startConversation();
    expect(await witness.next('conversation:update')).toMatchObject({ id });
    expect(client.heard('conversation:update')).toEqual([]);
    expect(await client.ask('shop:join', { shopId: shop.id })).toMatchObject({
      ok: false,
      code: 'not_found',
    });
  });

  it('takes out of the room who leaves the team', async () => {
    const member = await aMember();
    const client = await connect(door, member.token);
    await client.ask('shop:join', { shopId: shop.id });
    await member.post(`${shop.path}/team/leave`).expect(200);
    expect(await client.next('shop:left')).toMatchObject({ shopId: shop.id });
  });

  it('keeps in the room whose role changes, and both sides of a transfer', async () => {
    const world = await aShop(app);
    const { owner, agent, manager, path, id: shopId } = world;
    const clients = await Promise.all(
      [owner, agent, manager].map(({ token }) => connect(door, token)),
    );
    for (const client of clients) await client.ask('shop:join', { shopId });
    await owner.put(`${path}/team/${agent.userId}`, { role: 'manager' }).expect(200);
    await owner.post(`${path}/transfer`, { userId: manager.userId }).expect(200);
    const { body } = await manager
      .post(`${path}/conversations`, { customerName: 'Aung' })
      .expect(201);
    for (const client of clients) {
      expect(await client.next('conversation:update')).toMatchObject({ id: body.data.id });
      expect(client.heard('shop:left')).toEqual([]);
    }
  });

  it('lets no join outlive a membership that is lost at the same time', async () => {
    const witness = await connect(door, shop.owner.token);
    await witness.ask('shop:join', { shopId: shop.id });
    const members = await Promise.all(Array.from({ length: 12 }, () => aMember()));
    const clients = await Promise.all(members.map(({ token }) => connect(door, token)));
    await Promise.all(
      members.map(async ({ userId }, index) => {
        const client = clients[index]!;
        const joins = Array.from({ length: 8 }, () => client.ask('shop:join', { shopId: shop.id }));
        await shop.owner.delete(`${shop.path}/team/${userId}`).expect(200);
        await Promise.allSettled(joins);
      }),
    );
    const id = await startConversation();
    expect(await witness.next('conversation:update')).toMatchObject({ id });
    for (const client of clients) expect(client.heard('conversation:update')).toEqual([]);
  });

  it('lets no handshake outlive a session that ends at the same time', async () => {
    const tokens = await Promise.all(Array.from({ length: 8 }, () => tokensOfOne(1)));
    const attempts = tokens.map(async ([token]) => {
      const [opened] = await Promise.allSettled([
        connect(door, token!),
        call('post', '/api/auth/logout', token!).expect(200),
      ]);
      return opened.status === 'fulfilled' ? opened.value.closed : DOORS[door].closed;
    });
    expect(new Set(await Promise.all(attempts))).toEqual(new Set([DOORS[door].closed]));
  });

  it('lets no handshake outlive a chat that ends at the same time', async () => {
    const { body } = await app.request
      .post(`/api/public/shops/${shop.slug}/conversations`)
      .send({ customerName: 'Su Su', text: 'Hello' })
      .expect(201);
    // The next look would close it too, only later.
    vi.spyOn(app.nest.get(Sweeper, { strict: false }), 'sweep').mockResolvedValue();
    const customers = app.nest.get(ChatCustomers, { strict: false });
    const find = customers.find.bind(customers);
    vi.spyOn(customers, 'find').mockImplementation(async (token) => {
      const customer = await find(token);
      const _id = new Types.ObjectId(body.data.conversation.id as string);
      await app.connection
        .db!.collection('conversations')
        .updateOne({ _id }, { $set: { lastMessageAt: new Date(0) } });
      return customer;
    });
    const client = await connect(door, body.data.token as string);
    expect(await client.next('session:ended')).toMatchObject({
      reason: expect.stringContaining('chat has ended'),
    });
    await client.closed;
  });
});
