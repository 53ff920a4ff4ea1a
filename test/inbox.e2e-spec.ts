import { setTimeout as pause } from 'node:timers/promises';
import { getModelToken } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import type supertest from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ConversationsService } from '../src/conversations/conversations.service.js';
import type { ConversationResponse } from '../src/conversations/dto/conversation.response.js';
import { Message } from '../src/conversations/message.schema.js';
import { DomainEvents } from '../src/events/domain-events.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { eventually } from './support/eventually.js';

let app: TestApp;
let shop: ShopWorld;
let inbox: string;

beforeAll(async () => {
  app = await createTestApp();
  shop = await aShop(app);
  inbox = `${shop.path}/conversations`;
});

afterEach(() => void vi.restoreAllMocks());

afterAll(() => app.close());

interface Chat {
  id: string;
  write: (text: string) => Promise<void>;
  /** For when it may fail, or be sent again. */
  tryToWrite: (text: string, clientMessageId: string) => supertest.Test;
}

/** A customer's chat with one message in it. */
async function aChat(customerName: string, text = 'Hello', of = shop): Promise<Chat> {
  const chats = `/api/public/shops/${of.slug}/conversations`;
  const { body } = await app.request.post(chats).send({ customerName, text }).expect(201);
  const { conversation, token } = body.data;
  const tryToWrite = (more: string, clientMessageId?: string) =>
    app.request
      .post(`${chats}/${conversation.id}/messages`)
      .set('Authorization', `Bearer ${token}`)
      .send({ text: more, clientMessageId });
  const write = async (more: string) => {
    await tryToWrite(more).expect(201);
  };
  return { id: conversation.id, write, tryToWrite };
}

const put = (id: string, change: object) => shop.agent.put(`${inbox}/${id}`, change);

async function get(id: string): Promise<ConversationResponse> {
  return (await shop.agent.get(`${inbox}/${id}`).expect(200)).body.data;
}

const messages = () => app.nest.get<Model<Message>>(getModelToken(Message.name), { strict: false });

/** As when the database refuses it. */
function refuseOneStore(): void {
  vi.spyOn(messages(), 'create').mockRejectedValueOnce(new Error('the disk is full'));
}

function slowDownOneStore(): void {
  const create = messages().create.bind(messages()) as (...given: unknown[]) => Promise<never>;
  vi.spyOn(messages(), 'create').mockImplementationOnce((async (...given: unknown[]) => {
    await pause(1_500);
    return create(...given);
  }) as never);
}

/** As when the process dies: nothing is put right either. */
function dieBeforeOneStore(): void {
  refuseOneStore();
  const conversations = app.nest.get(ConversationsService, { strict: false });
  vi.spyOn(conversations, 'takeBackNumber').mockRejectedValueOnce(new Error('dead'));
}

