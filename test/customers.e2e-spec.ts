import { setTimeout as sleep } from 'node:timers/promises';
import { getModelToken } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CustomerFollowUpsService } from '../src/customers/customer-follow-ups.service.js';
import { ConversationCustomersService } from '../src/conversations/conversation-customers.service.js';
import {
  type CustomerRecords,
  CustomerRecordsService,
} from '../src/customers/customer-records.service.js';
import { Customer } from '../src/customers/customer.schema.js';
import type { CustomerResponse } from '../src/customers/dto/customer.response.js';
import { OrderCustomersService } from '../src/orders/order-customers.service.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aForm, aProduct } from './support/bodies.js';
import { eventually } from './support/eventually.js';
import { anOrder } from './support/orders.js';

type Json = Record<string, any>;

const PNG =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
/** Nobody listens there. */
const WEBHOOK_ALLOWED_HOSTS = 'localhost:9';
const LATER = () => new Date(Date.now() + 120_000);

let app: TestApp;
let shop: ShopWorld;
let productId: string;
let formId: string;
let path: string;

beforeAll(async () => {
  app = await createTestApp({ WEBHOOK_ALLOWED_HOSTS });
});

afterAll(() => app.close());

beforeEach(async () => {
  shop = await aShop(app);
  path = `${shop.path}/customers`;
  const product = await shop.owner.post(`${shop.path}/products`, aProduct({ stock: 1000 }));
  productId = product.body.data.id;
  const form = await shop.owner.post(`${shop.path}/forms`, aForm());
  formId = form.body.data.id;
});

async function order(customer: Json, more: Json = {}): Promise<Json> {
  const sent = { customer, items: [{ productId, quantity: 1 }], ...more };
  return (await shop.owner.post(`${shop.path}/orders`, sent).expect(201)).body.data;
}

interface Chat {
  id: string;
  customerId: string | null;
  write: (text: string) => Promise<void>;
}

async function chat(start: Json, text = 'Hello'): Promise<Chat> {
  const chats = `/api/public/shops/${shop.slug}/conversations`;
  const { body } = await app.request
    .post(chats)
    .send({ text, ...start })
    .expect(201);
  const { conversation, token } = body.data;
  const inbox = await shop.agent.get(`${shop.path}/conversations/${conversation.id}`).expect(200);
  const write = async (more: string) => {
    await app.request
      .post(`${chats}/${conversation.id}/messages`)
      .set('Authorization', `Bearer ${token}`)
      .send({ text: more })
      .expect(201);
  };
  return { id: conversation.id, customerId: inbox.body.data.customerId, write };
}

async function enter(customer: Json): Promise<CustomerResponse> {
  return (await shop.manager.post(path, customer).expect(201)).body.data;
}

async function read(customerId: string): Promise<Json> {
  return (await shop.agent.get(`${path}/${customerId}`).expect(200)).body.data;
}

async function names(query = ''): Promise<string[]> {
  const { body } = await shop.agent.get(`${path}${query}`).expect(200);
  return body.data.map(({ name }: { name: string }) => name);
}

const merge = (fromId: string, intoId: string) =>
  shop.manager.post(`${path}/${fromId}/merge`, { intoId });

const erase = (customerId: string) => shop.admin.post(`${path}/${customerId}/erase`);

