import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CustomerTokens } from '../src/auth/customer-tokens.service.js';
import type { StartedConversationResponse } from '../src/storefront/dto/started-conversation.response.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';

let app: TestApp;
let shop: ShopWorld;
let chats: string;

beforeAll(async () => {
  app = await createTestApp();
});

afterAll(() => app.close());

beforeEach(async () => {
  shop = await aShop(app);
  chats = `/api/public/shops/${shop.slug}/conversations`;
});

async function start(text = 'Do you have the beans?', at = chats) {
  const { body } = await app.request.post(at).send({ customerName: 'Su Su', text }).expect(201);
  const { conversation, token } = body.data as StartedConversationResponse;
  const path = `${chats}/${conversation.id}/messages`;
  return { id: conversation.id, conversation, token, path };
}

const read = (path: string, token: string) =>
  app.request.get(path).set('Authorization', `Bearer ${token}`);
const write = (path: string, token: string, message: object) =>
  app.request.post(path).set('Authorization', `Bearer ${token}`).send(message);

describe('web chat of the storefront', () => {
  it('opens a conversation without an account and answers a token for it', async () => {
    const { conversation, path, token } = await start();
    expect(Object.keys(conversation).sort()).toEqual([
      'createdAt',
      'customerName',
      'id',
      'messages',
      'status',
    ]);
    expect(conversation).toMatchObject({
      customerName: 'Su Su',
      status: 'open',
      messages: [{ sender: 'user', text: 'Do you have the beans?', attachment: null }],
    });
    const { body } = await read(path, token).expect(200);
    expect(body.data).toEqual(conversation.messages);
  });

  it('finds the shop by its id too, and none that is not there (404)', async () => {
    const byId = `/api/public/shops/${shop.id}/conversations`;
    const { id, token } = await start('hello', byId);
    await read(`${byId}/${id}/messages`, token).expect(200);
    const body = { customerName: 'Su Su', text: 'hello' };
    await app.request.post('/api/public/shops/no-such-shop/conversations').send(body).expect(404);
  });

  it('shows the team a new chat as unread, and a message in a closed one opens it', async () => {
    const { id, path, token } = await start('first');
    const inbox = `${shop.path}/conversations`;
    const unread = await shop.agent.get(`${inbox}/${id}`).expect(200);
    expect(unread.body.data).toMatchObject({
      channel: 'web',
      isRead: false,
      isAiActive: false,
      lastMessage: 'first',
      messages: [{ sender: 'user', senderId: null, messageNumber: 1 }],
    });
    // There is no route yet that closes a conversation.
    const conversations = app.connection.collection('conversations');
    await conversations.updateMany({}, { $set: { status: 'closed', isRead: true } });
    await write(path, token, { text: 'still there?' }).expect(201);
    const reopened = await shop.agent.get(`${inbox}/${id}`).expect(200);
    expect(reopened.body.data).toMatchObject({ status: 'open', isRead: false });
    await conversations.updateMany({}, { $set: { status: 'pending' } });
    await write(path, token, { text: 'hello?' }).expect(201);
    const pending = await shop.agent.get(`${inbox}/${id}`).expect(200);
    expect(pending.body.data.status).toBe('pending');
  });

  it('never shows a note to the customer, nor who of the team wrote', async () => {
    const { id, path, token } = await start();
    const staff = `${shop.path}/conversations/${id}/messages`;
    const note = { text: 'owes us money', isNote: true, clientMessageId: 'guess-me' };
    await shop.agent.post(staff, note).expect(201);
    await shop.agent.post(staff, { text: 'Yes, we do.' }).expect(201);
    const { body } = await read(path, token).expect(200);
    expect(body.data.map(({ text }: { text: string }) => text)).toEqual([
      'Yes, we do.',
      'Do you have the beans?',
    ]);
    const fields = ['attachment', 'id', 'sender', 'text', 'timestamp'];
    for (const message of body.data) expect(Object.keys(message).sort()).toEqual(fields);
    const guess = { text: 'hello', clientMessageId: 'guess-me', isNote: true };
    const guessed = await write(path, token, guess).expect(201);
    expect(guessed.body.data).toMatchObject({ sender: 'user', text: 'hello' });
    const seen = await read(path, token).expect(200);
    expect(seen.body.data).toHaveLength(3);
    expect(JSON.stringify(seen.body)).not.toContain('owes us money');
  });

  it('pages past notes without doubles', async () => {
    const { id, path, token } = await start('1');
    const staff = `${shop.path}/conversations/${id}/messages`;
    for (const n of [2, 3, 4, 5, 6]) {
      await shop.agent.post(staff, { text: `${n}`, isNote: n % 2 === 0 }).expect(201);
    }
    const first = await read(`${path}?limit=2`, token).expect(200);
    const { nextCursor } = first.body.meta;
    const second = await read(`${path}?limit=2&cursor=${nextCursor}`, token).expect(200);
    const texts = [...first.body.data, ...second.body.data].map(({ text }) => text);
    expect(texts).toEqual(['5', '3', '1']);
    expect(second.body.meta.nextCursor).toBeNull();
  });

  it('adds a repeated clientMessageId once', async () => {
    const { id, path, token } = await start();
    const message = { text: 'two please', clientMessageId: 'c-1' };
    const sent = await Promise.all(
      Array.from({ length: 5 }, () => write(path, token, message).expect(201)),
    );
    expect(new Set(sent.map(({ body }) => body.data.id)).size).toBe(1);
    expect((await read(path, token)).body.data).toHaveLength(2);
    const { body } = await shop.agent.get(`${shop.path}/conversations/${id}`).expect(200);
    expect(body.data).toMatchObject({ unreadCount: 2, messageCount: 2 });
  });

  it.each([
    ['no text', { customerName: 'Su Su' }],
    ['blank text', { customerName: 'Su Su', text: '  ' }],
    ['no name', { text: 'hello' }],
    ['an operator as name', { customerName: { $gt: '' }, text: 'hello' }],
    ['text that is too long', { customerName: 'Su Su', text: 'x'.repeat(5001) }],
  ])('refuses %s (400)', async (_, body) => {
    await app.request.post(chats).send(body).expect(400);
    const { body: inbox } = await shop.agent.get(`${shop.path}/conversations`).expect(200);
    expect(inbox.data).toEqual([]);
  });
});

