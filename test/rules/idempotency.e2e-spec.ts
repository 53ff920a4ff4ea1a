import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Actor, aShop, type ShopWorld } from '../support/actors.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { aForm, aProduct } from '../support/bodies.js';

let app: TestApp;
let shop: ShopWorld;
let path: string;

beforeAll(async () => {
  app = await createTestApp();
});

afterAll(() => app.close());

beforeEach(async () => {
  shop = await aShop(app);
  path = await aConversation();
});

async function aConversation(): Promise<string> {
  const inbox = `${shop.path}/conversations`;
  const { body } = await shop.agent.post(inbox, { customerName: 'Su Su' }).expect(201);
  return `${inbox}/${body.data.id}/messages`;
}

const send = (key: string, message: object, by: Actor = shop.agent, to = path) =>
  by.post(to, message).set('Idempotency-Key', key);

async function texts(of = path): Promise<string[]> {
  const { body } = await shop.agent.get(of).expect(200);
  return body.data.map(({ text }: { text: string }) => text).reverse();
}

const keys = () => app.connection.collection<{ _id: string }>('idempotency_keys');

describe('Idempotency-Key', () => {
  it('answers the same request the same again, and does it once', async () => {
    const key = randomUUID();
    const first = await send(key, { text: 'hello', isNote: false }).expect(201);
    await send(randomUUID(), { text: 'in between' }).expect(201);
    const again = await send(key, { isNote: false, text: 'hello' }).expect(201);
    expect(again.text).toBe(first.text);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(await texts()).toEqual(['hello', 'in between']);
  });

  it('refuses another body under the same key (422)', async () => {
    const key = randomUUID();
    await send(key, { text: 'hello' }).expect(201);
    const { body } = await send(key, { text: 'other' }).expect(422);
    expect(body).toMatchObject({ success: false, code: 'idempotency_key_reused' });
    expect(await texts()).toEqual(['hello']);
  });

  it('makes one of ten at once, and gives all of them its answer', async () => {
    const key = randomUUID();
    const sent = await Promise.all(
      Array.from({ length: 10 }, () => send(key, { text: 'hello' }).expect(201)),
    );
    expect(new Set(sent.map(({ text }) => text)).size).toBe(1);
    expect(await texts()).toEqual(['hello']);
  });

  it('means another request at another address, for another caller, and without a key', async () => {
    const key = randomUUID();
    const other = await aConversation();
    await send(key, { text: 'hello' }).expect(201);
    await send(key, { text: 'hello' }, shop.agent, other).expect(201);
    await send(key, { text: 'hello' }, shop.owner).expect(201);
    await shop.agent.post(path, { text: 'hello' }).expect(201);
    expect(await texts()).toHaveLength(3);
    expect(await texts(other)).toHaveLength(1);
  });

  it('does not answer who may not ask (404)', async () => {
    const key = randomUUID();
    await send(key, { text: 'hello' }).expect(201);
    await send(key, { text: 'hello' }, shop.outsider).expect(404);
  });

  it('is free again after a failure', async () => {
    const key = randomUUID();
    await send(key, { text: '' }).expect(400);
    await send(key, { text: 'corrected' }).expect(201);
    expect(await texts()).toEqual(['corrected']);
  });

  it.each([
    ['too short', '1234567'],
    ['too long', 'x'.repeat(256)],
    ['not printable', 'schlüssel-1'],
  ])('refuses a key that is %s, naming the header (400)', async (_, key) => {
    const { body } = await send(key, { text: 'hello' }).expect(400);
    expect(body.details[0].field).toBe('Idempotency-Key');
    expect(await texts()).toEqual([]);
  });

  it('says that the first still runs (409), until the lock of one that died has ended', async () => {
    const key = randomUUID();
    await send(key, { text: 'hello' }).expect(201);
    // What a process leaves that is killed while it answers.
    const held = { lockedUntil: new Date(Date.now() + 60_000) };
    await keys().updateMany({}, { $set: held, $unset: { answer: '', status: '' } });
    const { body, headers } = await send(key, { text: 'hello' }).expect(409);
    expect(body.code).toBe('idempotency_in_progress');
    expect(headers['retry-after']).toBe('1');
    await keys().updateMany({}, { $set: { lockedUntil: new Date(0) } });
    await send(key, { text: 'other' }).expect(422);
    await send(key, { text: 'hello' }).expect(201);
  });

  it('is forgotten after its time', async () => {
    const key = randomUUID();
    await send(key, { text: 'hello' }).expect(201);
    await keys().updateMany({}, { $set: { expiresAt: new Date(0) } });
    const { body } = await send(key, { text: 'new' }).expect(201);
    expect(body.data.message).toMatchObject({ text: 'new', messageNumber: 2 });
  });

  it('serves a customer of the storefront, each in their own conversation', async () => {
    const chats = `/api/public/shops/${shop.slug}/conversations`;
    const key = randomUUID();
    const ids: string[] = [];
    for (const customerName of ['Su Su', 'Aung']) {
      const started = await app.request.post(chats).send({ customerName, text: 'hello' });
      const { conversation, token } = started.body.data;
      const say = () =>
        app.request
          .post(`${chats}/${conversation.id}/messages`)
          .set('Authorization', `Bearer ${token}`)
          .set('Idempotency-Key', key)
          .send({ text: 'two please' })
          .expect(201);
      const [first, again] = [await say(), await say()];
      expect(again.text).toBe(first.text);
      ids.push(first.body.data.id);
    }
    expect(new Set(ids).size).toBe(2);
  });

  it('means the same shop however its address is written', async () => {
    const product = await shop.owner.post(`${shop.path}/products`, aProduct({ stock: 100 }));
    const form = await shop.owner.post(`${shop.path}/forms`, aForm());
    const items = [{ productId: product.body.data.id, quantity: 1 }];
    const customer = { name: 'Aung Aung' };
    const upper = shop.id.toUpperCase();
    const formId = form.body.data.id as string;
    const placed: string[] = [];
    const key = randomUUID();
    for (const written of [shop.slug, shop.id, upper]) {
      for (const writtenForm of [formId, formId.toUpperCase()]) {
        const { body } = await app.request
          .post(`/api/public/shops/${written}/forms/${writtenForm}/submissions`)
          .set('Idempotency-Key', key)
          .send({ customer, items })
          .expect(201);
        placed.push(body.data.id);
      }
    }
    expect(new Set(placed).size).toBe(1);
    const entered: string[] = [];
    for (const written of [shop.id, upper]) {
      const { body } = await send(
        key,
        { customer, items },
        shop.manager,
        `/api/shops/${written}/orders`,
      ).expect(201);
      entered.push(body.data.id);
    }
    expect(new Set(entered).size).toBe(1);
    const { body } = await shop.agent.get(`${shop.path}/orders`).expect(200);
    expect(body.data).toHaveLength(2);
    const other = await aShop(app);
    await app.request
      .post(`/api/public/shops/${other.slug}/forms/${formId}/submissions`)
      .set('Idempotency-Key', key)
      .send({ customer, items })
      .expect(404);
  });

  it('opens one chat, and answers the same token, which is not kept', async () => {
    const key = randomUUID();
    const start = (written: string) =>
      app.request
        .post(`/api/public/shops/${written}/conversations`)
        .set('Idempotency-Key', key)
        .send({ customerName: 'Su Su', text: 'hello' })
        .expect(201);
    const [first, ...again] = [
      await start(shop.slug),
      await start(shop.id.toUpperCase()),
      // What a process leaves that is killed before it has answered.
      await keys()
        .updateMany({}, { $set: { lockedUntil: new Date(0) }, $unset: { answer: '', status: '' } })
        .then(() => start(shop.slug)),
    ];
    for (const { body } of again) expect(body).toEqual(first.body);
    const { conversation, token } = first.body.data;
    expect(JSON.stringify(await keys().find().toArray())).not.toContain(token);
    const chat = `/api/public/shops/${shop.slug}/conversations/${conversation.id}/messages`;
    const { body } = await app.request.get(chat).auth(token, { type: 'bearer' }).expect(200);
    expect(body.data).toHaveLength(1);
    const inbox = await shop.agent.get(`${shop.path}/conversations?unread=true`).expect(200);
    expect(inbox.body.data).toMatchObject([{ id: conversation.id, messageCount: 1 }]);
  });

  it('means the same conversation however its address is written', async () => {
    const chats = `/api/public/shops/${shop.slug}/conversations`;
    const started = await app.request.post(chats).send({ customerName: 'Su Su', text: 'hello' });
    const { conversation, token } = started.body.data;
    const key = randomUUID();
    const said: string[] = [];
    for (const written of [shop.slug, shop.id, shop.id.toUpperCase()]) {
      const { body } = await app.request
        .post(`/api/public/shops/${written}/conversations/${conversation.id}/messages`)
        .set('Authorization', `Bearer ${token}`)
        .set('Idempotency-Key', key)
        .send({ text: 'two please' })
        .expect(201);
      said.push(body.data.id);
    }
    expect(new Set(said).size).toBe(1);
  });
});
