import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChangesResponse } from '../src/sync/dto/changes.response.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aProduct } from './support/bodies.js';

let app: TestApp;
let shop: ShopWorld;

beforeAll(async () => {
  app = await createTestApp();
});

afterAll(() => app.close());

async function changesSince(since: number | string, of = shop): Promise<ChangesResponse> {
  const { body } = await of.agent.get(`${of.path}/changes?since=${since}`).expect(200);
  return body.data;
}

async function open(): Promise<string> {
  const { body } = await shop.agent
    .post(`${shop.path}/conversations`, { customerName: 'Su Su' })
    .expect(201);
  return body.data.id;
}

const write = (id: string, text: string) =>
  shop.agent.post(`${shop.path}/conversations/${id}/messages`, { text }).expect(201);

describe('the changes since a number', () => {
  beforeAll(async () => {
    shop = await aShop(app);
  });

  it('are each document once, as it is now, in order, with the next number', async () => {
    const [one, two] = [await open(), await open()];
    await write(one, 'first');
    await write(two, 'second');
    await write(one, 'third');
    const product = await shop.owner.post(`${shop.path}/products`, aProduct()).expect(201);
    const items = [{ productId: product.body.data.id, quantity: 1 }];
    await shop.owner.post(`${shop.path}/orders`, { customer: { name: 'Aung' }, items }).expect(201);
    const { seq, reset, conversations, messages, orders } = await changesSince(0);
    expect(reset).toBe(false);
    expect(conversations.map(({ id, lastMessage }) => [id, lastMessage])).toEqual([
      [two, 'second'],
      [one, 'third'],
    ]);
    expect(messages.map(({ text }) => text)).toEqual(['first', 'second', 'third']);
    expect(orders).toHaveLength(1);
    // Somebody may have been told something of it meanwhile.
    expect(seq).toBeGreaterThanOrEqual(Math.max(orders[0]!.seq, messages[2]!.seq));
  });

  it('tell a document that landed late, under a number that had been passed', async () => {
    const { seq } = await changesSince(0);
    const late = await open();
    const { messages } = (await write(late, 'late')).body.data;
    // The client has seen later numbers before this one landed: in a busy shop, many of them.
    const passedBy = async (numbers: number) => {
      const later = messages[0].seq + numbers;
      await app.connection.collection('shops').updateMany({}, { $set: { seq: later } });
      return changesSince(later);
    };
    const textsOf = (changes: ChangesResponse) => changes.messages.map(({ text }) => text);
    const again = await passedBy(5);
    expect(textsOf(again)).toContain('late');
    expect(again.seq).toBeGreaterThan(seq);
    expect(textsOf(await passedBy(400))).toContain('late');
    // What has been there for long has been told.
    const timestamp = new Date(Date.now() - 60_000);
    await app.connection.collection('messages').updateMany({}, { $set: { timestamp } });
    expect(textsOf(await passedBy(400))).not.toContain('late');
  });

  it('are a reset for a number that is not of this shop, and nothing for a stranger (404)', async () => {
    const { seq } = await changesSince(0);
    const ahead = await changesSince(seq + 1);
    const nothing = { conversations: [], messages: [], orders: [], notifications: [] };
    expect(ahead).toEqual({ seq, reset: true, ...nothing });
    await shop.outsider.get(`${shop.path}/changes?since=0`).expect(404);
    for (const since of ['-1', '1.5', 'NaN', '1e400', '{}']) {
      await shop.agent.get(`${shop.path}/changes?since=${since}`).expect(400);
    }
  });

  it('are a reset when there are too many', async () => {
    const crowded = await aShop(app);
    const { insertedId } = await app.connection
      .collection('shops')
      .insertOne({ note: 'only for an id' });
    const rows = Array.from({ length: 2_001 }, (_, index) => ({
      shopId: app.connection.base.Types.ObjectId.createFromHexString(crowded.id),
      conversationId: insertedId,
      seq: index + 1,
      messageNumber: index + 1,
      sender: 'user',
      senderId: null,
      attachment: null,
      isNote: false,
      text: 'x',
      timestamp: new Date(),
    }));
    await app.connection.collection('messages').insertMany(rows);
    await app.connection
      .collection('shops')
      .updateOne({ slug: crowded.slug }, { $set: { seq: 2_001 } });
    expect((await changesSince(0, crowded)).reset).toBe(true);
    const rest = await changesSince(1_990, crowded);
    expect(rest.messages.map(({ seq }) => seq)).toContain(2_001);
  });
});