describe('a conversation that the team works on', () => {
  it('takes the whole object of the app, and keeps what is not of the team to change', async () => {
    const { id } = await aChat('Su Su');
    const whole = await get(id);
    const { body } = await put(id, {
      ...whole,
      messages: [],
      seq: 0,
      messageCount: 0,
      shopId: 'other',
      status: 'pending',
      assigneeId: shop.manager.userId,
      tags: ['wholesale', ' wholesale', '$vip'],
      notes: '$notes',
      isAiActive: true,
    }).expect(200);
    expect(body.data).toMatchObject({
      id,
      shopId: shop.id,
      customerName: 'Su Su',
      status: 'pending',
      assigneeId: shop.manager.userId,
      tags: ['wholesale', '$vip'],
      notes: '$notes',
      isAiActive: true,
      messageCount: 1,
    });
    expect(body.data.messages).toHaveLength(1);
    expect(body.data.seq).toBeGreaterThan(whole.seq);
    const { body: freed } = await put(id, { assigneeId: '' }).expect(200);
    expect(freed.data).toMatchObject({ assigneeId: null, status: 'pending', notes: '$notes' });
  });

  it.each([
    ['assigneeId', 'somebody'],
    ['assigneeId', { $ne: null }],
    ['status', 'gone'],
    ['tags', Array(21).fill('a')],
    ['tags', ['']],
    ['notes', 'x'.repeat(5001)],
    ['isRead', 'yes'],
    ['readUpTo', -1],
  ])('refuses a wrong %s (400)', async (field, value) => {
    const { id } = await aChat('Su Su');
    const { body } = await put(id, { [field]: value }).expect(400);
    expect(body.details[0].field).toContain(field);
  });

  it('is assigned to members only, and not changed by strangers', async () => {
    const { id } = await aChat('Su Su');
    const { body } = await put(id, { assigneeId: shop.outsider.userId }).expect(400);
    expect(body.details).toEqual([
      { field: 'assigneeId', message: 'assigneeId must be a member of this shop' },
    ]);
    await shop.outsider.put(`${inbox}/${id}`, { status: 'closed' }).expect(404);
    const foreign = await aShop(app);
    await foreign.owner
      .put(`${foreign.path}/conversations/${id}`, { status: 'closed' })
      .expect(404);
    expect((await get(id)).status).toBe('open');
  });
});

describe('what is unread', () => {
  it('counts the messages since the team read or answered, in a conversation and in the shop', async () => {
    const world = await aShop(app);
    const path = `${world.path}/conversations`;
    const unread = async () => (await world.agent.get(`${path}/unread`).expect(200)).body.data;
    expect(await unread()).toEqual({ conversations: 0, messages: 0 });
    const one = await aChat('Su Su', 'Hello', world);
    const two = await aChat('Aung', 'Hello', world);
    await one.write('Are you there?');
    expect(await unread()).toEqual({ conversations: 2, messages: 3 });
    await world.agent.put(`${path}/${one.id}`, { isRead: true }).expect(200);
    expect(await unread()).toEqual({ conversations: 1, messages: 1 });
    await world.agent.post(`${path}/${two.id}/messages`, { text: 'Note', isNote: true });
    expect(await unread()).toEqual({ conversations: 1, messages: 1 });
    await world.agent.post(`${path}/${two.id}/messages`, { text: 'Yes!' }).expect(201);
    expect(await unread()).toEqual({ conversations: 0, messages: 0 });
    await world.agent.put(`${path}/${two.id}`, { isRead: false }).expect(200);
    expect(await unread()).toEqual({ conversations: 1, messages: 1 });
  });

  it('stays unread when the customer wrote after what was seen', async () => {
    const chat = await aChat('Su Su');
    const seen = (await get(chat.id)).messageCount;
    await chat.write('One more thing');
    const { body } = await put(chat.id, { isRead: true, readUpTo: seen }).expect(200);
    expect(body.data).toMatchObject({ isRead: false, unreadCount: 2 });
    await put(chat.id, { isRead: true, readUpTo: seen + 1 }).expect(200);
    expect(await get(chat.id)).toMatchObject({ isRead: true, unreadCount: 0 });
  });
});

