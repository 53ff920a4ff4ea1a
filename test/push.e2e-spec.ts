import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DomainEvents } from '../src/events/domain-events.js';
import { PushSender } from '../src/notifications/push-sender.js';
import { AppConfig } from '../src/platform/config/app-config.js';
import { JobsService } from '../src/platform/jobs/jobs.service.js';
import { WebPushServer } from './providers/web-push.server.js';
import { type Actor, aShop, aUser, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { PASSWORD } from './support/bodies.js';
import { eventually } from './support/eventually.js';

const SECOND_MS = 1_000;

let app: TestApp;
let push: WebPushServer;
let shop: ShopWorld;
let owner: Actor;
let count = 0;

beforeAll(async () => {
  push = await WebPushServer.start();
  app = await createTestApp(push.variables);
});

beforeEach(async () => {
  shop = await aShop(app);
  owner = shop.owner;
});

afterAll(async () => {
  await app.close();
  await push.stop();
});

const jobs = () => app.connection.db!.collection('jobs');
const subscribe = (actor: Actor, body: object) => actor.post('/api/notifications/subscribe', body);
const unsubscribe = (actor: Actor, body?: object) =>
  actor.post('/api/notifications/unsubscribe', body).expect(200);

/** The endpoints of a person's devices. */
async function devicesOf({ userId }: Actor): Promise<string[]> {
  const id = app.connection.base.Types.ObjectId.createFromHexString(userId);
  const found = app.connection.db!.collection('push_subscriptions').find({ userId: id });
  return (await found.toArray()).map(({ endpoint }) => (endpoint as string).split('/').pop()!);
}

async function aDevice(actor: Actor): Promise<string> {
  const device = `device-${++count}`;
  await subscribe(actor, push.subscription(device)).expect(201);
  return device;
}

/** A customer opens a chat, which is told to the whole team. */
async function aChat(text = 'Hello'): Promise<void> {
  await app.request
    .post(`/api/public/shops/${shop.slug}/conversations`)
    .send({ customerName: 'Su Su', text })
    .expect(201);
}

/** The job that pushes to a device of the test's owner, once it has failed. */
async function theFailedJob() {
  const shopIs = { name: 'push.send', 'data.payload.shopId': shop.id };
  return eventually(async () => {
    const found = await jobs().findOne(shopIs);
    // It may be locked again: one that is due soon is taken ahead of its time.
    expect(found?.['failCount']).toBeGreaterThan(0);
    return found!;
  });
}

describe('a push service', () => {
  it.each([404, 410])('that answers %i knows the device no more: it is removed', async (status) => {
    const device = await aDevice(owner);
    push.misbehave(device, status);
    await aChat();
    await eventually(async () => expect(await devicesOf(owner)).toEqual([]));
    expect(push.to(device)).toEqual([]);
  });

  it('that fails is logged under the id of the request that the push came of', async () => {
    const device = await aDevice(owner);
    push.misbehave(device, 503);
    await app.request
      .post(`/api/public/shops/${shop.slug}/conversations`)
      .set('X-Request-Id', 'chat-of-the-push')
      .send({ customerName: 'Aung Aung', text: 'Hello' })
      .expect(201);
    await eventually(() => {
      const failed = app.logs.filter(({ msg }) => msg === 'job failed');
      expect(failed.map(({ requestId }) => requestId)).toContain('chat-of-the-push');
    });
  });

  it('that finds a push too large is sent a shorter one', async () => {
    const device = await aDevice(owner);
    push.misbehave(device, 413);
    const text = 'မင်္ဂလာပါ '.repeat(30);
    await aChat(text);
    await eventually(() => expect(push.to(device)).toHaveLength(1));
    const [payload] = push.to(device);
    expect(Buffer.byteLength(JSON.stringify(payload))).toBeLessThanOrEqual(500);
    expect(payload).toMatchObject({ kind: 'new_message', title: 'Su Su' });
    expect(text.startsWith(payload!['body'])).toBe(true);
  });

  it.each([
    [429, '7200', 7_200],
    [503, new Date(Date.now() + 1_500 * SECOND_MS).toUTCString(), 1_500],
  ])('that answers %i is asked again when it says', async (status, after, seconds) => {
    const device = await aDevice(owner);
    push.misbehave(device, status, { 'Retry-After': after });
    await aChat();
    const { _id, nextRunAt } = await theFailedJob();
    const delay = (nextRunAt.getTime() - Date.now()) / SECOND_MS;
    expect(delay).toBeGreaterThan(seconds - 60);
    expect(delay).toBeLessThanOrEqual(seconds);
    await jobs().updateOne({ _id }, { $set: { nextRunAt: new Date() } });
    await eventually(() => expect(push.to(device)).toHaveLength(1));
  });

  it('that breaks without a word is asked again within seconds', async () => {
    const device = await aDevice(owner);
    push.misbehave(device, 500);
    await aChat();
    await eventually(() => expect(push.to(device)).toHaveLength(1));
    expect(await devicesOf(owner)).toEqual([device]);
  });

  it('that refuses us for good is not asked again, nor followed elsewhere', async () => {
    const [refused, moved] = [await aDevice(owner), await aDevice(owner)];
    push.misbehave(refused, 403, {}, 2);
    push.misbehave(moved, 307, { Location: `http://${push.host}/send/${moved}` });
    await aChat();
    await eventually(() => {
      const statuses = app.logs.filter(({ msg }) => msg === 'push refused');
      const sorted = statuses.map(({ status }) => Number(status)).toSorted((a, b) => a - b);
      expect(sorted).toEqual([307, 403]);
    });
    const left = { name: 'push.send', 'data.payload.shopId': shop.id };
    await eventually(async () => expect(await jobs().countDocuments(left)).toBe(0));
    expect([...push.to(refused), ...push.to(moved)]).toEqual([]);
  });

  it('that hangs keeps nobody waiting, and is given up and tried again', async () => {
    const device = await aDevice(owner);
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    const limits: number[] = [];
    const shorter = vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      limits.push(ms);
      return timeout(Math.min(ms, 500));
    });
    push.hangs = true;
    await aChat();
    expect((await theFailedJob())['failReason']).toBe('no answer within 10000 ms');
    expect(limits).toContain(10 * SECOND_MS);
    push.hangs = false;
    shorter.mockRestore();
    await eventually(() => expect(push.to(device)).toHaveLength(1));
  });
});

