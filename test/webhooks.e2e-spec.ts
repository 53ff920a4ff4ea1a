import { randomBytes } from 'node:crypto';
import { Types } from 'mongoose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AppConfig } from '../src/platform/config/app-config.js';
import { ReplayService } from '../src/replay/replay.service.js';
import { WebhookDeliveriesService } from '../src/webhooks/webhook-deliveries.service.js';
import { WebhookDeliveryJob } from '../src/webhooks/webhook-delivery.job.js';
import type { WebhookEndpoint } from '../src/webhooks/webhook-endpoint.schema.js';
import { WebhookSecretsService } from '../src/webhooks/webhook-secrets.service.js';
import { documentedVerification, WebhookReceiver } from './providers/webhook-receiver.server.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aProduct } from './support/bodies.js';
import { eventually } from './support/eventually.js';

type Json = Record<string, any>;

const DAY_MS = 86_400_000;

let app: TestApp;
let receiver: WebhookReceiver;
let shop: ShopWorld;
let count = 0;

beforeAll(async () => {
  receiver = await WebhookReceiver.start();
  app = await createTestApp({ WEBHOOK_ALLOWED_HOSTS: receiver.host });
});

beforeEach(async () => {
  shop = await aShop(app);
});

afterAll(async () => {
  await app.close();
  await receiver.stop();
});

/** A webhook of the shop at a path of its own, whose deliveries the receiver verifies. */
async function aWebhook(events: string[] = ['product.created']) {
  const at = `/hooks/${++count}`;
  const sent = { url: receiver.url(at), events };
  const { body } = await shop.admin.post(`${shop.path}/webhooks`, sent).expect(201);
  const { id, secret } = body.data as { id: string; secret: string };
  receiver.expect(at, secret);
  const path = `${shop.path}/webhooks/${id}`;
  const deliveries = async (): Promise<Json[]> =>
    (await shop.admin.get(`${path}/deliveries`).expect(200)).body.data;
  const get = async (): Promise<Json> => (await shop.admin.get(path).expect(200)).body.data;
  return { id, at, secret, path, deliveries, get };
}

const addProduct = () => shop.owner.post(`${shop.path}/products`, aProduct()).expect(201);

/** The only delivery of a webhook, once it is as `expected`. */
const delivered = (webhook: { deliveries: () => Promise<Json[]> }, expected: Json) =>
  eventually(async () => {
    const all = await webhook.deliveries();
    expect(all).toMatchObject([expected]);
    return all[0]!;
  });

const collection = (name: string) => app.connection.collection(name);
const byId = (id: string) => ({ _id: new Types.ObjectId(id) });

/** Has the time of its next try come. */
async function tryNow(delivery: Json): Promise<void> {
  // Taken over by the job for failing endpoints it would wait for its time again.
  await collection('webhook_deliveries').updateOne(
    { _id: app.connection.base.Types.ObjectId.createFromHexString(delivery['id'] as string) },
    { $set: { nextTryAt: new Date() } },
  );
  const { matchedCount } = await collection('jobs').updateOne(
    // The job of the try before may be there still.
    {
      name: /^webhooks\.deliver/,
      'data.payload.deliveryId': delivery['id'],
      'data.payload.attempt': delivery['tries'] + 1,
    },
    { $set: { nextRunAt: new Date() } },
  );
  expect(matchedCount).toBe(1);
}

