import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Doors } from '../src/realtime/doors.js';
import { Relay } from '../src/realtime/relay.js';
import { shopRoom } from '../src/realtime/rooms.js';
import { personOf } from '../src/realtime/socket-identity.js';
import { Sweeper } from '../src/realtime/sweeper.js';
import type { ChangesResponse } from '../src/sync/dto/changes.response.js';
import { SyncService } from '../src/sync/sync.service.js';
import { type Actor, aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { anAccount } from './support/bodies.js';
import { eventually } from './support/eventually.js';
import { type DoorClient, openRawWs, openSocketIo } from './support/sockets.js';

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
  'Socket.IO': (token: string, to: Pick<TestApp, 'url'>) => openSocketIo(to, { token }),
  '/ws': (token: string, to: Pick<TestApp, 'url'>) => openRawWs(to, { token }),
};
type DoorName = keyof typeof DOORS;

async function connect(
  door: DoorName,
  token: string,
  to: Pick<TestApp, 'url'> = app,
): Promise<DoorClient> {
  const client = await DOORS[door](token, to);
  open.push(client);
  return client;
}

async function join(door: DoorName, actor: Actor, since?: number): Promise<DoorClient> {
  const client = await connect(door, actor.token);
  expect(await client.ask('shop:join', { shopId: shop.id, since })).toMatchObject({ ok: true });
  return client;
}

/** Megabytes take too long to search for leaks. */
const unsearched = () => ({ url: app.url });

interface Chat {
  id: string;
  token: string;
}

async function aChat(text = 'Hello'): Promise<Chat> {
  const { body } = await app.request
    .post(`/api/public/shops/${shop.slug}/conversations`)
    .send({ customerName: 'Su Su', text })
    .expect(201);
  return { id: body.data.conversation.id, token: body.data.token };
}

const answer = (chat: Chat, text: string, isNote = false) =>
  shop.agent.post(`${shop.path}/conversations/${chat.id}/messages`, { text, isNote }).expect(201);

