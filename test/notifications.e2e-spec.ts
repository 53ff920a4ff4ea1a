import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DomainEvents } from '../src/events/domain-events.js';
import { FeedWriterService } from '../src/notifications/feed-writer.service.js';
import { PushJobsService } from '../src/notifications/push-jobs.service.js';
import { JobsService } from '../src/platform/jobs/jobs.service.js';
import { ReplayService } from '../src/replay/replay.service.js';
import { WebPushServer } from './providers/web-push.server.js';
import { type Actor, aShop, aUser, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aProduct } from './support/bodies.js';
import { eventually } from './support/eventually.js';
import { anOrder } from './support/orders.js';
import { openRawWs, openSocketIo } from './support/sockets.js';

type Json = Record<string, any>;

const MINUTE_MS = 60_000;

let app: TestApp;
let push: WebPushServer;
let shop: ShopWorld;
let count = 0;

beforeAll(async () => {
  push = await WebPushServer.start();
  app = await createTestApp(push.variables);
});

beforeEach(async () => {
  shop = await aShop(app);
});

afterAll(async () => {
  await app.close();
  await push.stop();
});

const jobs = () => app.connection.db!.collection('jobs');

/** A browser of somebody that is told by push. */
async function aDevice(actor: Actor): Promise<string> {
  const device = `device-${++count}`;
  await actor.post('/api/notifications/subscribe', push.subscription(device)).expect(201);
  return device;
}

/** What somebody is told in the shop of the test: people of the tests work in several. */
async function feed(actor: Actor, kind?: string): Promise<Json[]> {
  const { body } = await actor.get('/api/notifications?limit=200').expect(200);
  const own = (body.data as Json[]).filter(({ shopId }) => shopId === shop.id);
  return kind ? own.filter((one) => one['kind'] === kind) : own;
}

async function aChat(text = 'Is it still there?') {
  const { body } = await app.request
    .post(`/api/public/shops/${shop.slug}/conversations`)
    .send({ customerName: 'Su Su', text })
    .expect(201);
  const { id } = body.data.conversation as { id: string };
  const path = `${shop.path}/conversations/${id}`;
  const write = (words: string) =>
    app.request
      .post(`/api/public/shops/${shop.slug}/conversations/${id}/messages`)
      .set('Authorization', `Bearer ${body.data.token as string}`)
      .send({ text: words })
      .expect(201);
  return { id, path, write };
}

/** The job of a push to a device, of an order, that waits to be tried again. */
async function aFailedPush(device: string) {
  push.misbehave(device, 503, { 'Retry-After': '600' });
  await anOrder(app, shop);
  return eventually(async () => {
    const found = await jobs().findOne({ name: 'push.send', 'data.payload.shopId': shop.id });
    expect(found?.['failCount']).toBe(1);
    return found!;
  });
}