describe('a device', () => {
  it('is refused unless its endpoint is https at a known push service', async () => {
    const { keys } = push.subscription('nobody');
    for (const endpoint of [
      'http://fcm.googleapis.com/send/1',
      'https://fcm.googleapis.com:8443/send/1',
      'https://user@fcm.googleapis.com/send/1',
      'https://169.254.169.254/send/1',
      'https://push.example/send/1',
    ]) {
      const { body } = await subscribe(owner, { endpoint, keys }).expect(400);
      expect(body.details).toMatchObject([{ field: 'endpoint' }]);
    }
    expect(await devicesOf(owner)).toEqual([]);
  });

  it('is one, however often it subscribes; of ten the one that was away longest makes room', async () => {
    const all: string[] = [];
    const first = push.subscription('first');
    await subscribe(owner, first).expect(201);
    for (let index = 0; index < 9; index++) all.push(await aDevice(owner));
    await subscribe(owner, first).expect(201);
    expect(await devicesOf(owner)).toHaveLength(10);
    all.push(await aDevice(owner));
    const left = await devicesOf(owner);
    expect(left.toSorted()).toEqual(['first', ...all.slice(1)].toSorted());
  });

  it('that somebody else signs in with is theirs; nobody else’s can be taken', async () => {
    const browser = push.subscription('shared');
    await subscribe(owner, browser).expect(201);
    const { keys } = push.subscription('forged');
    push.subscription('shared');
    await subscribe(shop.outsider, { ...browser, keys }).expect(409);
    expect(await devicesOf(owner)).toEqual(['shared']);
    await unsubscribe(shop.outsider, { endpoint: browser.endpoint });
    expect(await devicesOf(owner)).toEqual(['shared']);
    const next = await aUser(app);
    await subscribe(next, browser).expect(201);
    expect(await devicesOf(owner)).toEqual([]);
    expect(await devicesOf(next)).toEqual(['shared']);
  });

  it('ends by its endpoint; without one, those of this session end, as at its sign-out', async () => {
    const person = await aUser(app);
    const sent = { email: `${person.username}@example.com`, password: PASSWORD };
    const { body } = await app.request.post('/api/auth/login').send(sent).expect(200);
    const elsewhere = (device: string) =>
      app.request
        .post('/api/notifications/subscribe')
        .set('Authorization', `Bearer ${body.data.token as string}`)
        .send(push.subscription(device))
        .expect(201);
    await elsewhere('other session');
    const [one, two] = [push.subscription('one'), push.subscription('two')];
    await subscribe(person, one).expect(201);
    await subscribe(person, two).expect(201);
    await unsubscribe(person, { endpoint: one.endpoint });
    expect((await devicesOf(person)).toSorted()).toEqual(['other session', 'two']);
    await unsubscribe(person);
    expect(await devicesOf(person)).toEqual(['other session']);
    await app.request
      .post('/api/auth/logout')
      .set('Authorization', `Bearer ${body.data.token as string}`)
      .expect(200);
    await eventually(async () => expect(await devicesOf(person)).toEqual([]));
  });

  it('whose session has ended unnoticed is told nothing, and removed', async () => {
    const device = await aDevice(owner);
    const { Types } = app.connection.base;
    const devices = app.connection.db!.collection('push_subscriptions');
    const userId = Types.ObjectId.createFromHexString(owner.userId);
    // As a process leaves it that dies between the end of the session and that of its devices.
    await devices.updateOne({ userId }, { $set: { sessionId: new Types.ObjectId() } });
    await aChat();
    await eventually(async () => expect(await devicesOf(owner)).toEqual([]));
    expect(push.to(device)).toEqual([]);
  });

  it('at a service that is known no more is told nothing, and removed', async () => {
    const device = await aDevice(owner);
    const allowed = app.nest.get(AppConfig).pushAllowedHosts.splice(0);
    try {
      await aChat();
      await eventually(async () => expect(await devicesOf(owner)).toEqual([]));
    } finally {
      app.nest.get(AppConfig).pushAllowedHosts.push(...allowed);
    }
    expect(push.to(device)).toEqual([]);
  });
});