describe('a webhook', () => {
  it('is told of what it has chosen, signed as the documentation says', async () => {
    const webhook = await aWebhook(['product.created', 'product.deleted']);
    const { body } = await addProduct();
    const id = body.data.id as string;
    await shop.owner.put(`${shop.path}/products/${id}`, { name: 'Green beans' }).expect(200);
    await shop.owner.delete(`${shop.path}/products/${id}`).expect(200);
    await eventually(() => expect(receiver.at(webhook.at)).toHaveLength(2));
    const told = receiver.at(webhook.at).map(({ event }) => event);
    expect(told).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          type: 'product.created',
          shopId: shop.id,
          data: { product: expect.objectContaining({ id, name: 'Coffee beans' }) },
        }),
        expect.objectContaining({ type: 'product.deleted', data: { productId: id } }),
      ]),
    );
    await eventually(async () => {
      expect(await webhook.deliveries()).toMatchObject([
        { event: 'product.deleted', state: 'delivered', tries: 1, nextTryAt: null },
        { state: 'delivered', attempts: [{ status: 204, error: null }] },
      ]);
    });
  });

  it('is verified by the documented example, which refuses what is forged or old', async () => {
    const webhook = await aWebhook();
    await addProduct();
    await eventually(() => expect(receiver.at(webhook.at)).toHaveLength(1));
    const isFromCliick = await documentedVerification();
    const [{ headers, body }] = receiver.at(webhook.at) as [any];
    const signature = headers['cliick-signature'] as string;
    const time = Number(/^t=(\d+),v1=[0-9a-f]{64}$/.exec(signature)?.[1]);
    const { secret } = webhook;
    expect(isFromCliick(secret, signature, body, time)).toBe(true);
    expect(isFromCliick(secret, signature, `${body} `, time)).toBe(false);
    expect(isFromCliick(`${secret}x`, signature, body, time)).toBe(false);
    expect(isFromCliick(secret, signature, body, time + 301)).toBe(false);
    expect(isFromCliick(secret, signature.replace(/^t=\d/, 't=2'), body, time)).toBe(false);
    expect(isFromCliick(secret, '', body, time)).toBe(false);
  });

  it('hears the messages of a chat, but no note', async () => {
    const webhook = await aWebhook(['message.created', 'conversation.updated']);
    const made = await shop.owner
      .post(`${shop.path}/conversations`, { customerName: 'Su Su' })
      .expect(201);
    const path = `${shop.path}/conversations/${made.body.data.id}/messages`;
    await shop.agent.post(path, { text: 'A note: canary', isNote: true }).expect(201);
    await shop.agent.post(path, { text: 'Hello' }).expect(201);
    await eventually(() => {
      const told = receiver
        .at(webhook.at)
        .filter(({ event }) => event['type'] === 'message.created');
      expect(told).toMatchObject([{ event: { data: { message: { text: 'Hello' } } } }]);
    });
    await eventually(async () => {
      const states = (await webhook.deliveries()).map(({ state }) => state as string);
      expect(states.length).toBeGreaterThan(2);
      expect(new Set(states)).toEqual(new Set(['delivered']));
    });
    expect(JSON.stringify(receiver.at(webhook.at))).not.toContain('canary');
    const told = receiver.at(webhook.at).find(({ event }) => event['data'].conversation);
    expect(told?.event['data'].conversation).not.toHaveProperty('notes');
  });

  it('shows its secret once, keeps it encrypted, and signs by both for a day after a change', async () => {
    const webhook = await aWebhook();
    expect(webhook.secret).toMatch(/^whsec_[\w-]{43}$/);
    const stored = await collection('webhook_endpoints').findOne(byId(webhook.id));
    expect(JSON.stringify(stored)).not.toContain(webhook.secret);
    expect(await webhook.get()).not.toHaveProperty('secret');
    const changed = await shop.admin.post(`${webhook.path}/secret`).expect(200);
    const secret = changed.body.data.secret as string;
    expect(secret).not.toBe(webhook.secret);
    receiver.expect(webhook.at, webhook.secret, secret);
    await addProduct();
    await delivered(webhook, { state: 'delivered' });
    const past = { $set: { previousUntil: new Date(0) } };
    await collection('webhook_endpoints').updateOne(byId(webhook.id), past);
    receiver.expect(webhook.at, secret);
    await shop.admin.post(`${webhook.path}/test`).expect(201);
    await eventually(() => expect(receiver.at(webhook.at)).toHaveLength(2));
    const [first, second] = receiver.at(webhook.at).map(({ headers }) => headers);
    expect(first!['cliick-signature']!.split('v1=')).toHaveLength(3);
    expect(second!['cliick-signature']!.split('v1=')).toHaveLength(2);
  });

  it('has its secret sealed again under a new encryption key, with the one before', async () => {
    const webhook = await aWebhook();
    const changed = await shop.admin.post(`${webhook.path}/secret`).expect(200);
    const newKey = `k2:${randomBytes(32).toString('base64')}`;
    const variables = { MONGODB_URI: uriOf(app), ENCRYPTION_KEYS: `${newKey},${keysOf(app)}` };
    const rotated = await createTestApp({ ...variables, WEBHOOK_ALLOWED_HOSTS: receiver.host });
    const secrets = rotated.nest.get(WebhookSecretsService, { strict: false });
    for (let turn = 1; turn <= 2; turn++) await secrets.reseal();
    const stored = (await collection('webhook_endpoints').findOne(byId(webhook.id)))!;
    expect(stored).toMatchObject({
      keyId: 'k2',
      secret: expect.stringMatching(/^k2\./),
      previousSecret: expect.stringMatching(/^k2\./),
    });
    const opened = secrets.openAll(stored as unknown as WebhookEndpoint, new Date());
    expect(opened).toEqual([changed.body.data.secret, webhook.secret]);
    await rotated.close();
  });

  it('is one of an address and of ten in a shop, and is gone with its deliveries', async () => {
    const webhook = await aWebhook();
    const add = (at: string) =>
      shop.admin.post(`${shop.path}/webhooks`, {
        url: receiver.url(at),
        events: ['order.created'],
      });
    expect((await add(webhook.at).expect(409)).body.error).toContain('already');
    await Promise.all(Array.from({ length: 6 }, (_, n) => add(`/many/${n}`)));
    const answers: string[] = [];
    for (let n = 0; n < 10; n++) answers.push((await add(`/more/${n}`)).body.error as string);
    expect(answers.at(-1)).toContain('at most 10 webhooks');
    const { body } = await shop.admin.get(`${shop.path}/webhooks`).expect(200);
    expect(body.data).toHaveLength(10);
    await addProduct();
    await delivered(webhook, { state: 'delivered' });
    await shop.admin.delete(webhook.path).expect(200);
    await shop.admin.get(`${webhook.path}/deliveries`).expect(404);
    const left = { shopId: new Types.ObjectId(shop.id), webhookId: byId(webhook.id)._id };
    expect(await collection('webhook_deliveries').countDocuments(left)).toBe(0);
  });
});