describe.each(Object.keys(DOORS) as DoorName[])('the door %s', (door) => {
  describe('to a customer', () => {
    it('tells of their own chat only: no notes, no other people, nothing of the team', async () => {
      const [mine, other] = [await aChat(), await aChat()];
      const customer = await connect(door, mine.token);
      expect(await customer.ask('ping', {})).toMatchObject({ ok: true });
      await answer(mine, 'a note', true);
      await answer(other, 'for somebody else');
      await answer(mine, 'for you');
      const message = await customer.next('message:new');
      expect(message).toEqual({
        id: expect.any(String),
        sender: 'seller',
        text: 'for you',
        timestamp: expect.any(Number),
        attachment: null,
      });
      expect(customer.heard('message:new')).toEqual([]);
      await shop.agent
        .put(`${shop.path}/conversations/${mine.id}`, { tags: ['x'], status: 'open' })
        .expect(200);
      await shop.agent
        .put(`${shop.path}/conversations/${mine.id}`, { status: 'closed' })
        .expect(200);
      expect(await customer.next('conversation:update')).toEqual({ id: mine.id, status: 'closed' });
    });

    it('closes when their token, or the conversation, ends', async () => {
      const chat = await aChat();
      const customer = await connect(door, chat.token);
      await customer.ask('ping', {});
      const inDays = (days: number) => new Date(Date.now() + days * 24 * 3_600_000);
      const sweeper = app.nest.get(Sweeper, { strict: false });
      await sweeper.sweep(inDays(29));
      expect(await customer.ask('ping', {})).toMatchObject({ ok: true });
      await sweeper.sweep(inDays(31));
      expect(await customer.next('session:ended')).toMatchObject({
        reason: expect.stringContaining('chat has ended'),
      });
      await customer.closed;
    });

    it('is not the door to a shop, nor to another chat', async () => {
      const chat = await aChat();
      const customer = await connect(door, chat.token);
      for (const event of ['shop:join', 'presence:view']) {
        const asked = await customer.ask(event, { shopId: shop.id });
        expect(asked).toMatchObject({ ok: false, code: 'not_found' });
      }
      await answer(await aChat(), 'for somebody else');
      await customer.ask('ping', {});
      expect(customer.heard('message:new')).toEqual([]);
    });

    it('stays closed for a token of an order, of nothing, or of a chat that is gone', async () => {
      const chat = await aChat();
      const id = app.connection.base.Types.ObjectId.createFromHexString(chat.id);
      await app.connection.collection('conversations').deleteOne({ _id: id });
      await expect(connect(door, chat.token)).rejects.toThrow(/401|unauthenticated/);
      await expect(connect(door, `${chat.token}x`)).rejects.toThrow(/401|unauthenticated/);
    });
  });

  it('tells who joins with since everything newer, in order, once, and then what comes', async () => {
    const chat = await aChat();
    const { body } = await shop.agent.get(`${shop.path}/changes?since=0`).expect(200);
    const since = body.data.seq as number;
    await answer(chat, 'first');
    await answer(chat, 'second');
    const client = await connect(door, shop.agent.token);
    const joined = await client.ask('shop:join', { shopId: shop.id, since });
    expect(joined).toMatchObject({ ok: true, reset: false, seq: expect.any(Number) });
    await answer(chat, 'third');
    await eventually(() => {
      const told = client.heard('message:new').filter(({ seq }) => (seq as number) > since);
      expect(told.map(({ text }) => text)).toEqual(['first', 'second', 'third']);
    });
    const ahead = await client.ask('shop:join', { shopId: shop.id, since: 1_000_000 });
    expect(ahead).toMatchObject({ ok: true, reset: true });
    for (const wrong of [-1, 1.5, '1', {}]) {
      const refused = await client.ask('shop:join', { shopId: shop.id, since: wrong });
      expect(refused).toMatchObject({ ok: false, code: 'validation_failed' });
    }
  });

  it('tells who joins with since more than a page, in order, and once', async () => {
    const world = await aShop(app);
    const { body } = await world.agent
      .post(`${world.path}/conversations`, { customerName: 'Su Su' })
      .expect(201);
    const path = `${world.path}/conversations/${body.data.id}/messages`;
    const texts = Array.from({ length: 60 }, (_, index) => `number ${index}`);
    for (const text of texts) await world.agent.post(path, { text }).expect(201);
    const client = await connect(door, world.owner.token);
    const joined = await client.ask('shop:join', { shopId: world.id, since: 0 });
    expect(joined).toMatchObject({ ok: true, reset: false });
    await eventually(() => {
      expect(client.heard('message:new').map(({ text }) => text)).toEqual(texts);
    });
    expect(client.heard('conversation:update')).toHaveLength(1);
  });

  it('tells who joins with since more than fits into a network only as fast as they read', async () => {
    const world = await aShop(app);
    const messages = Array.from({ length: 400 }, (_, index) => ({
      id: String(index),
      seq: index + 1,
      text: 'x'.repeat(30_000),
    }));
    const between = (above: number, upTo: number): ChangesResponse => {
      const written = messages.filter(({ seq }) => seq > above && seq <= upTo);
      const nothingElse = { conversations: [], orders: [], notifications: [] };
      const missed = { seq: 0, reset: false, messages: written, ...nothingElse };
      return missed as unknown as ChangesResponse;
    };
    const looks = vi.spyOn(SyncService.prototype, 'changesSince');
    looks.mockResolvedValueOnce(between(0, messages.length));
    const pages = vi.spyOn(SyncService.prototype, 'changesBetween');
    pages.mockImplementation(async (_, above, upTo) => between(above, upTo));
    const [slow, other] = [
      await connect(door, world.agent.token, unsearched()),
      await connect(door, world.owner.token, unsearched()),
    ];
    const joined = { shopId: world.id, since: 0 };
    const asked = slow.ask('shop:join', joined).catch(() => undefined);
    slow.stopReading();
    await eventually(() => expect(looks).toHaveBeenCalled());
    // Time enough to tell all of it to a network that takes it.
    for (let turn = 0; turn < 5; turn++) await other.ask('shop:join', joined);
    const inside = app.nest.get(Doors, { strict: false }).occupants(shopRoom(world.id));
    expect(inside.map(({ identity }) => personOf(identity))).toEqual([world.owner.userId]);
    // Nor is what they do not read held for them.
    expect(pages.mock.calls.length).toBeLessThan(messages.length / 50);
    slow.readAgain();
    await eventually(() => {
      const told = slow.heard('message:new').map(({ seq }) => seq);
      expect(told).toEqual(messages.map(({ seq }) => seq));
    });
    await asked;
    expect(await slow.ask('ping', {})).toMatchObject({ ok: true });
  });

  it('tells the team and the customer that the other side is writing', async () => {
    const chat = await aChat();
    const [agent, owner] = [await join(door, shop.agent), await join(door, shop.owner)];
    const customer = await connect(door, chat.token);
    const about = { shopId: shop.id, conversationId: chat.id };
    expect(await agent.ask('typing:start', about)).toMatchObject({ ok: true });
    expect(await owner.next('typing')).toMatchObject({
      conversationId: chat.id,
      sender: 'seller',
      userId: shop.agent.userId,
      isTyping: true,
    });
    expect(await customer.next('typing')).toEqual({
      conversationId: chat.id,
      sender: 'seller',
      isTyping: true,
      expiresMs: expect.any(Number),
    });
    await customer.ask('typing:stop', { conversationId: 'of another' });
    await owner.next('typing').then((typing) => {
      expect(typing).toMatchObject({ conversationId: chat.id, sender: 'user', isTyping: false });
    });
    const stranger = await connect(door, shop.outsider.token);
    expect(await stranger.ask('typing:start', about)).toMatchObject({ code: 'not_found' });
    const nowhere = { ...about, conversationId: '6741c0c0a5f2d13b8c9e0aaa' };
    expect(await agent.ask('typing:start', nowhere)).toMatchObject({ code: 'not_found' });
  });

  it('tells who comes, what they look at, and who goes', async () => {
    const chat = await aChat();
    const owner = await join(door, shop.owner);
    const agent = await join(door, shop.agent);
    await agent.ask('presence:view', { shopId: shop.id, conversationId: chat.id });
    const of = (userId: string) =>
      owner
        .heard('presence')
        .filter((one) => one['userId'] === userId)
        .at(-1);
    await eventually(() =>
      expect(of(shop.agent.userId)).toEqual({
        shopId: shop.id,
        userId: shop.agent.userId,
        conversationIds: [chat.id],
        online: true,
      }),
    );
    const manager = await connect(door, shop.manager.token);
    const { online } = await manager.ask('shop:join', { shopId: shop.id });
    expect(online).toContainEqual({ userId: shop.agent.userId, conversationIds: [chat.id] });
    agent.close();
    await eventually(() => expect(of(shop.agent.userId)).toMatchObject({ online: false }));
  });

  it('lets a reader go that has stopped reading, and serves the others', async () => {
    const slow = await connect(door, shop.agent.token, unsearched());
    const other = await connect(door, shop.owner.token, unsearched());
    for (const client of [slow, other]) await client.ask('shop:join', { shopId: shop.id });
    slow.stopReading();
    const relay = app.nest.get(Relay, { strict: false });
    const data = { text: 'x'.repeat(20_000) };
    const room = shopRoom(shop.id);
    for (let turn = 0; turn < 40; turn++) {
      for (let one = 0; one < 100; one++) relay.send({ do: 'emit', room, event: 'big', data });
      await other.ask('ping', {});
      other.forget('big');
    }
    // What the reader does not read, it cannot be told either: the server has let it go.
    const doors = app.nest.get(Doors, { strict: false });
    await eventually(() => expect(doors.occupants(room)).toHaveLength(1));
    expect(await other.ask('ping', {})).toMatchObject({ ok: true });
  });
});

