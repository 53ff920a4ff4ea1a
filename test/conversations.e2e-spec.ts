import { Types } from 'mongoose';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConversationResponse } from '../src/conversations/dto/conversation.response.js';
import type { MessageResponse } from '../src/conversations/dto/message.response.js';
import type { SentMessageResponse } from '../src/conversations/dto/sent-message.response.js';
import { DomainEvents } from '../src/events/domain-events.js';
import { ShopsService } from '../src/shops/shops.service.js';
import { type Actor, aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';

let app: TestApp;
let shop: ShopWorld;
let inbox: string;

beforeAll(async () => {
  app = await createTestApp();
});

afterAll(() => app.close());

beforeEach(async () => {
  shop = await aShop(app);
  inbox = `${shop.path}/conversations`;
});

async function open(customerName = 'Su Su'): Promise<ConversationResponse> {
  const { body } = await shop.agent.post(inbox, { customerName }).expect(201);
  return body.data as ConversationResponse;
}

async function send(id: string, message: object, by: Actor = shop.agent) {
  const { body } = await by.post(`${inbox}/${id}/messages`, message).expect(201);
  return body.data as SentMessageResponse;
}

async function get(id: string): Promise<ConversationResponse> {
  const { body } = await shop.agent.get(`${inbox}/${id}`).expect(200);
  return body.data as ConversationResponse;
}

async function all<T>(path: string): Promise<T[]> {
  const rows: T[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { body } = await shop.agent.get(`${path}&cursor=${cursor}`.replace(/&cursor=$/, ''));
    rows.push(...(body.data as T[]));
    cursor = body.meta.nextCursor as string | null;
  }
  return rows;
}

describe('conversations', () => {
  it('opens a conversation, read and empty, and shows it in the inbox', async () => {
    const opened = await open('  Su Su ');
    expect(opened).toMatchObject({
      shopId: shop.id,
      customerName: 'Su Su',
      channel: 'web',
      status: 'open',
      assigneeId: null,
      tags: [],
      notes: '',
      isRead: true,
      isAiActive: false,
      messageCount: 0,
      messages: [],
    });
    expect(await get(opened.id)).toEqual(opened);
    const { body } = await shop.agent.get(inbox).expect(200);
    expect(body).toEqual({ success: true, data: [opened], meta: { nextCursor: null } });
  });

  it('refuses a wrong channel and an empty name, naming both (400)', async () => {
    const { body } = await shop.agent
      .post(inbox, { customerName: ' ', channel: 'fax' })
      .expect(400);
    expect(body.details.map(({ field }: { field: string }) => field).sort()).toEqual([
      'channel',
      'customerName',
    ]);
  });

  it('pages the inbox by newest activity, whole and without doubles', async () => {
    const opened: string[] = [];
    for (let n = 0; n < 7; n++) opened.push((await open(`Customer ${n}`)).id);
    await send(opened[2]!, { text: 'hello' });
    const order = [2, 6, 5, 4, 3, 1, 0].map((n) => opened[n]);
    const paged = await all<ConversationResponse>(`${inbox}?limit=3`);
    expect(paged.map(({ id }) => id)).toEqual(order);
    expect(paged[0]!.messages).toMatchObject([{ text: 'hello' }]);
  });

  it('loses none between two pages that end in the same millisecond', async () => {
    const opened = await Promise.all(Array.from({ length: 7 }, (_, n) => open(`Customer ${n}`)));
    // The clock cannot be asked for this.
    const conversations = app.connection.collection('conversations');
    await conversations.updateMany({}, { $set: { lastMessageAt: new Date() } });
    const paged = await all<ConversationResponse>(`${inbox}?limit=3`);
    const newestFirst = opened.map(({ id }) => id).sort((a, b) => (a < b ? 1 : -1));
    expect(paged.map(({ id }) => id)).toEqual(newestFirst);
  });

  it('gives no change a number below one that another process has written meanwhile', async () => {
    const { id } = await open();
    const shops = app.nest.get(ShopsService, { strict: false });
    const nextSeq = shops.nextSeq.bind(shops);
    let later = 0;
    vi.spyOn(shops, 'nextSeq').mockImplementationOnce(async (shopId) => {
      const seq = await nextSeq(shopId);
      later = await nextSeq(shopId);
      await app.connection
        .collection('conversations')
        .updateOne({ _id: new Types.ObjectId(id) }, { $set: { seq: later, notes: 'theirs' } });
      return seq;
    });
    const { body } = await shop.agent.put(`${inbox}/${id}`, { tags: ['ours'] }).expect(200);
    expect(body.data).toMatchObject({ tags: ['ours'], notes: 'theirs' });
    expect(body.data.seq).toBeGreaterThan(later);
    expect(await get(id)).toEqual(body.data);
  });

  it('hides everything from an outsider (404)', async () => {
    const { id } = await open();
    const { outsider } = shop;
    await outsider.get(inbox).expect(404);
    await outsider.post(inbox, { customerName: 'x' }).expect(404);
    await outsider.get(`${inbox}/${id}`).expect(404);
    await outsider.get(`${inbox}/${id}/messages`).expect(404);
    await outsider.post(`${inbox}/${id}/messages`, { text: 'x' }).expect(404);
  });

  it('does not find a conversation through another shop (404)', async () => {
    const { id } = await open();
    const other = await aShop(app);
    const foreign = `${other.path}/conversations/${id}`;
    await other.owner.get(foreign).expect(404);
    await other.owner.get(`${foreign}/messages`).expect(404);
    await other.owner.post(`${foreign}/messages`, { text: 'x' }).expect(404);
    await other.owner.get(`${other.path}/conversations/not-an-id`).expect(404);
    expect((await get(id)).messageCount).toBe(0);
  });
});

describe('messages', () => {
  it('answers the conversation with the new message last, and the message itself', async () => {
    const { id } = await open();
    await send(id, { text: 'first' });
    const sent = await send(id, {
      id: 'msg_1',
      sender: 'user',
      senderId: shop.owner.userId,
      timestamp: 1,
      text: '$lastMessageAt',
      isNote: false,
      attachment: null,
    });
    expect(sent.message).toMatchObject({
      conversationId: id,
      shopId: shop.id,
      messageNumber: 2,
      sender: 'seller',
      senderId: shop.agent.userId,
      text: '$lastMessageAt',
      attachment: null,
      isNote: false,
    });
    expect(Date.now() - sent.message.timestamp).toBeLessThan(60_000);
    expect(sent.messages.map(({ text }) => text)).toEqual(['first', '$lastMessageAt']);
    expect(sent.messages.at(-1)).toEqual(sent.message);
    expect(sent).toMatchObject({ lastMessage: '$lastMessageAt', messageCount: 2 });
    expect(sent.seq).toBe(sent.message.seq);
    expect(Date.parse(sent.updatedAt)).toBeGreaterThan(Date.parse(sent.createdAt));
  });

  it('gives 50 parallel senders the numbers 1 to 50, each once, under numbers of the shop that rise with them', async () => {
    const { id, seq } = await open();
    const team = [shop.owner, shop.admin, shop.manager, shop.agent];
    const sent = await Promise.all(
      Array.from({ length: 50 }, (_, n) => send(id, { text: `message ${n}` }, team[n % 4])),
    );
    const numbers = sent.map(({ message }) => message.messageNumber).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
    expect(new Set(sent.map(({ message }) => message.seq)).size).toBe(50);
    const inOrder = sent.map(({ message }) => message).sort((a, b) => a.seq - b.seq);
    expect(inOrder.map(({ messageNumber }) => messageNumber)).toEqual(numbers);
    for (const { message, messages } of sent) expect(messages.at(-1)).toEqual(message);
    const now = await get(id);
    expect(now.messageCount).toBe(50);
    expect(now.seq).toBe(Math.max(...sent.map(({ message }) => message.seq)));
    expect(now.seq).toBeGreaterThanOrEqual(seq + 50);
    expect(now.lastMessage).toBe(now.messages.at(-1)!.text);
  });

  it('adds a repeated clientMessageId once, and changes nothing the second time', async () => {
    const { id } = await open();
    const first = await send(id, { text: 'hello', clientMessageId: 'c-1' });
    const again = await send(id, { text: 'hello again', clientMessageId: 'c-1' });
    expect(again).toEqual(first);
    expect(await get(id)).toMatchObject({ messageCount: 1, lastMessage: 'hello', seq: first.seq });
  });

  it('adds a clientMessageId that is sent ten times at once only once', async () => {
    const { id } = await open();
    const events: string[] = [];
    app.nest.get(DomainEvents).on('message.created', ({ message }) => {
      if (message.conversationId === id) events.push(message.id);
    });
    const message = { text: 'hello', clientMessageId: 'c-1' };
    const sent = await Promise.all(Array.from({ length: 10 }, () => send(id, message)));
    const stored = new Set(sent.map((one) => JSON.stringify(one.message)));
    expect(stored.size).toBe(1);
    expect(await get(id)).toMatchObject({ messageCount: 1, messages: [sent[0]!.message] });
    expect(events).toEqual([sent[0]!.message.id]);
    const { body } = await shop.agent.get(inbox).expect(200);
    expect(body.data[0].messages).toEqual([sent[0]!.message]);
  });

  it('takes a clientMessageId for one conversation only', async () => {
    const [one, other] = [await open(), await open()];
    const first = await send(one.id, { text: 'hello', clientMessageId: 'c-1' });
    const second = await send(other.id, { text: 'hello', clientMessageId: 'c-1' });
    expect(second.message.id).not.toBe(first.message.id);
  });

  it('keeps a note out of the excerpt, the order of the inbox and the last message', async () => {
    const { id } = await open();
    const spoken = await send(id, { text: 'hello' });
    await open('Later');
    const noted = await send(id, { text: 'difficult customer', isNote: true });
    expect(noted.message).toMatchObject({ isNote: true, messageNumber: 2 });
    expect(noted).toMatchObject({
      lastMessage: 'hello',
      lastMessageAt: spoken.lastMessageAt,
      isRead: true,
    });
    expect(noted.seq).toBeGreaterThan(spoken.seq);
    const { body } = await shop.agent.get(inbox).expect(200);
    expect(body.data[1]).toMatchObject({ id, messages: [{ text: 'hello' }] });
  });

  it('pages messages newest first, whole and without doubles', async () => {
    const { id } = await open();
    for (let n = 1; n <= 8; n++) await send(id, { text: `message ${n}` });
    const paged = await all<MessageResponse>(`${inbox}/${id}/messages?limit=3`);
    expect(paged.map(({ messageNumber }) => messageNumber)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    await shop.agent.get(`${inbox}/${id}/messages?limit=201`).expect(400);
    const { body } = await shop.agent.get(`${inbox}/${id}/messages?cursor=x`).expect(400);
    expect(body.code).toBe('invalid_cursor');
  });

  it('wants text unless there is an attachment (400)', async () => {
    const { id } = await open();
    const messages = `${inbox}/${id}/messages`;
    const attachment = { type: 'image', url: 'https://media.example.com/a.webp', name: 'a.webp' };
    for (const message of [{ text: '' }, { text: ' \n' }, {}, { text: '', attachment: null }]) {
      const { body } = await shop.agent.post(messages, message).expect(400);
      expect(body.details[0].field).toBe('text');
    }
    const sent = await send(id, { text: '', attachment });
    expect(sent.message.attachment).toEqual(attachment);
    expect(sent.lastMessage).toBe('a.webp');
  });

  it.each([
    ['a data URL', { text: '', attachment: { type: 'image', url: 'data:image/png;base64,AA' } }],
    ['a script URL', { text: '', attachment: { type: 'image', url: 'javascript:alert(1)' } }],
    ['another type', { text: '', attachment: { type: 'exe', url: 'https://a.example/b' } }],
    ['a list of attachments', { text: 'x', attachment: [] }],
    ['text that is too long', { text: 'x'.repeat(5001) }],
    ['text that is an operator', { text: { $gt: '' } }],
    ['a clientMessageId that is an operator', { text: 'x', clientMessageId: { $ne: null } }],
  ])('refuses %s (400)', async (_, message) => {
    const { id } = await open();
    await shop.agent.post(`${inbox}/${id}/messages`, message).expect(400);
    expect((await get(id)).messageCount).toBe(0);
  });

  it('cuts the excerpt at 200 characters, never inside one', async () => {
    const { id } = await open();
    const sent = await send(id, { text: `${'x'.repeat(199)}😀 and more` });
    expect(sent.lastMessage).toBe('x'.repeat(199));
  });

  it('tells of the message, then of its conversation, after the write', async () => {
    const { id } = await open();
    const heard: [string, unknown][] = [];
    const events = app.nest.get(DomainEvents);
    events.on('message.created', ({ shopId, message }) => {
      if (shopId === shop.id) heard.push(['message', message]);
    });
    events.on('conversation.updated', ({ shopId, conversation }) => {
      if (shopId === shop.id) heard.push(['conversation', conversation]);
    });
    const { message, ...conversation } = await send(id, { text: 'hello' });
    expect(heard).toEqual([
      ['message', message],
      ['conversation', { ...conversation, messages: [message] }],
    ]);
  });
});