describe('an address', () => {
  it.each([
    ['https://127.0.0.1/x', 'private address'],
    ['https://localhost/x', 'private address'],
    ['https://[::1]/x', 'private address'],
    ['https://[::ffff:10.0.0.1]/x', 'private address'],
    ['https://10.0.0.1/x', 'private address'],
    ['https://2130706433/x', 'private address'],
    ['https://169.254.169.254/latest', 'private address'],
    ['https://192.168.1.1:8443/x', 'private address'],
    ['https://[fe80::1]/x', 'private address'],
    ['http://8.8.8.8/x', 'https://'],
    ['https://me:pass@8.8.8.8/x', 'user name'],
    ['https://8.8.8.8/x#y', 'fragment'],
    ['https://nowhere.invalid/x', 'can be found'],
    ['ftp://8.8.8.8/x', 'https://'],
  ])('%s is refused, saying why', async (url, why) => {
    const sent = { url, events: ['order.created'] };
    const { body } = await shop.admin.post(`${shop.path}/webhooks`, sent).expect(400);
    expect(body.details[0]).toMatchObject({ field: 'url', message: expect.stringContaining(why) });
    const webhooks = await shop.admin.get(`${shop.path}/webhooks`).expect(200);
    expect(webhooks.body.data).toEqual([]);
  });

  it('is looked up again at every delivery: one that has become private hears nothing', async () => {
    const webhook = await aWebhook();
    const { webhookAllowedHosts } = app.nest.get(AppConfig);
    // As a name that leads elsewhere since: now nobody has named its host.
    const allowed = webhookAllowedHosts.splice(0);
    try {
      const secure = receiver.url(webhook.at).replace('http:', 'https:');
      const $set = { url: secure };
      await collection('webhook_endpoints').updateOne(byId(webhook.id), { $set });
      await shop.admin.post(`${webhook.path}/test`).expect(201);
      await delivered(webhook, {
        state: 'failed',
        attempts: [{ status: null, error: 'localhost is at a private address' }],
      });
    } finally {
      webhookAllowedHosts.push(...allowed);
    }
    expect(receiver.at(webhook.at)).toEqual([]);
  });

  it('without TLS that an operator names no more hears nothing', async () => {
    const webhook = await aWebhook();
    const { webhookAllowedHosts } = app.nest.get(AppConfig);
    const allowed = webhookAllowedHosts.splice(0);
    const url = `http://192.0.2.1:${new URL(receiver.url('/')).port}${webhook.at}`;
    await collection('webhook_endpoints').updateOne(byId(webhook.id), { $set: { url } });
    try {
      await shop.admin.post(`${webhook.path}/test`).expect(201);
      const error = `${new URL(url).host} has no https`;
      await delivered(webhook, { state: 'failed', attempts: [{ status: null, error }] });
    } finally {
      webhookAllowedHosts.push(...allowed);
    }
  });

  it('that redirects is not followed', async () => {
    const webhook = await aWebhook();
    receiver.behave(webhook.at, { redirectTo: receiver.url('/elsewhere') });
    await shop.admin.post(`${webhook.path}/test`).expect(201);
    await delivered(webhook, {
      state: 'failed',
      attempts: [{ status: 307, error: 'answered 307: redirects are not followed' }],
    });
    expect(receiver.at('/elsewhere')).toEqual([]);
  });
});