describe('a notification', () => {
  it('that is read while its push is on its way is taken away again', async () => {
    const device = await aDevice(owner);
    const sender = app.nest.get(PushSender, { strict: false });
    const send = sender.send.bind(sender);
    const slow = vi.spyOn(sender, 'send').mockImplementationOnce(async (...push) => {
      await owner.post('/api/notifications/read').expect(200);
      return send(...push);
    });
    await aChat();
    await eventually(() => expect(push.to(device)).toHaveLength(2));
    slow.mockRestore();
    const [shown, cleared] = push.to(device);
    expect(cleared).toEqual({ kind: 'clear', tags: [shown!['tag']] });
  });

  it('that is told anew while it is taken away is taken away later too', async () => {
    const device = await aDevice(owner);
    await aChat();
    await eventually(() => expect(push.to(device)).toHaveLength(1));
    const id = app.connection.base.Types.ObjectId.createFromHexString(push.to(device)[0]!['tag']);
    const notifications = app.connection.db!.collection('notifications');
    const told = () => notifications.find({ _id: id }).hint({ _id: 1 }).next();
    await eventually(async () => expect((await told())!['shownOn']).toHaveLength(1));
    const sender = app.nest.get(PushSender, { strict: false });
    const slow = vi.spyOn(sender, 'send').mockImplementationOnce(async () => {
      await notifications.updateOne({ _id: id }, { $set: { isRead: false } });
      return 'shown';
    });
    await owner.post('/api/notifications/read').expect(200);
    await eventually(async () => {
      expect(slow).toHaveBeenCalled();
      expect(await jobs().countDocuments({ name: 'push.clear' })).toBe(0);
    });
    slow.mockRestore();
    expect((await told())!['shownOn']).toHaveLength(1);
  });
});

describe('a job of ours that runs twice', () => {
  it('shows one notification on the device, and takes it away once', async () => {
    const device = await aDevice(owner);
    await aChat();
    await eventually(() => expect(push.to(device)).toHaveLength(1));
    const { body } = await owner.get('/api/notifications').expect(200);
    const { id } = body.data[0] as { id: string };
    const deviceId = String(
      (await app.connection.db!.collection('push_subscriptions').findOne({
        endpoint: `http://${push.host}/send/${device}`,
      }))!._id,
    );
    const service = app.nest.get(JobsService, { strict: false });
    const again = (name: string, payload: object) => service.enqueue(name, 'again', payload);
    await again('push.send', { shopId: shop.id, notificationId: id, deviceId });
    await eventually(() => expect(push.to(device)).toHaveLength(2));
    // The same tag: the browser shows it in place of the first.
    expect(push.to(device)[1]).toEqual(push.to(device)[0]);
    await owner.post(`/api/notifications/${id}/read`).expect(200);
    await eventually(() => expect(push.to(device)).toHaveLength(3));
    for (const name of ['push.clear', 'push.send']) {
      const payload = { shopId: shop.id, notificationId: id, deviceId, userId: owner.userId };
      await again(name, payload);
      await eventually(async () => expect(await jobs().countDocuments({ name })).toBe(0));
    }
    expect(push.to(device)).toHaveLength(3);
  });
});

describe('a channel that breaks', () => {
  it('is told once to who can mend it, and anew when it breaks again', async () => {
    const events = app.nest.get(DomainEvents, { strict: false });
    const fail = (checkedAt: string) =>
      events.deliver('integration.failed', {
        shopId: shop.id,
        integration: {
          platform: 'viber',
          isOffered: true,
          state: 'failed',
          isConnected: false,
          displayName: 'Mya Coffee',
          scopes: [],
          pages: [],
          isRevoking: false,
          health: { status: 'dead', checkedAt },
        },
      });
    const told = async (actor: Actor): Promise<unknown[]> => {
      const { body } = await actor.get('/api/notifications?limit=200').expect(200);
      return (body.data as { shopId: string }[]).filter(({ shopId }) => shopId === shop.id);
    };
    await fail('2026-11-23T09:00:00.000Z');
    await fail('2026-11-23T09:00:00.000Z');
    expect(await told(shop.admin)).toMatchObject([
      { kind: 'integration_failed', type: 'error', count: 1 },
    ]);
    expect(await told(shop.agent)).toEqual([]);
    await fail('2026-11-23T10:00:00.000Z');
    expect(await told(shop.admin)).toMatchObject([{ kind: 'integration_failed', count: 2 }]);
  });
});

describe('the feed', () => {
  it('forgets after 90 days', async () => {
    const indexes = await app.connection.db!.collection('notifications').indexes();
    const [expiry] = indexes.filter(({ expireAfterSeconds }) => expireAfterSeconds !== undefined);
    expect(expiry).toMatchObject({ key: { at: 1 }, expireAfterSeconds: 90 * 86_400 });
  });
});