describe('one person', () => {
  it('is one customer over orders and chats, however phone and e-mail are written', async () => {
    const first = await order({ name: 'Aung Aung', phone: '+95 9 123 456' });
    const second = await order({ name: 'U Aung', phone: '09-123-456', email: 'aung@example.com' });
    const third = await order({ name: 'Aung', email: 'AUNG@example.com', address: '12 Strand Rd' });
    const chatted = await chat({ customerName: 'Aung', phone: '၀၉ ၁၂၃ ၄၅၆' });
    const { customerId } = first;
    expect([second.customerId, third.customerId, chatted.customerId]).toEqual(
      Array(3).fill(customerId),
    );
    const { customer, history } = await read(customerId);
    expect(customer).toMatchObject({
      name: 'Aung Aung',
      phones: ['+95 9 123 456'],
      emails: ['aung@example.com'],
      address: '12 Strand Rd',
    });
    expect(history).toMatchObject({
      orderCount: 3,
      lastOrderAt: third.submittedAt,
      conversations: [{ id: chatted.id, lastMessage: 'Hello' }],
      nextOrdersCursor: null,
    });
    expect(history.orders.map(({ id }: Json) => id)).toEqual([third.id, second.id, first.id]);
    expect(await names()).toEqual(['Aung Aung']);
  });

  it('is one customer when twenty first orders and chats come at once', async () => {
    const model = app.nest.get<Model<Customer>>(getModelToken(Customer.name));
    const create = model.create.bind(model) as (...sent: unknown[]) => Promise<never>;
    // All of them have looked for the customer before one is made.
    const making = vi.spyOn(model, 'create').mockImplementation(async (...sent: unknown[]) => {
      await sleep(300);
      return create(...sent);
    });
    const customers = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const phone = i % 2 ? '+95 9 777 888' : '09 777 888';
        const done =
          i % 3 ? await order({ name: 'Su', phone }) : await chat({ customerName: 'Su', phone });
        return done['customerId' as never];
      }),
    );
    expect(making.mock.calls.length).toBeGreaterThan(1);
    expect(new Set(customers).size).toBe(1);
    expect(await names()).toEqual(['Su']);
  });

  it('is one person of one country: the same digits elsewhere are another', async () => {
    const [here, there] = [
      await order({ name: 'Yangon', phone: '+95 9 123 456 789' }),
      await order({ name: 'Bangkok', phone: '+66 9 123 456 789' }),
    ];
    expect(there.customerId).not.toBe(here.customerId);
    for (const [phone, is] of [
      ['0095 9 123456789', here],
      ['0066 9 123456789', there],
    ] as const) {
      expect((await order({ name: 'Again', phone })).customerId).toBe(is.customerId);
      await shop.manager.post(path, { name: 'X', phones: [phone] }).expect(409);
    }
    // Whose of the two it is cannot be told.
    const [either, again] = [
      await order({ name: 'Either', phone: '09 123 456 789' }),
      await order({ name: 'Either', phone: '09123456789' }),
    ];
    expect([here.customerId, there.customerId]).not.toContain(either.customerId);
    expect(again.customerId).toBe(either.customerId);
    const { customer } = await read(here.customerId);
    expect(customer).toMatchObject({ name: 'Yangon', phones: ['+95 9 123 456 789'] });
  });

  it('keeps the country that is learned of a number', async () => {
    const first = await order({ name: 'Su', phone: '09 123 456 789' });
    const second = await order({ name: 'Su', phone: '+95 9 123 456 789' });
    const other = await order({ name: 'Zaw', phone: '+66 9 123 456 789' });
    expect(second.customerId).toBe(first.customerId);
    expect(other.customerId).not.toBe(first.customerId);
    expect((await order({ name: 'Su', phone: '09 123 456 789' })).customerId).toBe(
      first.customerId,
    );
  });

  it('is two people when numbers of two countries come at the same time', async () => {
    const codes = ['+95', '+66', '+95', '+66', '+95', '+66'];
    const placed = await Promise.all(
      codes.map((code) => order({ name: code, phone: `${code} 9 555 666` })),
    );
    const ids = placed.map(({ customerId }) => customerId);
    expect(new Set(ids).size).toBe(2);
    expect(new Set([ids[0], ids[2], ids[4]]).size).toBe(1);
  });

  it('is known again when they were kept before countries were', async () => {
    const { customerId } = await order({
      name: 'Su',
      phone: '+95 9 123 456',
      email: 'su@example.com',
    });
    const kept = {
      $set: { keys: ['tel:9123456', 'mailto:su@example.com'] },
      $unset: { nationals: '' },
    };
    await app.connection
      .collection('customers')
      .updateOne({ _id: new Types.ObjectId(String(customerId)) }, kept);
    for (const phone of ['+95 9 123 456', '09 123 456']) {
      expect((await order({ name: 'Su', phone })).customerId).toBe(customerId);
    }
    const other = await order({ name: 'Zaw', phone: '+66 9 123 456' });
    expect(other.customerId).not.toBe(customerId);
    const fuller = { phones: ['+95 9 123 456', '09 444 555'] };
    await shop.manager.put(`${path}/${customerId}`, fuller).expect(200);
    expect((await order({ name: 'Su', phone: '+95 9 123 456' })).customerId).toBe(customerId);
    const merged = { intoId: other.customerId };
    await shop.manager.post(`${path}/${customerId}/merge`, merged).expect(200);
    expect((await order({ name: 'Su', phone: '+95 9 123 456' })).customerId).toBe(other.customerId);
  });

  it("is the phone's when phone and e-mail are two people's: nobody is merged silently", async () => {
    const phoned = await order({ name: 'Phone', phone: '09 111 111' });
    const mailed = await order({ name: 'Mail', email: 'mail@example.com' });
    const both = await order({ name: 'Both', phone: '09111111', email: 'mail@example.com' });
    expect(both.customerId).toBe(phoned.customerId);
    expect((await read(mailed.customerId)).customer.emails).toEqual(['mail@example.com']);
    expect((await read(phoned.customerId)).customer.emails).toEqual([]);
  });

  it('is nobody without phone and e-mail, and another one in another shop', async () => {
    expect((await order({ name: 'Aung', phone: '', email: '' })).customerId).toBeNull();
    expect((await chat({ customerName: 'Aung', phone: null, email: '' })).customerId).toBeNull();
    const here = await order({ name: 'Aung', phone: '09 123 456' });
    const world = await aShop(app);
    const there = await world.owner
      .post(`${world.path}/customers`, { name: 'Aung', phones: ['09 123 456'] })
      .expect(201);
    expect(there.body.data.id).not.toBe(here.customerId);
    await world.owner.get(`${world.path}/customers/${here.customerId}`).expect(404);
  });

  it('is linked to a conversation by hand, and found there', async () => {
    const { id } = await enter({ name: 'Su Su', phones: ['09 555 111'] });
    const inbox = `${shop.path}/conversations`;
    const created = await shop.agent.post(inbox, { customerName: 'Su' }).expect(201);
    const conversation = `${inbox}/${created.body.data.id}`;
    await shop.agent.put(conversation, { customerId: id }).expect(200);
    const found = await shop.agent.get(`${inbox}?customerId=${id}`).expect(200);
    expect(found.body.data.map((one: Json) => one.id)).toEqual([created.body.data.id]);
    await shop.agent.put(conversation, { customerId: productId }).expect(400);
    const freed = await shop.agent.put(conversation, { customerId: '' }).expect(200);
    expect(freed.body.data.customerId).toBeNull();
  });
});