describe('the inbox', () => {
  it('is filtered by status, channel, assignee, what is unread, tag and text', async () => {
    const world = await aShop(app);
    const path = `${world.path}/conversations`;
    const su = await aChat('Su Su', 'Do you have beans?', world);
    const aung = await aChat('Aung Aung', 'Hello', world);
    const viber = await world.agent
      .post(path, { customerName: 'Myat', channel: 'viber' })
      .expect(201);
    const myat = { id: viber.body.data.id as string };
    await world.agent
      .put(`${path}/${aung.id}`, {
        status: 'closed',
        assigneeId: world.agent.userId,
        tags: ['wholesale'],
        isRead: true,
      })
      .expect(200);
    const list = async (query: string): Promise<string[]> => {
      const { body } = await world.agent.get(`${path}?${query}`).expect(200);
      return body.data.map(({ id }: { id: string }) => id);
    };
    expect(await list('')).toEqual([myat.id, aung.id, su.id]);
    expect(await list('status=closed')).toEqual([aung.id]);
    expect(await list('channel=viber')).toEqual([myat.id]);
    expect(await list(`assigneeId=${world.agent.userId}`)).toEqual([aung.id]);
    expect(await list('assigneeId=none')).toEqual([myat.id, su.id]);
    expect(await list('unread=true')).toEqual([su.id]);
    expect(await list('unread=false')).toEqual([myat.id, aung.id]);
    expect(await list('tag=wholesale')).toEqual([aung.id]);
    expect(await list('q=aun')).toEqual([aung.id]);
    expect(await list('q=beans')).toEqual([su.id]);
    expect(await list('q=...')).toEqual([]);
    expect(await list('assigneeId=none&status=open&q=my')).toEqual([myat.id]);
    const first = await world.agent.get(`${path}?assigneeId=none&limit=1`).expect(200);
    const cursor = first.body.meta.nextCursor;
    expect(await list(`assigneeId=none&limit=1&cursor=${cursor}`)).toEqual([su.id]);
    await world.agent.get(`${path}?assigneeId=me`).expect(400);
    await world.agent.get(`${path}?unread=maybe`).expect(400);
  });
});