describe('a new order', () => {
  it('is told to everybody who reads orders, in the feed, at sockets and by push', async () => {
    const device = await aDevice(shop.owner);
    const doors = [
      await openSocketIo(app, { token: shop.owner.token }),
      await openRawWs(app, { token: shop.owner.token }),
    ];
    const order = await anOrder(app, shop);
    for (const door of doors) {
      expect(await door.next('notification')).toMatchObject({
        kind: 'new_order',
        type: 'success',
        title: `New order ${order.orderId}`,
        message: 'Aung Aung: 19.99 USD',
        isRead: false,
        actionUrl: `/shops/${shop.id}/orders/${order.id}`,
      });
      door.close();
    }
    await eventually(() => expect(push.to(device)).toHaveLength(1));
    expect(push.to(device)[0]).toMatchObject({
      kind: 'new_order',
      title: `New order ${order.orderId}`,
      body: 'Aung Aung: 19.99 USD',
    });
    for (const actor of [shop.owner, shop.admin, shop.manager, shop.agent]) {
      expect(await feed(actor, 'new_order')).toMatchObject([{ orderId: order.id }]);
    }
    expect(await feed(shop.outsider)).toEqual([]);
  });

  it('is not told to the member who entered it', async () => {
    const product = await shop.owner.post(`${shop.path}/products`, aProduct()).expect(201);
    const items = [{ productId: product.body.data.id, quantity: 1 }];
    const sent = { customer: { name: 'Aung' }, items };
    await shop.manager.post(`${shop.path}/orders`, sent).expect(201);
    await eventually(async () => expect(await feed(shop.owner, 'new_order')).toHaveLength(1));
    expect(await feed(shop.manager, 'new_order')).toEqual([]);
  });

  it('is told once, though a process dies over it, or several tell it', async () => {
    const device = await aDevice(shop.owner);
    const told = await anOrder(app, shop);
    await eventually(() => expect(push.to(device)).toHaveLength(1));
    // As by a process that dies between the write of the order and the first word of it.
    const mute = vi.spyOn(app.nest.get(DomainEvents, { strict: false }), 'emit');
    mute.mockImplementation(() => undefined);
    const untold = await anOrder(app, shop);
    mute.mockRestore();
    // One that starts knows nothing of what others have told.
    const other = await createTestApp({ MONGODB_URI: uriOf(app), ...push.variables });
    for (const one of [other, other, app]) {
      await one.nest.get(ReplayService, { strict: false }).run(new Date(Date.now() + MINUTE_MS));
    }
    await eventually(() => expect(push.to(device)).toHaveLength(2));
    await other.close();
    expect(await feed(shop.owner, 'new_order')).toMatchObject([
      { orderId: untold.id, count: 1 },
      { orderId: told.id, count: 1 },
    ]);
    expect(push.to(device)).toHaveLength(2);
  });

  it('is pushed once, though a process dies between the feed and the push', async () => {
    const device = await aDevice(shop.owner);
    const dying = vi.spyOn(app.nest.get(PushJobsService, { strict: false }), 'ask');
    dying.mockRejectedValueOnce(new Error('dies here'));
    const order = await anOrder(app, shop);
    await eventually(async () => {
      expect(await feed(shop.owner, 'new_order')).toMatchObject([{ orderId: order.id }]);
      expect(dying).toHaveBeenCalledTimes(1);
    });
    dying.mockRestore();
    const writer = app.nest.get(FeedWriterService, { strict: false });
    await writer.recover(new Date(Date.now() + MINUTE_MS));
    await writer.recover(new Date(Date.now() + MINUTE_MS));
    await eventually(() => expect(push.to(device)).toHaveLength(1));
    const left = { name: 'push.send', 'data.payload.shopId': shop.id };
    await eventually(async () => expect(await jobs().countDocuments(left)).toBe(0));
    expect(push.to(device)).toHaveLength(1);
  });
});

function uriOf({ connection }: TestApp): string {
  const { client, name } = connection as unknown as {
    client: { s: { url: string } };
    name: string;
  };
  return client.s.url.replace(/\/[^/?]*(\?|$)/, `/${name}$1`);
}