describe('the customers of a shop', () => {
  it('are found by name, phone and e-mail, newest first, in pages', async () => {
    for (const [name, phone, email] of [
      ['Aung Aung', '+95 9 123 4567', 'aung@example.com'],
      ['မောင် မောင်', '09 777 8888', 'maung@example.org'],
      ['Aung Myat', '09 555 1111', 'myat@example.com'],
    ]) {
      await enter({ name, phones: [phone], emails: [email] });
    }
    expect(await names()).toEqual(['Aung Myat', 'မောင် မောင်', 'Aung Aung']);
    expect(await names('?q=aun')).toEqual(['Aung Myat', 'Aung Aung']);
    expect(await names('?q=4567')).toEqual(['Aung Aung']);
    expect(await names('?q=09%201234567')).toEqual(['Aung Aung']);
    expect(await names('?q=maung%40example')).toEqual(['မောင် မောင်']);
    expect(await names(`?q=${encodeURIComponent('မောင်')}`)).toEqual(['မောင် မောင်']);
    expect(await names('?q=...')).toEqual([]);
    const first = await shop.agent.get(`${path}?limit=2`).expect(200);
    expect(await names(`?limit=2&cursor=${first.body.meta.nextCursor}`)).toEqual(['Aung Aung']);
  });

  it('are entered and changed by managers; a phone or e-mail is one person’s (409)', async () => {
    const aung = await enter({ name: ' Aung ', phones: ['09 123 456', '+95 9 123 456'] });
    expect(aung).toMatchObject({ name: 'Aung', phones: ['+95 9 123 456'] });
    const taken = await shop.manager.post(path, { name: 'X', phones: ['၀၉၁၂၃၄၅၆'] }).expect(409);
    expect(taken.body).toMatchObject({ code: 'conflict', data: { customerId: aung.id } });
    const su = await enter({ name: 'Su', emails: ['su@example.com'] });
    await shop.manager.put(`${path}/${su.id}`, { phones: ['09 123 456'] }).expect(409);
    const whole = { ...su, notes: '$notes', tags: ['vip', ' vip'], phones: ['09 999 999'] };
    const { body } = await shop.manager.put(`${path}/${su.id}`, whole).expect(200);
    expect(body.data).toMatchObject({ notes: '$notes', tags: ['vip'], emails: ['su@example.com'] });
    expect((await order({ name: 'Su', phone: '09999999' })).customerId).toBe(su.id);
    await shop.manager.put(`${path}/${su.id}`, { phones: [] }).expect(200);
    expect((await order({ name: 'Su', phone: '09999999' })).customerId).not.toBe(su.id);
    await shop.agent.post(path, { name: 'X' }).expect(403);
    await shop.manager.post(path, { name: 'X', phones: ['(...)'] }).expect(400);
    await shop.manager.post(path, { name: 'X', phones: ['000000'] }).expect(400);
    await shop.manager.post(path, { name: ' ' }).expect(400);
  });

  it('keep a history that goes on where the lists do', async () => {
    const orders = [];
    for (let i = 0; i < 22; i++) orders.unshift(await order({ name: 'Aung', phone: '09 123 456' }));
    const { customerId } = orders[0]!;
    const { history } = await read(customerId);
    expect(history.orderCount).toBe(22);
    expect(history.orders).toHaveLength(20);
    const query = `customerId=${customerId}&cursor=${history.nextOrdersCursor}`;
    const { body } = await shop.agent.get(`${shop.path}/orders?${query}`).expect(200);
    const ids = [...history.orders, ...body.data].map(({ id }: Json) => id);
    expect(ids).toEqual(orders.map(({ id }) => id));
  });
});