describe('an answer to a conversation that has moved on', () => {
  const answer = (id: string, expectedMessageNumber: number, clientMessageId?: string) =>
    shop.agent.post(`${inbox}/${id}/messages`, {
      text: 'Yes',
      expectedMessageNumber,
      clientMessageId,
    });

  it('is not added when that was asked for (409), and the answer tells what is new', async () => {
    const chat = await aChat('Su Su');
    await chat.write('Never mind');
    const { body } = await answer(chat.id, 1).expect(409);
    expect(body.code).toBe('conversation_moved_on');
    expect(body.data.messages.map(({ text }: { text: string }) => text)).toEqual(['Never mind']);
    expect((await get(chat.id)).messageCount).toBe(2);
    await answer(chat.id, 2).expect(201);
    await answer(chat.id, 1_000_000).expect(400);
    await answer('6741c0c0a5f2d13b8c9e0aaa', 2).expect(404);
  });

  it('is not added while what is new is still being stored (409)', async () => {
    const chat = await aChat('Su Su');
    slowDownOneStore();
    const slow = answer(chat.id, 1).expect(201);
    const sent = Promise.resolve(slow);
    await eventually(async () => expect((await get(chat.id)).messageCount).toBe(2));
    const { body } = await answer(chat.id, 1).expect(409);
    expect(body).toMatchObject({
      code: 'conversation_moved_on',
      data: { messages: [], messageCount: 2 },
    });
    await sent;
    expect(await get(chat.id)).toMatchObject({ messageCount: 2, messages: [{}, { text: 'Yes' }] });
  });

  it('can be added above the number of a sender who died before the message was written', async () => {
    const chat = await aChat('Su Su');
    const { Types } = app.connection.base;
    await app.connection
      .collection('conversations')
      .updateOne({ _id: new Types.ObjectId(chat.id) }, { $inc: { messageCount: 1 } });
    const { body: refused } = await answer(chat.id, 1).expect(409);
    expect(refused.data).toEqual({ messages: [], messageCount: 2 });
    const { body } = await answer(chat.id, 2).expect(201);
    expect(body.data.message.messageNumber).toBe(3);
  });

  it("is not taken for a colleague's that bears the same name (409): nothing is lost unseen", async () => {
    const chat = await aChat('Su Su');
    const named = { text: 'Mine', clientMessageId: 'same-name' };
    await shop.agent.post(`${inbox}/${chat.id}/messages`, named).expect(201);
    const { body } = await shop.owner.post(`${inbox}/${chat.id}/messages`, named).expect(409);
    expect(body.error).toContain('clientMessageId');
    const other = { ...named, clientMessageId: 'other-name' };
    await shop.owner.post(`${inbox}/${chat.id}/messages`, other).expect(201);
    expect(await get(chat.id)).toMatchObject({ messageCount: 3 });
  });

  it('is the same answer when it is sent twice at once', async () => {
    const chat = await aChat('Su Su');
    const answers = await Promise.all([1, 2, 3].map(() => answer(chat.id, 1, 'twice')));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(await get(chat.id)).toMatchObject({ messageCount: 2 });
  });

  it('is added by one of ten that answer the same message at once', async () => {
    const chat = await aChat('Su Su');
    const answers = await Promise.all(Array.from({ length: 10 }, () => answer(chat.id, 1)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(9);
  });
});

describe('a repetition that others overtake', () => {
  it('takes no second number, and changes nothing', async () => {
    const chat = await aChat('Su Su');
    const create = messages().create.bind(messages()) as (...given: unknown[]) => Promise<never>;
    vi.spyOn(messages(), 'create').mockImplementationOnce((async (...given: unknown[]) => {
      await pause(300);
      return create(...given);
    }) as never);
    const say = (text: string, clientMessageId: string) =>
      shop.agent
        .post(`${inbox}/${chat.id}/messages`, { text, clientMessageId })
        .expect(201)
        .then(({ body }) => body.data.message.messageNumber as number);
    const first = say('Yes', 'slow');
    await pause(100);
    await chat.write('Are you there?');
    const numbers = [await say('Yes', 'slow'), await first];
    expect(numbers).toEqual([2, 2]);
    const after = await get(chat.id);
    expect(after).toMatchObject({ messageCount: 3, unreadCount: 1, isRead: false });
    expect(after.messages.map(({ messageNumber }) => messageNumber)).toEqual([1, 2, 3]);
  });
});

describe('a message that is stored late', () => {
  it('is told to who has read on to later numbers meanwhile', async () => {
    const chat = await aChat('Su Su');
    const create = messages().create.bind(messages()) as (...given: unknown[]) => Promise<never>;
    vi.spyOn(messages(), 'create').mockImplementationOnce((async (...given: unknown[]) => {
      await pause(2_100);
      return create(...given);
    }) as never);
    const late = shop.agent.post(`${inbox}/${chat.id}/messages`, { text: 'Late' }).expect(201);
    const sent = late.then(({ body }) => body.data.message.seq as number);
    await pause(500);
    const shops = app.connection.collection('shops');
    await shops.updateOne({ _id: new Types.ObjectId(shop.id) }, { $inc: { seq: 1_000 } });
    await chat.write('On time');
    const since = (await get(chat.id)).seq;
    expect(await sent).toBeGreaterThan(since);
    const { body } = await shop.agent.get(`${shop.path}/changes?since=${since}`).expect(200);
    expect(body.data.messages.at(-1)).toMatchObject({ text: 'Late', seq: await sent });
  });
});

describe('a message that cannot be stored', () => {
  const answer = (id: string, more: object = {}) =>
    shop.agent.post(`${inbox}/${id}/messages`, { text: 'Yes', clientMessageId: 'a-1', ...more });

  /** But for the numbers and times of changes. */
  const shown = ({ seq: _seq, updatedAt: _at, ...rest }: ConversationResponse) => rest;

  it('leaves the conversation as it was, tells everybody so, and can be sent again', async () => {
    const chat = await aChat('Su Su');
    await chat.write('Are you there?');
    const before = await get(chat.id);
    const told: ConversationResponse[] = [];
    app.nest.get(DomainEvents).on('conversation.updated', ({ conversation }) => {
      if (conversation.id === chat.id) told.push(conversation);
    });
    refuseOneStore();
    await answer(chat.id).expect(500);
    const after = await get(chat.id);
    expect(shown(after)).toEqual(shown(before));
    expect(after).toMatchObject({ isRead: false, unreadCount: 2, lastMessage: 'Are you there?' });
    expect(told).toEqual([{ ...after, messages: [] }]);
    const { body: found } = await shop.agent.get(`${inbox}?q=yes&unread=true`).expect(200);
    expect(found.data).toEqual([]);
    const { body } = await answer(chat.id, { expectedMessageNumber: 2 }).expect(201);
    expect(body.data).toMatchObject({ messageCount: 3, isRead: true, unreadCount: 0 });
  });

  it.each(['a note', "the customer's", 'an answer'])(
    'leaves what the team has read as read (%s)',
    async (kind) => {
      const chat = await aChat('Su Su');
      await put(chat.id, { isRead: true }).expect(200);
      const before = await get(chat.id);
      refuseOneStore();
      if (kind === "the customer's") await chat.tryToWrite('Hello?', 'c-1').expect(500);
      else await answer(chat.id, { isNote: kind === 'a note' }).expect(500);
      expect(shown(await get(chat.id))).toEqual(shown(before));
    },
  );

  it('waits for one before it that is just being stored', async () => {
    const chat = await aChat('Su Su');
    const create = messages().create.bind(messages()) as (...given: unknown[]) => Promise<never>;
    vi.spyOn(messages(), 'create')
      .mockImplementationOnce((async (...given: unknown[]) => {
        await pause(200);
        return create(...given);
      }) as never)
      .mockRejectedValueOnce(new Error('the disk is full'));
    const written = chat.write('Are you there?');
    await eventually(async () => expect((await get(chat.id)).messageCount).toBe(2));
    await answer(chat.id).expect(500);
    await written;
    expect(await get(chat.id)).toMatchObject({ unreadCount: 2, lastMessage: 'Are you there?' });
  });

  it('after a crash is counted once, however often it is sent again at once', async () => {
    const chat = await aChat('Su Su');
    dieBeforeOneStore();
    await chat.tryToWrite('Are you there?', 'c-1').expect(500);
    const again = Array.from({ length: 5 }, () => chat.tryToWrite('Are you there?', 'c-1'));
    for (const { status } of await Promise.all(again)) expect(status).toBe(201);
    expect(await get(chat.id)).toMatchObject({ unreadCount: 2, messageCount: 2, isRead: false });
    dieBeforeOneStore();
    await answer(chat.id, { expectedMessageNumber: 2 }).expect(500);
    const { body } = await answer(chat.id, { expectedMessageNumber: 2 }).expect(201);
    expect(body.data).toMatchObject({ unreadCount: 0, messageCount: 3, isRead: true });
  });

  it('whose sender was only slow is there once, and the next has a number of its own', async () => {
    const chat = await aChat('Su Su');
    slowDownOneStore();
    const first = chat.tryToWrite('Are you there?', 'c-1');
    const slow = Promise.resolve(first.expect(201));
    await eventually(async () => expect((await get(chat.id)).messageCount).toBe(2));
    await chat.tryToWrite('Are you there?', 'c-1').expect(201);
    await chat.write('Hello?');
    await slow;
    const now = await get(chat.id);
    expect(now.messages.map(({ messageNumber }) => messageNumber)).toEqual([1, 2, 3]);
    expect(now).toMatchObject({ unreadCount: 3, messageCount: 3, lastMessage: 'Hello?' });
  });
});

describe('a note', () => {
  it('that is sent twenty times at once takes one number', async () => {
    const chat = await aChat('Su Su');
    const note = { text: 'Wholesale', isNote: true, clientMessageId: 'n-1' };
    const send = () => shop.agent.post(`${inbox}/${chat.id}/messages`, note).expect(201);
    const sent = await Promise.all(Array.from({ length: 20 }, send));
    expect(new Set(sent.map(({ body }) => body.data.message.messageNumber))).toEqual(new Set([2]));
    expect(await get(chat.id)).toMatchObject({ messageCount: 2 });
    await chat.write('Hello?');
    expect(await get(chat.id)).toMatchObject({ messageCount: 3, lastMessage: 'Hello?' });
  });
});
