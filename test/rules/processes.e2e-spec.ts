import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Actor, aShop, aUser, type ShopWorld } from '../support/actors.js';
import { createTestApp, databaseUri, type TestApp, testVariables } from '../support/app.js';
import { aForm, anAccount, aProduct, PASSWORD } from '../support/bodies.js';
import { eventually } from '../support/eventually.js';
import { findProgram, type RedisProcess, startRedis } from '../support/programs.js';
import { type DoorClient, openRawWs, openSocketIo } from '../support/sockets.js';

const ENDED = 'Your session has ended: sign in again.';
/** Far within the sweep of sessions (25 s), which would find it too. */
const AT_ONCE_MS = 10_000;
const AWAY = 'processes do not hear each other';
const BACK = 'processes hear each other';

const redisServer = findProgram('redis-server', 'valkey-server');

const DOORS = {
  'Socket.IO': {
    open: (to: TestApp, token: string) => openSocketIo(to, { token }),
    closed: 'io server disconnect',
  },
  '/ws': {
    open: (to: TestApp, token: string) => openRawWs(to, { token }),
    closed: `4401 ${ENDED}`,
  },
};
type DoorName = keyof typeof DOORS;

describe.skipIf(!redisServer)('two processes that share a Redis', () => {
  const database = `test_${randomBytes(6).toString('hex')}`;
  const channel = `cliick:realtime:${database}`;
  const open: DoorClient[] = [];
  let redis: RedisProcess;
  /** Where the sockets are, and where things happen. */
  let here: TestApp;
  let there: TestApp;
  /** Of another installation. */
  let stranger: TestApp;
  let shop: ShopWorld;

  beforeAll(async () => {
    redis = await startRedis(redisServer!);
    const { JWT_SECRET, ENCRYPTION_KEYS } = testVariables();
    const variables = { JWT_SECRET, ENCRYPTION_KEYS, MONGODB_URI: databaseUri(database) };
    stranger = await createTestApp({ REDIS_URL: redis.url });
    here = await createTestApp({ ...variables, REDIS_URL: redis.url });
    there = await createTestApp({ ...variables, REDIS_URL: redis.url });
    shop = await aShop(there);
    await listeners(2);
  });

  afterEach(() => {
    for (const client of open.splice(0)) client.close();
  });

  afterAll(async () => {
    await stranger.close();
    await here.close();
    await there.close();
    await redis.stop();
  });

  /** Waits until so many processes listen. */
  async function listeners(count: number): Promise<void> {
    const client = new Redis(redis.url);
    await eventually(async () => {
      expect(await client.pubsub('NUMSUB', channel)).toEqual([channel, count]);
    });
    client.disconnect();
  }

  /** Nest has one logger per process, the one of the application that was made last. */
  const linesOf = (text: string) =>
    [stranger, here, there].flatMap(({ logs }) => logs.filter(({ msg }) => msg === text));

  async function connect(door: DoorName, token: string, to = here): Promise<DoorClient> {
    const client = await DOORS[door].open(to, token);
    open.push(client);
    return client;
  }

  async function join(door: DoorName, { token }: Pick<Actor, 'token'>, to = here) {
    const client = await connect(door, token, to);
    expect(await client.ask('shop:join', { shopId: shop.id })).toMatchObject({ ok: true });
    return client;
  }

  async function sendMessage(): Promise<string> {
    const { body } = await shop.owner
      .post(`${shop.path}/conversations`, { customerName: 'Aung' })
      .expect(201);
    const id = body.data.id as string;
    await shop.owner
      .post(`${shop.path}/conversations/${id}/messages`, { text: 'Hello' })
      .expect(201);
    return id;
  }

  describe.each(Object.keys(DOORS) as DoorName[])('at the door %s', (door) => {
    async function expectClosed(client: DoorClient, since: number): Promise<void> {
      expect(await client.next('session:ended')).toEqual({ reason: ENDED });
      expect(await client.closed).toBe(DOORS[door].closed);
      expect(performance.now() - since).toBeLessThan(AT_ONCE_MS);
    }

    it('closes the sockets of a session that is signed out at the other', async () => {
      const { token } = await aUser(there);
      const [client, witness] = [await connect(door, token), await join(door, shop.owner)];
      await there.request
        .post('/api/auth/logout')
        .set('Authorization', `Bearer ${token}`)
        .expect(200);
      await expectClosed(client, performance.now());
      expect(await witness.ask('ping', {})).toMatchObject({ ok: true });
    });

    it('closes the sockets of the other sessions when the password changes there', async () => {
      const account = anAccount();
      await there.request.post('/api/auth/register').send(account).expect(201);
      const signIn = () => there.request.post('/api/auth/login').send(account).expect(200);
      const [phone, laptop] = [await signIn(), await signIn()].map(({ body }) => body.data.token);
      const [mine, other] = [await connect(door, phone), await connect(door, laptop)];
      await there.request
        .put('/api/auth/password')
        .set('Authorization', `Bearer ${phone}`)
        .send({ currentPassword: PASSWORD, password: `${PASSWORD} that is new` })
        .expect(200);
      await expectClosed(other, performance.now());
      expect(await mine.ask('ping', {})).toMatchObject({ ok: true });
    });

    it('takes out of the room who is taken out of the team there', async () => {
      const member = await aUser(there);
      const { username, userId } = member;
      await shop.owner.post(`${shop.path}/team`, { username, role: 'agent' }).expect(201);
      const [client, witness] = [await join(door, member), await join(door, shop.owner)];
      await shop.owner.delete(`${shop.path}/team/${userId}`).expect(200);
      const since = performance.now();
      expect(await client.next('shop:left')).toMatchObject({ shopId: shop.id });
      expect(performance.now() - since).toBeLessThan(AT_ONCE_MS);
      const id = await sendMessage();
      expect(await witness.next('message:new')).toMatchObject({ conversationId: id });
      expect(client.heard('message:new')).toEqual([]);
    });

    it('pushes what happens there, once and in its order, as it does there', async () => {
      const [client, near] = [await join(door, shop.agent), await join(door, shop.agent, there)];
      const id = await sendMessage();
      const [message, same] = [await client.next('message:new'), await near.next('message:new')];
      expect(message).toMatchObject({ conversationId: id, shopId: shop.id, text: 'Hello' });
      expect(message).toEqual(same);
      const product = await shop.owner.post(`${shop.path}/products`, aProduct()).expect(201);
      const form = await shop.owner.post(`${shop.path}/forms`, aForm()).expect(201);
      const { body } = await there.request
        .post(`/api/public/shops/${shop.slug}/forms/${form.body.data.id}/submissions`)
        .send({
          answers: { note: 'no sugar' },
          items: [{ productId: product.body.data.id, quantity: 1 }],
          customer: { name: 'Aung' },
        })
        .expect(201);
      for (const one of [client, near]) {
        expect(await one.next('order:update')).toMatchObject({ orderId: body.data.orderId });
        const updates = one.heard('conversation:update').filter((update) => update['id'] === id);
        const seqs = updates.map(({ seq }) => seq as number);
        expect(seqs.length).toBeGreaterThan(1);
        expect(seqs).toEqual([...new Set(seqs)].toSorted((first, second) => first - second));
        expect(one.heard('message:new')).toEqual([]);
      }
    });
  });

  it.each(Object.keys(DOORS) as DoorName[])(
    'tell at %s who is online and who is typing at the other',
    async (door) => {
      const [client, far] = [await join(door, shop.owner), await join(door, shop.agent, there)];
      const conversationId = await sendMessage();
      const { userId } = shop.agent;
      const online = { shopId: shop.id, userId, online: true, conversationIds: [conversationId] };
      await far.ask('presence:view', { shopId: shop.id, conversationId });
      await eventually(() => expect(client.heard('presence')).toContainEqual(online));
      await far.ask('typing:start', { shopId: shop.id, conversationId });
      expect(await client.next('typing')).toMatchObject({ conversationId, userId, isTyping: true });
      client.forget('presence');
      far.close();
      const gone = { shopId: shop.id, userId, online: false, conversationIds: [] };
      await eventually(() => expect(client.heard('presence')).toContainEqual(gone));
    },
  );

  it('hear nothing of an installation with another database', async () => {
    const client = new Redis(redis.url);
    const heard: string[] = [];
    await client.subscribe(channel);
    client.on('message', (_, text) => heard.push(text));
    const world = await aShop(stranger);
    await world.owner.post(`${world.path}/conversations`, { customerName: 'Aung' }).expect(201);
    const id = await sendMessage();
    await eventually(() => expect(heard.join()).toContain(id));
    expect(heard.join()).not.toContain(world.id);
    client.disconnect();
  });

  it('survive what somebody else writes to the channel', async () => {
    const client = new Redis(redis.url);
    for (const text of ['', '{', 'null', '{"from":"x"}', '{"from":"x","message":[{"do":"?"}]}']) {
      await client.publish(channel, text);
    }
    client.disconnect();
    const member = await join('/ws', shop.agent);
    const conversationId = await sendMessage();
    expect(await member.next('message:new')).toMatchObject({ conversationId });
  });

  it('hear each other again after their connections were cut', async () => {
    const member = await join('/ws', shop.agent);
    const client = new Redis(redis.url);
    expect(await client.client('KILL', 'TYPE', 'pubsub')).toBe(3);
    client.disconnect();
    await listeners(2);
    const conversationId = await sendMessage();
    expect(await member.next('message:new')).toMatchObject({ conversationId });
  });

  it('tell once what was written while the Redis restarted, to who stayed connected', async () => {
    const { body: chat } = await there.request
      .post(`/api/public/shops/${shop.slug}/conversations`)
      .send({ customerName: 'Su Su', text: 'Anybody there?' })
      .expect(201);
    const { conversation, token } = chat.data;
    const team = [await join('Socket.IO', shop.agent), await join('/ws', shop.agent)];
    const near = await join('/ws', shop.owner, there);
    const member = await aUser(there);
    const { username } = member;
    await shop.owner.post(`${shop.path}/team`, { username, role: 'agent' }).expect(201);
    const dismissed = await join('/ws', member);
    const customer = await connect('/ws', token);
    await customer.ask('ping', {});
    const write = (text: string, isNote = false) =>
      shop.owner
        .post(`${shop.path}/conversations/${conversation.id}/messages`, { text, isNote })
        .expect(201);
    const ready = async ({ request }: TestApp) =>
      (await request.get('/health/ready').expect(200)).body.data.status as string;

    await redis.stop();
    await eventually(async () =>
      expect([await ready(here), await ready(there)]).toEqual(['degraded', 'degraded']),
    );
    await write('while it is away');
    await write('for the team', true);
    await shop.owner.delete(`${shop.path}/team/${member.userId}`).expect(200);
    redis = await startRedis(redisServer!, redis.url);
    await listeners(2);
    await eventually(async () =>
      expect([await ready(here), await ready(there)]).toEqual(['ready', 'ready']),
    );

    const told = (client: DoorClient) => client.heard('message:new').map(({ text }) => text);
    for (const client of team) {
      await eventually(() => expect(told(client)).toEqual(['while it is away', 'for the team']));
    }
    await eventually(() => expect(told(customer)).toEqual(['while it is away']));
    await dismissed.next('shop:left');
    await write('after that');
    const all = ['while it is away', 'for the team', 'after that'];
    for (const client of [...team, near]) {
      await eventually(() => expect(told(client)).toEqual(all));
    }
    expect(told(dismissed)).toEqual([]);
  });

  it('serve their own sockets when the Redis dies, and say so once', async () => {
    const clients = [
      await join('Socket.IO', shop.agent, there),
      await join('/ws', shop.agent, there),
    ];
    const before = linesOf(AWAY).length;
    await eventually(() => expect(linesOf(BACK)).toHaveLength(before));
    await redis.stop();
    for (let sent = 0; sent < 3; sent++) {
      const conversationId = await sendMessage();
      for (const client of clients) {
        expect(await client.next('message:new')).toMatchObject({ conversationId });
      }
    }
    const { token } = await aUser(there);
    const client = await connect('/ws', token, there);
    await there.request.post('/api/auth/logout').set('Authorization', `Bearer ${token}`);
    expect(await client.closed).toBe(DOORS['/ws'].closed);
    expect(linesOf(AWAY).length - before).toBe(3);
  });
});
