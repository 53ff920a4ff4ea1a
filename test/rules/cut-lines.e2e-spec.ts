import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Types } from 'mongoose';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ReplayService } from '../../src/replay/replay.service.js';
import { MissedChanges } from '../../src/realtime/missed-changes.service.js';
import { Presence } from '../../src/realtime/presence.js';
import { ProcessBus } from '../../src/realtime/process-bus.js';
import { Relay } from '../../src/realtime/relay.js';
import { Sweeper } from '../../src/realtime/sweeper.js';
import { ShopsService } from '../../src/shops/shops.service.js';
import { ChangesResponse } from '../../src/sync/dto/changes.response.js';
import { SyncService } from '../../src/sync/sync.service.js';
import { type Actor, aShop, aUser, type ShopWorld } from '../support/actors.js';
import { createTestApp, databaseUri, type TestApp, testVariables } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { findProgram, type RedisProcess, startRedis } from '../support/programs.js';
import { type DoorClient, openRawWs } from '../support/sockets.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

/** Far within the 40 s after which a process that was not heard is forgotten. */
const AT_ONCE_MS = 10_000;
/** By then presence is told, or is not. */
const SETTLED_MS = 200;

const redisServer = findProgram('redis-server', 'valkey-server');

describe.skipIf(!redisServer)('a process that alone loses its line to Redis', () => {
  const open: DoorClient[] = [];
  let redis: RedisProcess;
  let line: TcpProxy;
  /** The one at the line, and the other, which hears Redis all the time. */
  let cut: TestApp;
  let whole: TestApp;
  let shop: ShopWorld;

  beforeAll(async () => {
    redis = await startRedis(redisServer!);
    line = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(redis.url).port) });
    const { JWT_SECRET, ENCRYPTION_KEYS } = testVariables();
    const MONGODB_URI = databaseUri(`test_${randomBytes(6).toString('hex')}`);
    const variables = { JWT_SECRET, ENCRYPTION_KEYS, MONGODB_URI };
    whole = await createTestApp({ ...variables, REDIS_URL: redis.url });
    cut = await createTestApp({ ...variables, REDIS_URL: `redis://127.0.0.1:${line.port}` });
    // What they look at, and repeat, by the clock would heal by and by what must heal at once.
    for (const { nest } of [cut, whole]) {
      for (const one of [Sweeper, Presence]) nest.get(one).beforeApplicationShutdown();
    }
    shop = await aShop(cut);
    await is('ready');
  });

  afterEach(async () => {
    for (const client of open.splice(0)) client.close();
    await line.behave('pass');
    await is('ready');
  });

  afterAll(async () => {
    await cut.close();
    await whole.close();
    await line.stop();
    await redis.stop();
  });

  async function is(status: 'ready' | 'degraded'): Promise<void> {
    await eventually(async () => {
      const { body } = await cut.request.get('/health/ready').expect(200);
      expect(body.data.status).toBe(status);
    });
  }

  /** What is done meanwhile reaches nobody at the other process. */
  async function whileCut(work: () => Promise<unknown>): Promise<void> {
    await line.behave('refuse');
    await is('degraded');
    await work();
    await line.behave('pass');
  }

  async function join(
    { token }: Pick<Actor, 'token'>,
    to: TestApp,
    since?: number,
  ): Promise<DoorClient> {
    const client = await openRawWs(to, { token });
    open.push(client);
    const joined = { shopId: shop.id, ...(since !== undefined && { since }) };
    expect(await client.ask('shop:join', joined)).toMatchObject({ ok: true });
    return client;
  }

  it('has the other look who must go, once it speaks again', async () => {
    const member = await aUser(cut);
    const { username, userId } = member;
    await shop.owner.post(`${shop.path}/team`, { username, role: 'agent' }).expect(201);
    const [dismissed, signedOut] = [await join(member, whole), await join(shop.agent, whole)];
    await whileCut(async () => {
      await shop.owner.delete(`${shop.path}/team/${userId}`).expect(200);
      await shop.agent.post('/api/auth/logout').expect(200);
      await shop.owner
        .post(`${shop.path}/conversations`, { customerName: 'Of no business to them' })
        .expect(201);
    });
    expect(await dismissed.next('shop:left')).toMatchObject({ shopId: shop.id });
    for (const gone of [dismissed, signedOut]) {
      expect(gone.heard('conversation:update')).toEqual([]);
    }
    expect(await signedOut.closed).toMatch(/^4401 /);
  });

  it.each(['speaks', 'hears'] as const)(
    'has everybody told their notifications, once it %s again',
    async (what) => {
      const [at, from] = what === 'speaks' ? [whole, cut] : [cut, whole];
      const [owner, manager] = [await join(shop.owner, at), await join(shop.manager, at)];
      let conversationId = '';
      const told = (client: DoorClient) =>
        client.heard('notification').filter((one) => one['conversationId'] === conversationId);
      await whileCut(async () => {
        const { body } = await from.request
          .post(`/api/public/shops/${shop.slug}/conversations`)
          .send({ customerName: 'Su Su', text: 'Anybody there?' })
          .expect(201);
        conversationId = body.data.conversation.id as string;
        await eventually(async () => {
          const feed = await shop.owner.get('/api/notifications').expect(200);
          expect(JSON.stringify(feed.body)).toContain(conversationId);
        });
      });
      for (const client of [owner, manager]) {
        await eventually(() => expect(told(client)).toHaveLength(1));
      }
      const [[mine], [theirs]] = [told(owner), told(manager)];
      expect(mine!['id']).not.toBe(theirs!['id']);
    },
  );

  it.each(['speaks', 'hears'] as const)(
    'keeps nobody online who has left meanwhile, once it %s again',
    async (what) => {
      const [at, from] = what === 'speaks' ? [whole, cut] : [cut, whole];
      const [owner, admin] = [await join(shop.owner, at), await join(shop.admin, from)];
      const { userId } = shop.admin;
      const heard = (online: boolean) =>
        eventually(
          () =>
            expect(owner.heard('presence')).toContainEqual(
              expect.objectContaining({ userId, online }),
            ),
          AT_ONCE_MS,
        );
      await heard(true);
      // What is still to be told of this would be lost, and told again with the rest.
      await pause(SETTLED_MS);
      await whileCut(async () => {
        admin.close();
        const online = () => JSON.stringify(from.nest.get(Presence).online(shop.id));
        await eventually(() => expect(online()).not.toContain(userId));
        await pause(SETTLED_MS);
      });
      await heard(false);
    },
  );

  describe('a client that was told later numbers and not the earlier ones of another process', () => {
    let conversationId = '';

    beforeAll(async () => {
      const { body } = await shop.owner
        .post(`${shop.path}/conversations`, { customerName: 'Aung' })
        .expect(201);
      conversationId = body.data.id as string;
    });

    async function write(at: TestApp, text: string): Promise<number> {
      const { body } = await at.request
        .post(`${shop.path}/conversations/${conversationId}/messages`)
        .set('Authorization', `Bearer ${shop.owner.token}`)
        .send({ text })
        .expect(201);
      return body.data.message.seq as number;
    }

    /** Beyond all that is looked at again for writes that land late. */
    async function passManyNumbers(): Promise<void> {
      const _id = new Types.ObjectId(shop.id);
      await whole.connection.collection('shops').updateOne({ _id }, { $inc: { seq: 1_000 } });
    }

    async function messagesSince(since: number, at = whole): Promise<string[]> {
      const { body } = await at.request
        .get(`${shop.path}/changes?since=${since}`)
        .set('Authorization', `Bearer ${shop.owner.token}`)
        .expect(200);
      return body.data.messages.map(({ text }: { text: string }) => text);
    }

    it.each([
      ['while they do not hear each other', 'during'],
      ['once they do again', 'after'],
    ])('is told them where it moves, %s', async (_, when) => {
      const client = await join(shop.manager, cut);
      const untold = `untold ${when}`;
      let since = 0;
      const moves = async () => {
        const moved = await join(shop.manager, whole, since);
        expect(moved.heard('message:new')).toContainEqual(
          expect.objectContaining({ text: untold }),
        );
        expect(await messagesSince(since)).toContain(untold);
      };
      await whileCut(async () => {
        await write(whole, untold);
        await passManyNumbers();
        since = await write(cut, `told ${when}`);
        await client.next('message:new');
        client.close();
        if (when === 'during') await eventually(moves);
      });
      await is('ready');
      if (when === 'after') await eventually(moves);
      // Whoever has seen what came later was told all.
      await passManyNumbers();
      expect(await messagesSince(await write(whole, 'later'))).not.toContain(untold);
    });

    it('is told them at the process that could not say so, and at its own once it is back', async () => {
      const client = await join(shop.manager, whole);
      let since = 0;
      await whileCut(async () => {
        await write(cut, 'said to nobody');
        await passManyNumbers();
        since = await write(whole, 'said to one');
        await client.next('message:new');
        client.close();
        const moved = await join(shop.manager, cut, since);
        expect(moved.heard('message:new')).toContainEqual(
          expect.objectContaining({ text: 'said to nobody' }),
        );
      });
      await eventually(async () => expect(await messagesSince(since)).toContain('said to nobody'));
    });

    it('is told them where nobody of the shop was at the process that could not say so', async () => {
      const quiet = await aShop(whole);
      const asOwner = { Authorization: `Bearer ${quiet.owner.token}` };
      const write = async (at: TestApp, customerName: string): Promise<number> => {
        const path = `${quiet.path}/conversations`;
        const { body } = await at.request
          .post(path)
          .set(asOwner)
          .send({ customerName })
          .expect(201);
        return body.data.seq as number;
      };
      let since = 0;
      await whileCut(async () => {
        await write(cut, 'Said to nobody');
        const _id = new Types.ObjectId(quiet.id);
        await whole.connection.collection('shops').updateOne({ _id }, { $inc: { seq: 1_000 } });
        since = await write(whole, 'Said to one');
      });
      await eventually(async () => {
        const path = `${quiet.path}/changes?since=${since}`;
        const { body } = await whole.request.get(path).set(asOwner).expect(200);
        expect(JSON.stringify(body.data.conversations)).toContain('Said to nobody');
      });
    });

    it('goes back no further once they hear each other, though the database failed just then', async () => {
      const read = vi.spyOn(cut.nest.get(ShopsService, { strict: false }), 'mapSeqs');
      read.mockRejectedValue(new Error('the database does not answer'));
      await whileCut(() => write(cut, 'told late'));
      await eventually(() => expect(read).toHaveBeenCalled());
      await is('ready');
      read.mockRestore();
      await passManyNumbers();
      const since = await write(cut, 'long after');
      expect(await messagesSince(since, cut)).not.toContain('told late');
    });

    it('is told them after two outages, too', async () => {
      let since = 0;
      await whileCut(async () => {
        await write(whole, 'of the first');
        await passManyNumbers();
        since = await write(cut, 'told in the first');
      });
      await is('ready');
      await whileCut(async () => {
        await write(whole, 'of the second');
        since = await write(cut, 'told in the second');
      });
      await eventually(async () => expect(await messagesSince(since)).toContain('of the second'));
    });

    it('is told them where it moves, while its process tells them yet', async () => {
      const client = await join(shop.manager, cut);
      let goOn = () => {};
      const gate = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const tell = vi.spyOn(MissedChanges.prototype, 'tell').mockReturnValueOnce(gate);
      await whileCut(async () => {
        await write(whole, 'not told yet');
        await passManyNumbers();
      });
      await eventually(() => expect(tell).toHaveBeenCalled());
      const since = await write(whole, 'told already');
      expect(await client.next('message:new')).toMatchObject({ seq: since });
      client.close();
      await eventually(async () => expect(await messagesSince(since)).toContain('not told yet'));
      goOn();
    });
  });

  it('tells what was numbered before it proved to hear, and was on its way', async () => {
    const client = await join(shop.manager, cut);
    await whileCut(async () => {
      await whole.request
        .post(`/api/public/shops/${shop.slug}/conversations`)
        .send({ customerName: 'Su Su', text: 'On its way' })
        .expect(201);
      // The proof was given before the line broke, and the numbers are read after it.
      const bus = cut.nest.get(ProcessBus) as unknown as { take(turn: string): void };
      bus.take('proveHearing');
      await pause(SETTLED_MS);
    });
    await eventually(() =>
      expect(client.heard('message:new')).toContainEqual(
        expect.objectContaining({ text: 'On its way' }),
      ),
    );
  });

  it('tells what was missed until it could be told', async () => {
    const client = await join(shop.manager, cut);
    const tell = vi.spyOn(MissedChanges.prototype, 'tell');
    tell.mockRejectedValueOnce(new Error('the database does not answer'));
    await whileCut(async () => {
      await whole.request
        .post(`/api/public/shops/${shop.slug}/conversations`)
        .send({ customerName: 'Su Su', text: 'Hello?' })
        .expect(201);
    });
    await eventually(() =>
      expect(client.heard('message:new')).toContainEqual(
        expect.objectContaining({ text: 'Hello?' }),
      ),
    );
  });

  it('tells a customer that their chat was closed, though it was changed here since', async () => {
    const { body } = await whole.request
      .post(`/api/public/shops/${shop.slug}/conversations`)
      .send({ customerName: 'Su Su', text: 'Goodbye' })
      .expect(201);
    const { conversation, token } = body.data;
    const customer = await openRawWs(cut, { token });
    open.push(customer);
    await customer.ask('ping', {});
    const put = (at: TestApp, change: object) =>
      at.request
        .put(`${shop.path}/conversations/${conversation.id}`)
        .set('Authorization', `Bearer ${shop.owner.token}`)
        .send(change)
        .expect(200);
    await whileCut(async () => {
      await put(whole, { status: 'closed' });
      await put(cut, { tags: ['x'] });
    });
    await eventually(() =>
      expect(customer.heard('conversation:update')).toContainEqual({
        id: conversation.id,
        status: 'closed',
      }),
    );
  });

  it('tells in its next round what a process that has died did not tell', async () => {
    const client = await join(shop.manager, whole);
    const send = vi.spyOn(cut.nest.get(Relay, { strict: false }), 'send').mockReturnValue();
    await cut.request
      .post(`/api/public/shops/${shop.slug}/conversations`)
      .send({ customerName: 'Su Su', text: 'I buy ten' })
      .expect(201);
    send.mockRestore();
    const soon = new Date(Date.now() + 10_000);
    const heard = () => client.heard('message:new').filter(({ text }) => text === 'I buy ten');
    await eventually(async () => {
      await whole.nest.get(ReplayService, { strict: false }).run(soon);
      expect(heard()).toHaveLength(1);
    });
    await whole.nest.get(ReplayService, { strict: false }).run(soon);
    await pause(SETTLED_MS);
    expect(heard()).toHaveLength(1);
  });

  it('tells customers their chat where too much was missed, and the team to read anew', async () => {
    const { body } = await whole.request
      .post(`/api/public/shops/${shop.slug}/conversations`)
      .send({ customerName: 'Su Su', text: 'How much?' })
      .expect(201);
    const { conversation, token } = body.data;
    const [customer, member] = [await openRawWs(cut, { token }), await join(shop.manager, cut)];
    open.push(customer);
    const look = vi.spyOn(SyncService.prototype, 'changesSince');
    await whileCut(async () => {
      const path = `${shop.path}/conversations/${conversation.id}`;
      const asOwner = { Authorization: `Bearer ${shop.owner.token}` };
      const post = (text: object) =>
        whole.request.post(`${path}/messages`).set(asOwner).send(text).expect(201);
      await post({ text: 'For us.', isNote: true });
      await post({ text: 'Nine.' });
      await whole.request.put(path).set(asOwner).send({ status: 'closed' }).expect(200);
      look.mockResolvedValueOnce(ChangesResponse.reset(1_000_000));
    });
    expect(await member.next('shop:reset')).toMatchObject({ shopId: shop.id });
    await eventually(() =>
      expect(customer.heard('conversation:update')).toContainEqual({
        id: conversation.id,
        status: 'closed',
      }),
    );
    const texts = customer.heard('message:new').map(({ text }) => text);
    expect(texts).toEqual(['How much?', 'Nine.']);
  });
});