describe('a raw socket that comes back with its cookie alone', () => {
  it('is put back into the shops its session had joined, and only there', async () => {
    const account = anAccount();
    const registered = await app.request.post('/api/auth/register').send(account).expect(201);
    const cookies = registered.headers['set-cookie'] as unknown as string[];
    const headers = { Cookie: cookies.map((line) => line.split(';')[0]).join('; ') };
    const { username } = account;
    await shop.owner.post(`${shop.path}/team`, { username, role: 'agent' }).expect(201);
    const first = await openRawWs(app, { headers });
    await first.ask('shop:join', { shopId: shop.id });
    first.close();
    await first.closed;

    const second = await openRawWs(app, { headers });
    open.push(second);
    expect(await second.next('shop:restored')).toMatchObject({ shopId: shop.id });
    const chat = await aChat('are you back?');
    expect(await second.next('message:new')).toMatchObject({ conversationId: chat.id });
    await second.ask('shop:leave', { shopId: shop.id });
    second.close();

    const third = await openRawWs(app, { headers });
    open.push(third);
    await third.ask('ping', {});
    await aChat('anybody?');
    await third.ask('ping', {});
    expect(third.heard('message:new')).toEqual([]);
  });

  it('is not put back where it is no longer a member', async () => {
    const registered = await app.request.post('/api/auth/register').send(anAccount()).expect(201);
    const cookies = registered.headers['set-cookie'] as unknown as string[];
    const headers = { Cookie: cookies.map((line) => line.split(';')[0]).join('; ') };
    const { id, username } = registered.body.data.user as { id: string; username: string };
    await shop.owner.post(`${shop.path}/team`, { username, role: 'agent' }).expect(201);
    const first = await openRawWs(app, { headers });
    await first.ask('shop:join', { shopId: shop.id });
    first.close();
    await first.closed;
    await shop.owner.delete(`${shop.path}/team/${id}`).expect(200);
    const second = await openRawWs(app, { headers });
    open.push(second);
    await second.ask('ping', {});
    await aChat('secret');
    await second.ask('ping', {});
    expect(second.heard('shop:restored')).toEqual([]);
    expect(second.heard('message:new')).toEqual([]);
  });
});