describe('a delivery that fails', () => {
  it('is tried again later, with the same id, and clears the mark when it succeeds', async () => {
    const webhook = await aWebhook();
    receiver.behave(webhook.at, 500);
    await addProduct();
    const failed = await delivered(webhook, {
      state: 'pending',
      tries: 1,
      attempts: [{ status: 500, error: 'answered 500' }],
    });
    const seconds =
      (Date.parse(failed['nextTryAt']) - Date.parse(failed['attempts'][0].at)) / 1_000;
    expect(seconds).toBeGreaterThan(20);
    await eventually(async () => expect((await webhook.get())['failingSince']).not.toBeNull());
    receiver.behave(webhook.at, 204);
    await eventually(() => tryNow(failed));
    await delivered(webhook, { state: 'delivered', tries: 2 });
    const [one, two] = receiver.at(webhook.at);
    expect(two!.event['id']).toBe(one!.event['id']);
    expect(two!.body).toBe(one!.body);
    await eventually(async () => expect((await webhook.get())['failingSince']).toBeNull());
  });

  it('is given up after eight tries, all in its log, and can be sent again by hand', async () => {
    const webhook = await aWebhook();
    receiver.behave(webhook.at, 503);
    await addProduct();
    const { id } = await delivered(webhook, { state: 'pending', tries: 1 });
    const job = app.nest.get(WebhookDeliveryJob, { strict: false });
    for (let attempt = 2; attempt <= 8; attempt++) {
      // And the job of the try before once more: it was made, and is not made again.
      for (const one of [attempt - 1, attempt]) {
        await job.run({ shopId: shop.id, deliveryId: id, round: 1, attempt: one }, true);
      }
      expect(await webhook.deliveries()).toMatchObject([{ tries: attempt }]);
    }
    expect(receiver.at(webhook.at)).toHaveLength(8);
    // The job of a try that was made already, as a dead process leaves it: it tries nothing.
    await job.run({ shopId: shop.id, deliveryId: id, round: 1, attempt: 8 }, true);
    const given = await delivered(webhook, { state: 'failed', tries: 8, nextTryAt: null });
    expect(given['attempts']).toHaveLength(8);
    expect(await webhook.get()).toMatchObject({ enabled: true, pauseAfterDays: 3 });
    receiver.behave(webhook.at, 204);
    const again = await shop.admin.post(`${webhook.path}/deliveries/${id}/redeliver`).expect(200);
    expect(again.body.data).toMatchObject({ id, state: 'pending', tries: 0 });
    await delivered(webhook, { state: 'delivered', tries: 1 });
    expect(receiver.at(webhook.at)).toHaveLength(9);
    // A try of the first round that comes late is none.
    await job.run({ shopId: shop.id, deliveryId: id, round: 1, attempt: 8 }, true);
    expect(receiver.at(webhook.at)).toHaveLength(9);
  });

  it('for three days pauses the webhook, which says so, and is resumed by hand', async () => {
    const webhook = await aWebhook();
    receiver.behave(webhook.at, 500);
    await addProduct();
    const { id } = await delivered(webhook, { state: 'pending', tries: 1 });
    await eventually(async () => expect((await webhook.get())['failingSince']).not.toBeNull());
    const job = app.nest.get(WebhookDeliveryJob, { strict: false });
    const failingSince = new Date(Date.now() - 3 * DAY_MS - 1_000);
    await collection('webhook_endpoints').updateOne(byId(webhook.id), { $set: { failingSince } });
    for (let attempt = 2; attempt <= 8; attempt++) {
      expect((await webhook.get())['enabled']).toBe(true);
      await job.run({ shopId: shop.id, deliveryId: id, round: 1, attempt }, true);
    }
    const paused = await webhook.get();
    expect(paused).toMatchObject({ enabled: false, pauseAfterDays: 3, pausesAt: null });
    expect(paused['pauseReason']).toContain('failed for 3 days');
    expect(paused['pausedAt']).not.toBeNull();
    await eventually(async () => {
      const { body } = await shop.admin.get('/api/notifications?limit=200').expect(200);
      const told = (body.data as Json[]).filter(({ shopId }) => shopId === shop.id);
      expect(told).toMatchObject([{ kind: 'integration_failed' }]);
    });
    await addProduct();
    await shop.admin.post(`${webhook.path}/deliveries/${id}/redeliver`).expect(409);
    receiver.behave(webhook.at, 204);
    const resumed = await shop.admin.put(webhook.path, { enabled: true }).expect(200);
    expect(resumed.body.data).toMatchObject({ enabled: true, pausedAt: null, failingSince: null });
    await shop.admin.post(`${webhook.path}/deliveries/${id}/redeliver`).expect(200);
    await delivered(webhook, { state: 'delivered' });
  });
});