describe('customer token', () => {
  it('opens a conversation until 30 days after its last message, notes not counted (401)', async () => {
    const { id, path, token } = await start();
    const conversations = app.connection.collection('conversations');
    const rest = (days: number) =>
      conversations.updateOne(
        { _id: app.connection.base.Types.ObjectId.createFromHexString(id) },
        { $set: { lastMessageAt: new Date(Date.now() - days * 24 * 3_600_000) } },
      );
    await rest(29);
    await read(path, token).expect(200);
    await rest(31);
    const staff = `${shop.path}/conversations/${id}/messages`;
    await shop.agent.post(staff, { text: 'quiet', isNote: true }).expect(201);
    expect((await read(path, token).expect(401)).body.error).toContain('start a new one');
    await write(path, token, { text: 'hello' }).expect(401);
    await shop.agent.post(staff, { text: 'Your beans are here.' }).expect(201);
    expect((await read(path, token).expect(200)).body.data).toHaveLength(2);
  });

  it('is asked for (401)', async () => {
    const { path } = await start();
    const { body } = await app.request.get(path).expect(401);
    expect(body.code).toBe('unauthenticated');
    await app.request.post(path).send({ text: 'hello' }).expect(401);
    await read(path, 'a.b.c').expect(401);
  });

  it('opens no other conversation of the shop (404)', async () => {
    const mine = await start();
    const other = await start();
    await read(other.path, mine.token).expect(404);
    await write(other.path, mine.token, { text: 'hello' }).expect(404);
    await read(`${chats}/not-an-id/messages`, mine.token).expect(404);
    expect((await read(other.path, other.token)).body.data).toHaveLength(1);
  });

  it('is worth nothing in another shop (401)', async () => {
    const { id, token } = await start();
    const other = await aShop(app);
    const path = `/api/public/shops/${other.slug}/conversations/${id}/messages`;
    await read(path, token).expect(401);
    await write(path, token, { text: 'hello' }).expect(401);
  });

  it('of an order opens no conversation, even of the same id (401)', async () => {
    const { id, path } = await start();
    const subject = { shopId: shop.id, subjectId: id };
    const token = app.nest.get(CustomerTokens).sign({ kind: 'order', ...subject });
    await read(path, token).expect(401);
  });

  it('is no access token, and an access token is none (401)', async () => {
    const { id, path, token } = await start();
    await read('/api/auth/me', token).expect(401);
    await read(`${shop.path}/conversations/${id}`, token).expect(401);
    await app.request.get('/api/auth/me').set('Cookie', `access_token=${token}`).expect(401);
    await read(path, shop.owner.token).expect(401);
    await write(path, shop.owner.token, { text: 'hello' }).expect(401);
  });
});

describe('limits of the storefront', () => {
  it('slows down who starts many chats (429)', async () => {
    const limited = await createTestApp({ RATE_LIMITS: 'on' });
    try {
      const path = '/api/public/shops/no-such-shop/conversations';
      const statuses: number[] = [];
      for (let n = 0; n < 11; n++) statuses.push((await limited.request.post(path)).status);
      expect(statuses.slice(0, 10)).not.toContain(429);
      expect(statuses[10]).toBe(429);
    } finally {
      await limited.close();
    }
  });
});