describe('a message of a customer', () => {
  it('is told to all, and to the assignee alone once there is one', async () => {
    const chat = await aChat();
    await eventually(async () => {
      expect(await feed(shop.agent, 'new_message')).toMatchObject([
        { title: 'Su Su', message: 'Is it still there?', conversationId: chat.id },
      ]);
    });
    await shop.owner.put(chat.path, { assigneeId: shop.agent.userId }).expect(200);
    await eventually(async () => expect(await feed(shop.agent, 'assignment')).toHaveLength(1));
    await chat.write('Hello?');
    await eventually(async () => {
      expect(await feed(shop.agent, 'new_message')).toMatchObject([{ message: 'Hello?' }]);
    });
    expect(await feed(shop.owner, 'new_message')).toMatchObject([
      { message: 'Is it still there?' },
    ]);
  });

  it('is told to all again when its assignee has left the team', async () => {
    const leaver = await aUser(app);
    const added = { username: leaver.username, role: 'agent' };
    await shop.owner.post(`${shop.path}/team`, added).expect(201);
    const chat = await aChat();
    await shop.owner.put(chat.path, { assigneeId: leaver.userId }).expect(200);
    await shop.owner.delete(`${shop.path}/team/${leaver.userId}`).expect(200);
    await chat.write('Is nobody there?');
    await eventually(async () => {
      expect(await feed(shop.agent, 'new_message')).toMatchObject([
        { message: 'Is nobody there?' },
      ]);
    });
    expect(await feed(leaver)).toEqual([]);
  });

  it('adds to the one notification of its conversation, and raises it again once it was read', async () => {
    const device = await aDevice(shop.owner);
    const chat = await aChat('one');
    await eventually(() => expect(push.to(device)).toHaveLength(1));
    await chat.write('two');
    await eventually(() => expect(push.to(device)).toHaveLength(2));
    const [first, second] = push.to(device) as [Json, Json];
    expect(second).toMatchObject({ title: 'Su Su (2)', body: 'two', tag: first['tag'] });
    const [told] = await feed(shop.owner, 'new_message');
    expect(told).toMatchObject({ count: 2, message: 'two' });
    await shop.owner.post(`/api/notifications/${told!['id']}/read`).expect(200);
    await chat.write('three');
    await eventually(async () => {
      expect(await feed(shop.owner, 'new_message')).toMatchObject([
        { id: told!['id'], count: 1, message: 'three', isRead: false },
      ]);
    });
  });

  it('is not pushed to somebody who has that conversation open', async () => {
    const [looking, elsewhere] = [await aDevice(shop.owner), await aDevice(shop.admin)];
    const chat = await aChat('one');
    await eventually(() => expect(push.to(elsewhere)).toHaveLength(1));
    await eventually(() => expect(push.to(looking)).toHaveLength(1));
    const door = await openSocketIo(app, { token: shop.owner.token });
    await door.ask('shop:join', { shopId: shop.id });
    await door.ask('presence:view', { shopId: shop.id, conversationId: chat.id });
    await chat.write('two');
    await eventually(() => expect(push.to(elsewhere)).toHaveLength(2));
    door.close();
    expect(push.to(looking)).toHaveLength(1);
    expect(await feed(shop.owner, 'new_message')).toMatchObject([{ message: 'two', isRead: true }]);
  });
});

describe('the team', () => {
  it('is told of an assignment once, and not by whom gives it to themselves', async () => {
    const chat = await aChat();
    const whole = (await shop.owner.get(chat.path).expect(200)).body.data as Json;
    const assigned = { ...whole, assigneeId: shop.agent.userId };
    await shop.owner.put(chat.path, assigned).expect(200);
    await eventually(async () => expect(await feed(shop.agent, 'assignment')).toHaveLength(1));
    const [told] = await feed(shop.agent, 'assignment');
    // The app sends the whole conversation at every change.
    await shop.owner.put(chat.path, { ...assigned, tags: ['vip'] }).expect(200);
    await shop.admin.put(chat.path, { assigneeId: shop.admin.userId }).expect(200);
    await chat.write('the last event');
    await eventually(async () => {
      expect(await feed(shop.admin, 'new_message')).toMatchObject([{ message: 'the last event' }]);
    });
    expect(await feed(shop.admin, 'assignment')).toEqual([]);
    expect(await feed(shop.agent, 'assignment')).toEqual([told]);
  });

  it('is told who mentions them in a note, if they are of the shop', async () => {
    const chat = await aChat();
    const { agent, outsider, owner } = shop;
    const text = `@${agent.username.toUpperCase()} and @${outsider.username}: @${owner.username} asks`;
    await owner.post(`${chat.path}/messages`, { text, isNote: true }).expect(201);
    await eventually(async () => {
      expect(await feed(agent, 'mention')).toMatchObject([
        { message: text, conversationId: chat.id },
      ]);
    });
    expect(await feed(owner, 'mention')).toEqual([]);
    expect(await feed(outsider)).toEqual([]);
    // A message that is no note mentions nobody.
    await owner.post(`${chat.path}/messages`, { text: `@${agent.username}` }).expect(201);
    await chat.write('the last event');
    await eventually(async () => {
      expect(await feed(agent, 'new_message')).toMatchObject([{ message: 'the last event' }]);
    });
    expect(await feed(agent, 'mention')).toHaveLength(1);
  });

  it('is told of payments, received and failed', async () => {
    const paid = await anOrder(app, shop);
    const refused = await anOrder(app, shop, { retailPrice: 5.01 });
    for (const { id } of [paid, refused]) {
      const begun = { orderId: id, provider: 'sandbox' };
      const { body } = await shop.owner.post(`${shop.path}/payments/intent`, begun).expect(201);
      const confirmed = { paymentIntentId: body.data.id, paymentMethodId: 'any' };
      await shop.owner.post(`${shop.path}/payments/confirm`, confirmed);
    }
    await eventually(async () => {
      expect(await feed(shop.agent, 'payment_received')).toMatchObject([{ orderId: paid.id }]);
      expect(await feed(shop.agent, 'payment_failed')).toMatchObject([{ orderId: refused.id }]);
    });
  });

  it('is told of low stock once it sinks, and anew after it was filled up', async () => {
    const made = await shop.owner
      .post(`${shop.path}/products`, aProduct({ stock: 12 }))
      .expect(201);
    const stock = `${shop.path}/products/${made.body.data.id}/stock-movements`;
    const adjust = (change: number) => shop.owner.post(stock, { change });
    await adjust(-3).expect(201);
    await eventually(async () => {
      expect(await feed(shop.manager, 'low_stock')).toMatchObject([
        { title: 'Coffee beans: low stock', message: '9 pieces are left.', count: 1 },
      ]);
    });
    await adjust(-1).expect(201);
    await adjust(10).expect(201);
    await adjust(-17).expect(201);
    await eventually(async () => {
      expect(await feed(shop.manager, 'low_stock')).toMatchObject([
        { message: '1 piece is left.', count: 2 },
      ]);
    });
    expect(await feed(shop.agent, 'low_stock')).toEqual([]);
  });
});