describe('a webhook that is paused by hand', () => {
  it('is sent nothing more, not even what waits to be tried again; a test it is sent', async () => {
    const webhook = await aWebhook();
    receiver.behave(webhook.at, 500);
    await addProduct();
    const waiting = await delivered(webhook, { state: 'pending', tries: 1 });
    const paused = await shop.admin.put(webhook.path, { enabled: false }).expect(200);
    expect(paused.body.data).toMatchObject({ enabled: false, pauseReason: 'Paused by the team.' });
    await addProduct();
    receiver.behave(webhook.at, 204);
    await eventually(() => tryNow(waiting));
    const given = await delivered(webhook, { state: 'failed', tries: 2 });
    expect(given['attempts'][1]).toMatchObject({
      status: null,
      error: expect.stringContaining('paused'),
    });
    expect(receiver.at(webhook.at)).toHaveLength(1);
    await shop.admin.post(`${webhook.path}/test`).expect(201);
    await eventually(() => expect(receiver.at(webhook.at)).toHaveLength(2));
    expect(receiver.at(webhook.at)[1]!.event['type']).toBe('webhook.test');
  });
});

describe('a crash', () => {
  it('between the write and its telling loses nothing, and tells nothing twice', async () => {
    const webhook = await aWebhook(['order.created']);
    const product = await addProduct();
    const items = [{ productId: product.body.data.id, quantity: 1 }];
    const sent = { customer: { name: 'Aung' }, items };
    const order = await shop.owner.post(`${shop.path}/orders`, sent).expect(201);
    const known = await delivered(webhook, { state: 'delivered' });
    // As if this process had died right after the order: nobody has written down that it is to be told.
    await collection('webhook_deliveries').deleteOne(byId(known['id']));
    const variables = { MONGODB_URI: uriOf(app), WEBHOOK_ALLOWED_HOSTS: receiver.host };
    const other = await createTestApp({ ...variables, ENCRYPTION_KEYS: keysOf(app) });
    const replay = other.nest.get(ReplayService, { strict: false });
    await replay.run(new Date(Date.now() + 60_000));
    const found = await delivered(webhook, { state: 'delivered', eventId: known['eventId'] });
    await other.close();
    expect(found['id']).not.toBe(known['id']);
    const told = receiver.at(webhook.at).map(({ event }) => event['data'].order.id as string);
    expect(told).toEqual([order.body.data.id, order.body.data.id]);
  });

  it('that has two processes make one try at once counts it once', async () => {
    const webhook = await aWebhook();
    receiver.behave(webhook.at, 500);
    await addProduct();
    const { id } = await delivered(webhook, { state: 'pending', tries: 1 });
    receiver.behave(webhook.at, 'hang');
    const job = app.nest.get(WebhookDeliveryJob, { strict: false });
    const twice = [1, 2].map(() =>
      job.run({ shopId: shop.id, deliveryId: id, round: 1, attempt: 2 }, true),
    );
    await eventually(() => expect(receiver.at(webhook.at)).toHaveLength(3));
    receiver.behave(webhook.at, 500);
    await Promise.all(twice);
    expect(await webhook.deliveries()).toMatchObject([{ tries: 2, attempts: [{}, {}] }]);
    const own = { name: /^webhooks\.deliver/, 'data.payload.deliveryId': id };
    const asked = await collection('jobs').find(own).toArray();
    expect(asked.filter(({ data }) => data.payload.attempt === 3)).toHaveLength(1);
  });

  it('between a delivery and its job is mended by the next round', async () => {
    const webhook = await aWebhook();
    receiver.behave(webhook.at, 500);
    await addProduct();
    const failed = await delivered(webhook, { state: 'pending', tries: 1 });
    receiver.behave(webhook.at, 204);
    const jobs = collection('jobs');
    // That of the first try may still be on its way out.
    const about = { 'data.payload.deliveryId': failed['id'], 'data.payload.attempt': 2 };
    const next = { ...about, name: /^webhooks\.deliver/ };
    await eventually(async () => expect((await jobs.deleteMany(next)).deletedCount).toBe(1));
    const deliveries = app.nest.get(WebhookDeliveriesService, { strict: false });
    for (let turn = 1; turn <= 2; turn++) {
      await deliveries.recover(new Date(Date.parse(failed['nextTryAt']) + 60_001));
    }
    await eventually(() => tryNow(failed));
    await delivered(webhook, { state: 'delivered', tries: 2 });
  });
});

describe('an endpoint that hangs', () => {
  it('keeps neither requests nor the deliveries of others', async () => {
    const hanging = await aWebhook();
    receiver.behave(hanging.at, 'hang');
    const other = await aWebhook();
    for (let n = 0; n < 3; n++) await addProduct();
    await eventually(() => expect(receiver.at(other.at)).toHaveLength(3));
    await eventually(() => expect(receiver.at(hanging.at)).toHaveLength(3));
    expect(await hanging.deliveries()).toMatchObject(Array(3).fill({ state: 'pending', tries: 0 }));
    receiver.behave(hanging.at, 204);
    await eventually(async () => {
      expect(await hanging.deliveries()).toMatchObject(Array(3).fill({ state: 'delivered' }));
    });
  });
});

function keysOf({ nest }: TestApp): string {
  const keys = nest.get(AppConfig).encryptionKeys;
  return keys.map(({ id, key }) => `${id}:${key.toString('base64')}`).join(',');
}

function uriOf({ connection }: TestApp): string {
  const { client, name } = connection as unknown as {
    client: { s: { url: string } };
    name: string;
  };
  return client.s.url.replace(/\/[^/?]*(\?|$)/, `/${name}$1`);
}