describe('two customers who are one', () => {
  async function twoOfThem(phone = '09 111 111', email = 'aung@example.com') {
    const one = await order({ name: 'Aung', phone, address: 'Strand Rd' });
    const two = await order({ name: 'U Aung', email });
    const talk = await chat({ customerName: 'Aung', phone });
    await shop.manager.put(`${path}/${one.customerId}`, { notes: 'One', tags: ['a'] }).expect(200);
    await shop.manager.put(`${path}/${two.customerId}`, { notes: 'Two', tags: ['b'] }).expect(200);
    return { one, two, talk, from: one.customerId as string, into: two.customerId as string };
  }

  it('are merged by hand: orders, chats, phones and words go to the one who stays', async () => {
    const { one, two, talk, from, into } = await twoOfThem();
    const { body } = await merge(from, into).expect(200);
    const merged = {
      id: into,
      name: 'U Aung',
      phones: ['09 111 111'],
      emails: ['aung@example.com'],
      address: 'Strand Rd',
      notes: 'Two\nOne',
      tags: ['b', 'a'],
    };
    expect(body.data).toMatchObject(merged);
    const again = await merge(from, into).expect(200);
    expect(again.body.data).toMatchObject(merged);
    const { customer, history } = await read(from);
    expect(customer.id).toBe(into);
    expect(history.orders.map(({ id }: Json) => id)).toEqual([two.id, one.id]);
    expect(history.conversations).toMatchObject([{ id: talk.id }]);
    expect((await order({ name: 'Aung', phone: '+95 9 111 111' })).customerId).toBe(into);
    expect(await names()).toEqual(['U Aung']);
    expect(await names('?q=111111')).toEqual(['U Aung']);
  });

  it.each([
    ['before the other takes it in', 1],
    ['after the other took it in', 2],
    ['before the orders have followed', 0],
  ])(
    'are one after a crash %s: to new orders at once, whole by a repetition or the next sweep',
    async (_, dyingWrite) => {
      const { one, talk, from, into } = await twoOfThem();
      const customers = app.nest.get<Model<Customer>>(getModelToken(Customer.name));
      const records = app.nest.get(CustomerRecordsService, { strict: false });
      const dies = new Error('the process dies here');
      const updateOne = customers.updateOne.bind(customers);
      let writes = 0;
      const death = dyingWrite
        ? vi.spyOn(customers, 'updateOne').mockImplementation((...write) => {
            if (++writes === dyingWrite) throw dies;
            return updateOne(...write);
          })
        : vi.spyOn(records, 'moveTo').mockRejectedValue(dies);
      await merge(from, into).expect(500);
      death.mockRestore();
      expect((await order({ name: 'Aung', phone: '09 111 111' })).customerId).toBe(into);
      expect((await read(from)).customer.id).toBe(into);
      await shop.manager.post(path, { name: 'X', phones: ['09 111 111'] }).expect(409);
      const followUps = app.nest.get(CustomerFollowUpsService, { strict: false });
      await followUps.finish(LATER());
      const { customer, history } = await read(into);
      expect(customer).toMatchObject({ notes: 'Two\nOne', phones: ['09 111 111'] });
      expect(history.orders.map(({ id }: Json) => id)).toContain(one.id);
      expect(history.conversations).toMatchObject([{ id: talk.id }]);
      await merge(from, into).expect(200);
      await followUps.finish(LATER());
      const left = await customers
        .find({ shopId: shop.id, state: { $in: ['merging', 'merged'] } })
        .lean();
      expect(left).toMatchObject([{ state: 'merged', keys: [], phones: [], notes: '' }]);
      expect(left[0]).not.toHaveProperty('unfinishedSince');
      expect((await read(into)).customer.notes).toBe('Two\nOne');
    },
  );

  it('take along what was being written for the one who went', async () => {
    const { from, into } = await twoOfThem();
    await merge(from, into).expect(200);
    const late = await order({ name: 'Late' });
    const isLate = { shopId: new Types.ObjectId(shop.id), _id: new Types.ObjectId(late.id) };
    const change = { $set: { customerId: new Types.ObjectId(from) } };
    await app.connection.collection('orders').updateOne(isLate, change);
    await app.nest.get(CustomerFollowUpsService, { strict: false }).finish(LATER());
    const { body } = await shop.agent.get(`${shop.path}/orders/${late.id}`).expect(200);
    expect(body.data.customerId).toBe(into);
  });

  it('are one or the other, never none, when two merge them both ways at once', async () => {
    for (let round = 1; round <= 5; round++) {
      const { from, into } = await twoOfThem(`09 222 00${round}`, `aung${round}@example.com`);
      const before = (await names()).length;
      const [there, back, placed] = await Promise.all([
        merge(from, into),
        merge(into, from),
        order({ name: 'Aung', phone: `09 222 00${round}` }),
      ]);
      const statuses = [there.status, back.status];
      expect(statuses.filter((status) => ![200, 409].includes(status))).toEqual([]);
      expect(before - (await names()).length).toBe(statuses.includes(200) ? 1 : 0);
      expect([from, into]).toContain(placed.customerId);
      await read(from);
      await read(into);
    }
  });

  it('are not merged into themselves (400), strangers (404) or beyond the limits (409)', async () => {
    const { from, into } = await twoOfThem();
    await merge(from, from).expect(400);
    await merge(from, productId).expect(404);
    await shop.manager.put(`${path}/${into}`, { notes: 'x'.repeat(4_999) }).expect(200);
    await merge(from, into).expect(409);
    await shop.agent.post(`${path}/${from}/merge`, { intoId: into }).expect(403);
    expect((await read(from)).customer.id).toBe(from);
  });
});