describe('preferences', () => {
  const path = () => `${shop.path}/notification-preferences`;

  it('turn off a kind, by each way, for one person in one shop', async () => {
    const device = await aDevice(shop.owner);
    const kinds = { new_order: { push: false }, new_message: { inApp: false } };
    const { body } = await shop.owner.put(path(), { kinds }).expect(200);
    expect(body.data.kinds).toContainEqual({
      kind: 'new_order',
      label: 'New order',
      push: false,
      inApp: true,
    });
    await anOrder(app, shop);
    await aChat();
    await eventually(() => expect(push.to(device)).toMatchObject([{ kind: 'new_message' }]));
    await eventually(async () => expect(await feed(shop.agent)).toHaveLength(2));
    expect(await feed(shop.owner)).toMatchObject([{ kind: 'new_order' }]);
    const again = await shop.owner.get(path()).expect(200);
    expect(again.body.data).toEqual(body.data);
  });

  const clock = (minutes: number): string =>
    new Date(Date.now() + minutes * MINUTE_MS).toISOString().slice(11, 16);
  /** An hour of quiet has passed, another is to come. */
  const inQuiet = () => ({ from: clock(-60), to: clock(60), timeZone: 'utc' });
  /** The one job that waits for the end of somebody's quiet hours. */
  const theHeld = () =>
    eventually(async () => {
      const held = { name: 'push.digest', 'data.payload.shopId': shop.id };
      const found = await jobs().find(held).hint({ _id: 1 }).toArray();
      expect(found).toHaveLength(1);
      return found[0]!;
    });
  /** Has the quiet end. */
  const endQuiet = async (person: Actor): Promise<void> => {
    await person.put(path(), { quietHours: null }).expect(200);
    const { _id } = await theHeld();
    await jobs().updateOne({ _id }, { $set: { nextRunAt: new Date() } });
  };

  it('hold pushes back in quiet hours, and tell of all of them in one when they end', async () => {
    const device = await aDevice(shop.owner);
    const quietHours = inQuiet();
    const { body } = await shop.owner.put(path(), { quietHours }).expect(200);
    expect(body.data.quietHours).toEqual({ ...quietHours, timeZone: 'UTC' });
    await anOrder(app, shop);
    await anOrder(app, shop);
    await eventually(async () => expect(await feed(shop.owner, 'new_order')).toHaveLength(2));
    const waiting = await theHeld();
    const minutes = (waiting['nextRunAt'].getTime() - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(57);
    expect(minutes).toBeLessThan(61);
    expect(push.to(device)).toEqual([]);
    await endQuiet(shop.owner);
    await eventually(() => expect(push.to(device)).toHaveLength(1));
    expect(push.to(device)[0]!['body']).toContain('and 1 more');
    // The same job again: the browser shows it in place of the first.
    const service = app.nest.get(JobsService, { strict: false });
    await service.enqueue('push.digest', `again ${shop.id}`, waiting['data'].payload);
    await eventually(() => expect(push.to(device)).toHaveLength(2));
    expect(push.to(device)[1]).toEqual(push.to(device)[0]);
  });

  it('tell after quiet hours of what is wanted by push alone, and of nothing else', async () => {
    const device = await aDevice(shop.owner);
    const kinds = { new_order: { inApp: false }, new_message: { push: false } };
    await shop.owner.put(path(), { kinds, quietHours: inQuiet() }).expect(200);
    await anOrder(app, shop);
    await theHeld();
    await aChat();
    await eventually(async () => expect(await feed(shop.owner)).toHaveLength(1));
    await endQuiet(shop.owner);
    await eventually(() => expect(push.to(device)).toHaveLength(1));
    expect(push.to(device)[0]).toMatchObject({ kind: 'new_order', body: 'Aung Aung: 19.99 USD' });
  });

  it('hold back what fails before the quiet hours and is tried again in them', async () => {
    const device = await aDevice(shop.owner);
    const failed = await aFailedPush(device);
    await shop.owner.put(path(), { quietHours: inQuiet() }).expect(200);
    await jobs().updateOne({ _id: failed._id }, { $set: { nextRunAt: new Date() } });
    const { _id } = await theHeld();
    // So does one whose time has come when there are quiet hours again.
    await jobs().updateOne({ _id }, { $set: { nextRunAt: new Date() } });
    await eventually(async () => expect((await theHeld())['failCount']).toBe(1));
    expect((await theHeld())['nextRunAt'].getTime()).toBeGreaterThan(Date.now() + 50 * MINUTE_MS);
    expect(push.to(device)).toEqual([]);
    await endQuiet(shop.owner);
    await eventually(() => expect(push.to(device)).toHaveLength(1));
  });

  it('tell after quiet hours also of what is older than what asked for that first', async () => {
    const device = await aDevice(shop.owner);
    const failed = await aFailedPush(device);
    await shop.owner.put(path(), { quietHours: inQuiet() }).expect(200);
    await anOrder(app, shop);
    await theHeld();
    await jobs().updateOne({ _id: failed._id }, { $set: { nextRunAt: new Date() } });
    await eventually(async () => expect(await jobs().findOne({ _id: failed._id })).toBeNull());
    await endQuiet(shop.owner);
    await eventually(() => expect(push.to(device)).toHaveLength(1));
    expect(push.to(device)[0]!['body']).toContain('and 1 more');
  });

  it('refuses a time that is none, and a zone that is none', async () => {
    const quietHours = { from: '25:00', to: '7', timeZone: 'Mars' };
    const { body } = await shop.owner.put(path(), { quietHours }).expect(400);
    const fields = (body.details as Json[])
      .map(({ field }) => String(field))
      .toSorted((a, b) => (a < b ? -1 : 1));
    expect(fields).toEqual(['quietHours.from', 'quietHours.timeZone', 'quietHours.to']);
  });
});

describe('the feed', () => {
  it('shows the unread first, in pages that miss nothing, and counts them', async () => {
    for (const text of ['a', 'b', 'c', 'd']) {
      await aChat(text);
      await eventually(async () => {
        expect((await feed(shop.owner)).map(({ message }) => message)).toContain(text);
      });
    }
    const all = await feed(shop.owner);
    expect(all.map(({ message }) => message)).toEqual(['d', 'c', 'b', 'a']);
    await shop.owner.post(`/api/notifications/${all[0]!['id']}/read`).expect(200);
    await shop.owner.post(`/api/notifications/${all[2]!['id']}/read`).expect(200);
    const pages: string[][] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query = `limit=1${cursor ? `&cursor=${cursor}` : ''}`;
      const { body } = await shop.owner.get(`/api/notifications?${query}`).expect(200);
      pages.push((body.data as Json[]).map(({ message }) => message as string));
      cursor = body.meta.nextCursor as string | null;
    }
    expect(pages.flat()).toEqual(['c', 'a', 'd', 'b']);
    const { body } = await shop.owner.get('/api/notifications/unread').expect(200);
    expect(body.data).toEqual({ unread: 2 });
  });

  it('is read, and deleted, one by one or whole, and only by its person', async () => {
    await aChat('a');
    await aChat('b');
    await eventually(async () => expect(await feed(shop.owner)).toHaveLength(2));
    const [newest] = await feed(shop.owner);
    const one = `/api/notifications/${newest!['id']}`;
    await shop.agent.post(`${one}/read`).expect(404);
    await shop.agent.delete(one).expect(404);
    await shop.owner.delete(one).expect(200);
    await shop.owner.post(`${one}/read`).expect(404);
    await shop.owner.post('/api/notifications/read').expect(200);
    expect(await feed(shop.owner)).toMatchObject([{ isRead: true }]);
    await shop.owner.delete('/api/notifications').expect(200);
    expect(await feed(shop.owner)).toEqual([]);
  });

  it('ends with the membership', async () => {
    const newcomer = await aUser(app);
    const added = { username: newcomer.username, role: 'agent' };
    await shop.owner.post(`${shop.path}/team`, added).expect(201);
    const device = await aDevice(newcomer);
    await aChat();
    await eventually(() => expect(push.to(device)).toHaveLength(1));
    expect(await feed(newcomer)).toHaveLength(1);
    // What was on its way to them when they were removed does not arrive.
    push.misbehave(device, 503, { 'Retry-After': '600' });
    await anOrder(app, shop);
    const onItsWay = { name: 'push.send', 'data.payload.shopId': shop.id };
    const { _id } = await eventually(async () => {
      const found = await jobs().findOne(onItsWay);
      expect(found?.['failCount']).toBe(1);
      return found!;
    });
    await shop.owner.delete(`${shop.path}/team/${newcomer.userId}`).expect(200);
    expect(await feed(newcomer)).toEqual([]);
    await jobs().updateOne({ _id }, { $set: { nextRunAt: new Date() } });
    await eventually(async () => expect(await jobs().countDocuments(onItsWay)).toBe(0));
    expect(push.to(device)).toHaveLength(1);
  });

  it('is in the changes since a number, one’s own alone, and told at a join', async () => {
    const before = (await shop.owner.get(`${shop.path}/changes?since=0`).expect(200)).body.data.seq;
    await aChat();
    await eventually(async () => expect(await feed(shop.owner)).toHaveLength(1));
    const [told] = await feed(shop.owner);
    const changes = await shop.owner.get(`${shop.path}/changes?since=${before}`).expect(200);
    expect(changes.body.data.notifications).toEqual([told]);
    const door = await openRawWs(app, { token: shop.owner.token });
    await door.ask('shop:join', { shopId: shop.id, since: before });
    expect(await door.next('notification')).toEqual(told);
    door.close();
  });

  it('takes what was read away from the other devices, by socket and by push', async () => {
    const device = await aDevice(shop.owner);
    const door = await openSocketIo(app, { token: shop.owner.token });
    await aChat();
    await eventually(() => expect(push.to(device)).toHaveLength(1));
    const [told] = await feed(shop.owner);
    const shownOn = async () =>
      (
        await app.connection
          .db!.collection('notifications')
          .find({ shopId: told && (await idOf()) })
          .hint({ _id: 1 })
          .toArray()
      ).filter(({ _id }) => String(_id) === told!['id'])[0]!['shownOn'];
    const idOf = async () => app.connection.base.Types.ObjectId.createFromHexString(shop.id);
    await eventually(async () => expect(await shownOn()).toHaveLength(1));
    await shop.owner.post(`/api/notifications/${told!['id']}/read`).expect(200);
    expect(await door.next('notification:cleared')).toEqual({
      ids: [told!['id']],
      isDeleted: false,
    });
    await eventually(() => expect(push.to(device)).toHaveLength(2));
    expect(push.to(device)[1]).toEqual({ kind: 'clear', tags: [told!['id']] });
    door.close();
  });
});