const SECRETS = [
  'Zaw Canary',
  '0944332211',
  'zaw.canary@example.com',
  'Canary Street',
  'CanaryText',
];

async function aPerson() {
  const contact = { name: 'Zaw Canary', phone: '0944332211', email: 'zaw.canary@example.com' };
  const placed = await order(
    { ...contact, address: 'Canary Street' },
    {
      formId,
      answers: { note: 'CanaryText answer' },
      notes: 'CanaryText notes',
      paymentMethod: 'CanaryText, my cousin pays',
    },
  );
  await shop.agent
    .put(`${shop.path}/orders/${placed.id}/status`, { status: 'processing', note: 'CanaryText' })
    .expect(200);
  const talk = await chat(
    { customerName: 'Zaw Canary', phone: contact.phone, email: contact.email },
    'CanaryText one',
  );
  await talk.write('CanaryText two');
  const conversation = `${shop.path}/conversations/${talk.id}`;
  await shop.agent.put(conversation, { notes: 'CanaryText', tags: ['CanaryText'] }).expect(200);
  const attachment = { type: 'image', url: 'https://media.example.com/CanaryText.png' };
  await shop.agent.post(`${conversation}/messages`, { text: '', attachment }).expect(201);
  const customerId = placed.customerId as string;
  await shop.manager.put(`${path}/${customerId}`, { notes: 'CanaryText' }).expect(200);
  return { placed, talk, conversation, customerId };
}

const PEOPLE = ['customers', 'orders', 'conversations', 'messages'];
const MONEY = ['payments', 'payment_events', 'transfer_proofs'];

/** Every document of the shop's people, orders, talks and payments. */
async function everything(names = [...PEOPLE, ...MONEY]): Promise<string> {
  const kept = await Promise.all(
    names.map((name) =>
      app.connection
        .collection(name)
        .find({ shopId: new Types.ObjectId(shop.id) })
        .toArray(),
    ),
  );
  return JSON.stringify(kept).toLowerCase();
}

describe("one person's data", () => {
  it('are exported whole: customer, orders, conversations, messages', async () => {
    const { placed, talk, customerId } = await aPerson();
    const { body } = await shop.admin.get(`${path}/${customerId}/export`).expect(200);
    const { customer, orders, conversations, messages } = body.data;
    expect(customer).toMatchObject({ id: customerId, emails: ['zaw.canary@example.com'] });
    expect(orders).toMatchObject([{ id: placed.id, fields: [{ value: 'CanaryText answer' }] }]);
    expect(conversations).toMatchObject([{ id: talk.id, notes: 'CanaryText' }]);
    const texts = messages.map(({ text }: Json) => text);
    expect(texts).toEqual(['', 'CanaryText two', 'CanaryText one']);
    await shop.manager.get(`${path}/${customerId}/export`).expect(403);
    const nobody = await enter({ name: 'Nobody' });
    const empty = await shop.admin.get(`${path}/${nobody.id}/export`).expect(200);
    expect(empty.body.data).toMatchObject({ orders: [], conversations: [], messages: [] });
    await shop.admin.get(`${path}/${productId}/export`).expect(404);
  });

  it('are erased wherever they stand; the orders stay, and others keep theirs', async () => {
    const other = await order({ name: 'Other One', phone: '09 888 777' });
    const { placed, talk, conversation, customerId } = await aPerson();
    const before = await shop.agent.get(`${shop.path}/changes?since=0`).expect(200);
    await shop.manager.post(`${path}/${customerId}/erase`).expect(403);
    const { body } = await erase(customerId).expect(200);
    expect(body.data).toMatchObject({ id: customerId, name: 'Erased', phones: [], erased: true });
    const kept = await everything();
    for (const secret of SECRETS) expect(kept).not.toContain(secret.toLowerCase());
    expect(kept).not.toContain('canar');
    const stays = await shop.agent.get(`${shop.path}/orders/${placed.orderId}`).expect(200);
    expect(stays.body.data).toMatchObject({
      customer: { name: 'Erased', phone: '', email: '', address: '' },
      customerId,
      totalAmount: placed.totalAmount,
      items: placed.items,
      fields: [{ label: 'Note', value: '' }],
      notes: '',
    });
    const emptied = await shop.agent.get(conversation).expect(200);
    expect(emptied.body.data).toMatchObject({ customerName: 'Erased', lastMessage: '', tags: [] });
    expect(emptied.body.data.messages).toHaveLength(3);
    const known = before.body.data.seq ?? 0;
    const { body: changes } = await shop.agent.get(`${shop.path}/changes?since=${known}`);
    expect(JSON.stringify(changes)).toContain(talk.id);
    const found = await shop.agent.get(`${shop.path}/orders?q=${placed.orderId}`).expect(200);
    expect(found.body.data).toHaveLength(1);
    expect((await read(other.customerId)).customer.name).toBe('Other One');
    expect(await names()).toEqual(['Other One']);
  });

  it('are erased in what the team and integrators were told of them, and in nothing else', async () => {
    const events = ['order.created', 'order.updated', 'message.created', 'product.created'];
    const url = `http://${WEBHOOK_ALLOWED_HOSTS}/`;
    await shop.admin.post(`${shop.path}/webhooks`, { url, events }).expect(201);
    await shop.owner.post(`${shop.path}/products`, aProduct()).expect(201);
    const { conversation, talk, placed, customerId } = await aPerson();
    const note = { text: `@${shop.admin.username}: CanaryText?`, isNote: true };
    await shop.agent.post(`${conversation}/messages`, note).expect(201);
    await shop.agent.put(conversation, { assigneeId: shop.admin.userId }).expect(200);
    const rows = async (name: string): Promise<Json[]> => JSON.parse(await everything([name]))[0];
    const sent = async () =>
      (await rows('webhook_deliveries')).map(({ event }) => event as string).toSorted();
    await eventually(async () => {
      const feeds = await rows('notifications');
      const own = feeds.filter(({ userid }) => userid === shop.admin.userId);
      expect(new Set(own.map(({ kind }) => kind as string)).size).toBe(4);
      for (const one of own) expect(`${one['title']} ${one['message']}`).toContain('canar');
      expect(new Set(await sent()).size).toBe(4);
    });
    await erase(customerId).expect(200);
    expect(await everything(['notifications', 'webhook_deliveries'])).not.toContain('canar');
    // That they are erased is told still, also after the second look.
    await eventually(async () => {
      expect(await sent()).toEqual(['order.updated', 'product.created']);
    });
    const { body: feed } = await shop.admin.get('/api/notifications?limit=200').expect(200);
    expect((feed.data as Json[]).filter(({ shopId }) => shopId === shop.id)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ title: `New order ${placed.orderId}`, message: '' }),
        expect.objectContaining({ title: 'Erased', message: '', conversationId: talk.id }),
      ]),
    );
    const followUps = app.nest.get(CustomerFollowUpsService, { strict: false });
    await followUps.finish(LATER());
    expect(await sent()).toEqual(['order.updated', 'product.created']);
    // Neither does a second click take away that news.
    await erase(customerId).expect(200);
    await followUps.finish(LATER());
    expect(await sent()).toEqual(['order.updated', 'product.created']);
  });

  it('are exported and erased with what was shown and said of their payments', async () => {
    const placed = await anOrder(app, shop, {}, { phone: '0944332211' });
    const transfer = (body: object) =>
      app.request
        .post(`/api/public/orders/${placed.id}/transfer`)
        .set('Authorization', `Bearer ${placed.token}`)
        .send(body)
        .expect(200);
    const shown = await transfer({ reference: 'Canary 0100 2345', picture: PNG });
    const payment = `${shop.path}/payments/${shown.body.data.id as string}`;
    await shop.manager.post(`${payment}/reject`, { reason: 'Canary has paid less' }).expect(200);
    await transfer({ reference: 'Canary 0100 6789' });
    await shop.manager.post(`${payment}/accept`).expect(200);
    await shop.admin.post(`${payment}/refund`, { reason: 'Canary is unhappy' }).expect(200);
    const { customerId } = await placed.read();
    const exported = await shop.admin.get(`${path}/${customerId}/export`).expect(200);
    expect(exported.body.data).toMatchObject({
      payments: [{ orderId: placed.id, status: 'refunded', capturedAmount: placed.totalAmount }],
      transferProofs: [
        {
          reference: 'Canary 0100 2345',
          picture: expect.stringMatching(/\/media\/private\/.*signature=/),
        },
        { reference: 'Canary 0100 6789', picture: null },
      ],
    });
    await erase(customerId).expect(200);
    const kept = await everything();
    expect(kept).not.toContain('canar');
    expect(kept).not.toContain(PNG.slice(PNG.indexOf(',') + 1).toLowerCase());
    for (const digits of ['01002345', '01006789']) expect(kept).not.toContain(digits);
    const stays = await shop.agent.get(payment).expect(200);
    expect(stays.body.data).toMatchObject({ status: 'refunded', refundedAmount: 19.99 });
    const log = await shop.agent.get(`${payment}/events`).expect(200);
    expect(log.body.data.length).toBeGreaterThan(5);
    // The picture is known again where somebody else shows it.
    const thief = await anOrder(app, shop);
    const again = await app.request
      .post(`/api/public/orders/${thief.id}/transfer`)
      .set('Authorization', `Bearer ${thief.token}`)
      .send({ picture: PNG })
      .expect(200);
    const flagged = await shop.agent.get(`${shop.path}/payments/${again.body.data.id as string}`);
    expect(flagged.body.data.flags).toEqual(['duplicate_proof']);
  });

  it('leave the way to pay in their orders where it is one of the shop', async () => {
    const paymentMethods = ['KBZPay', { id: 'bank', name: 'Bank', enabled: false }];
    await shop.owner.put(shop.path, { paymentMethods }).expect(200);
    const person = { name: 'Zaw Canary', phone: '0944332211' };
    const words = ['KBZPay', 'Bank', 'My cousin pays', 'kbzpay of Zaw', ''];
    const placed: Json[] = [];
    for (const paymentMethod of words) placed.push(await order(person, { paymentMethod }));
    const { customerId } = placed[0]!;
    await erase(customerId).expect(200);
    const kept: string[] = [];
    for (const { id } of placed) {
      const { body } = await shop.agent.get(`${shop.path}/orders/${id}`).expect(200);
      kept.push(body.data.paymentMethod);
    }
    expect(kept).toEqual(['KBZPay', 'Bank', '', '', '']);
    const exported = await shop.admin.get(`${path}/${customerId}/export`).expect(200);
    const changes = await shop.agent.get(`${shop.path}/changes?since=0`).expect(200);
    for (const { body } of [exported, changes]) {
      expect(JSON.stringify(body)).not.toMatch(/cousin|of Zaw/);
    }
  });

  it.each([
    ['orders', OrderCustomersService, 'conversations'],
    ['conversations', ConversationCustomersService, 'orders'],
  ] as const)('are erased elsewhere when their %s fail', async (_, failing, elsewhere) => {
    const { customerId } = await aPerson();
    const records = app.nest.get<CustomerRecords>(failing, { strict: false });
    const death = vi.spyOn(records, 'erase').mockRejectedValue(new Error('dies here'));
    await erase(customerId).expect(500);
    death.mockRestore();
    const filter = { shopId: new Types.ObjectId(shop.id) };
    const kept = await app.connection.collection(elsewhere).find(filter).toArray();
    expect(JSON.stringify(kept).toLowerCase()).not.toContain('canar');
    expect(await everything()).toContain('canar');
    const told = app.logs.filter(({ msg }) => msg === 'customer not erased everywhere');
    expect(told).toContainEqual(expect.objectContaining({ keeper: failing.name }));
    await erase(customerId).expect(200);
    expect(await everything()).not.toContain('canar');
  });

  it('are gone for good: who comes again is somebody new', async () => {
    const { customerId } = await aPerson();
    await erase(customerId).expect(200);
    const back = await order({ name: 'Zaw Canary', phone: '0944332211' });
    expect(back.customerId).not.toBe(customerId);
    await erase(customerId).expect(200);
    expect((await read(back.customerId)).customer.name).toBe('Zaw Canary');
    await shop.manager.put(`${path}/${customerId}`, { name: 'Zaw' }).expect(409);
    await merge(customerId, back.customerId).expect(409);
    await merge(back.customerId, customerId).expect(409);
  });

  it('are erased after a crash on the way, by the next sweep, late writes too', async () => {
    const { talk, customerId } = await aPerson();
    const records = app.nest.get(CustomerRecordsService, { strict: false });
    const death = vi.spyOn(records, 'erase').mockRejectedValue(new Error('dies here'));
    await erase(customerId).expect(500);
    death.mockRestore();
    const followUps = app.nest.get(CustomerFollowUpsService, { strict: false });
    await followUps.finish(LATER());
    expect(await everything()).not.toContain('canar');
    await erase(customerId).expect(200);
    await talk.write('CanaryText late');
    await followUps.finish(LATER());
    expect(await everything()).not.toContain('canar');
    await followUps.finish(LATER());
    const customers = app.nest.get<Model<Customer>>(getModelToken(Customer.name));
    const left = await customers.find({ shopId: shop.id, state: 'erased' }).lean();
    expect(left).toHaveLength(1);
    expect(left[0]).not.toHaveProperty('unfinishedSince');
  });

  it.each(['updateOne', 'moveTo'])(
    'are erased with who came into them, half-way at %s too',
    async (step) => {
      const { customerId } = await aPerson();
      const second = await order({ name: 'Zaw Canary', phone: '09 400 500' });
      const model = app.nest.get<Model<Customer>>(getModelToken(Customer.name));
      const records = app.nest.get(CustomerRecordsService, { strict: false });
      const dies = () => {
        throw new Error('dies here');
      };
      const death =
        step === 'moveTo'
          ? vi.spyOn(records, 'moveTo').mockImplementation(dies)
          : vi.spyOn(model, 'updateOne').mockImplementation(dies);
      await merge(second.customerId, customerId).expect(500);
      death.mockRestore();
      await erase(customerId).expect(200);
      await app.nest.get(CustomerFollowUpsService, { strict: false }).finish(LATER());
      const kept = await everything();
      expect(kept).not.toContain('canar');
      expect(kept).not.toContain('400 500');
    },
  );
});
