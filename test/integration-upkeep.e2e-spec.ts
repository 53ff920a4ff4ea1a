import { createHmac, randomBytes } from 'node:crypto';
import type { Types } from 'mongoose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DomainEvents } from '../src/events/domain-events.js';
import { IntegrationTokensService } from '../src/integrations/integration-tokens.service.js';
import { IntegrationUpkeepService } from '../src/integrations/integration-upkeep.service.js';
import type { Integration } from '../src/integrations/integration.schema.js';
import { PLATFORMS, type PlatformName } from '../src/integrations/platforms/platform.js';
import { TokenRefreshJob } from '../src/integrations/token-refresh.job.js';
import { PAGES_APP_SECRET, VERIFY_TOKEN } from './providers/facebook-pages.server.js';
import { INSTAGRAM_SECRET } from './providers/instagram.server.js';
import { TIKTOK_OPEN_ID } from './providers/tiktok.server.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, databaseUri, type TestApp } from './support/app.js';
import { createDyingApp } from './support/dying-app.js';
import { eventually } from './support/eventually.js';
import {
  allRevoked,
  connect,
  integrationOf,
  type PlatformServers,
  PUBLIC_URL,
  rowOf,
  startPlatforms,
  variablesOf,
} from './support/platforms.js';

const REFRESHED: Partial<Record<PlatformName, string>> = {
  facebook: '/oauth/access_token',
  instagram: '/refresh_access_token',
  tiktok: '/v2/oauth/token/',
};
const KEY = `k1:${randomBytes(32).toString('base64')}`;

let servers: PlatformServers;
let app: TestApp;
let twin: TestApp;
let shared: Record<string, string>;
let shop: ShopWorld;
let events: string[];

beforeAll(async () => {
  servers = await startPlatforms();
  shared = {
    ENCRYPTION_KEYS: KEY,
    ...variablesOf(servers),
    PUBLIC_URL,
    MONGODB_URI: databaseUri(`test_${randomBytes(6).toString('hex')}`),
    JWT_SECRET: randomBytes(32).toString('base64url'),
  };
  app = await createTestApp(shared);
  twin = await createTestApp(shared);
  servers.viber.reach = (url) => url.replace(PUBLIC_URL, app.url);
  for (const one of [app, twin]) {
    const bus = one.nest.get(DomainEvents);
    for (const name of [
      'integration.failed',
      'integration.expiring',
      'integration.disconnected',
    ] as const) {
      bus.on(name, ({ shopId, integration }) => {
        events.push(`${name} ${shopId} ${integration.platform}`);
      });
    }
  }
});

afterAll(async () => {
  await twin.close();
  await app.close();
  await Promise.all(Object.values(servers).map((one) => one.stop()));
});

beforeEach(async () => {
  events = [];
  shop = await aShop(app);
});

/** A page serves one shop: the next test's may have it. */
afterEach(async () => {
  servers.telegram.isDead = false;
  servers.viber.isDead = false;
  for (const server of Object.values(servers))
    Object.assign(server, { misbehaviour: {}, held: {} });
  await Promise.all(PLATFORMS.map((name) => disconnect(name)));
  await allRevoked(app, shop);
  for (const server of Object.values(servers)) server.requests.length = 0;
});

const DAY_MS = 86_400_000;
/** So far ahead that a connection is due, and that nobody else takes it. */
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);
const tend = (one: Pick<TestApp, 'nest'>, id: unknown, now: Date): Promise<void> =>
  one.nest.get(IntegrationUpkeepService).tend(String(id), now);
const idOf = async (name: string): Promise<Types.ObjectId> =>
  (await rowOf(app, shop, name))!['_id'];

/** What the owner has in the feed about this shop. */
async function told(): Promise<Record<string, any>[]> {
  const { body } = await shop.owner.get('/api/notifications').expect(200);
  return (body.data as Record<string, any>[]).filter(({ shopId }) => shopId === shop.id);
}

const rows = () => app.connection.db!.collection('integrations');
const disconnect = (name: string) =>
  shop.owner.post(`${shop.path}/integrations/${name}/disconnect`);

/** Lets a connection be due, with tokens that end soon or do not. */
async function makeDue(name: string, fields: object = {}): Promise<number> {
  const row = (await rowOf(app, shop, name))!;
  await rows().updateOne({ _id: row['_id'] }, { $set: { dueAt: new Date(0), ...fields } });
  return row['revision'] as number;
}
const endsSoon = () => ({
  renewedAt: new Date(Date.now() - 86_400_000),
  expiresAt: new Date(Date.now() + 3_600_000),
});

async function sweepBoth(): Promise<void> {
  await Promise.all([app, twin].map((one) => one.nest.get(TokenRefreshJob).sweep(new Date())));
}

/** Waits until what was due was looked after. */
const tended = (name: string) =>
  eventually(async () => {
    const row = (await rowOf(app, shop, name))!;
    expect(row['dueAt'] ?? new Date(8e15)).not.toEqual(new Date(0));
    // The lease is two minutes: whoever had it has let go.
    const dueIn = Number(row['dueAt'] ?? 8e15) - Date.now();
    expect(dueIn < 100_000 || dueIn > 121_000).toBe(true);
    return row;
  });

describe('tokens that end', () => {
  it.each(Object.keys(REFRESHED) as PlatformName[])(
    'of %s are refreshed before, once over all processes, and stay sealed',
    async (name) => {
      await connect(app, servers, shop, name);
      const before = (await rowOf(app, shop, name))!;
      await makeDue(name, endsSoon());
      servers[name].requests.length = 0;
      await Promise.all([sweepBoth(), sweepBoth(), sweepBoth()]);
      const row = await tended(name);
      expect(servers[name].calls(REFRESHED[name]!)).toHaveLength(1);
      expect(row['accessToken']).not.toBe(before['accessToken']);
      expect(row['expiresAt'].getTime()).toBeGreaterThan(Date.now() + 80_000_000);
      expect(JSON.stringify(row)).not.toMatch(/EAA|IGL[0-9a-f]|act\.|rft\./);
      expect((await integrationOf(shop, name))['health'].status).toBe('ok');
    },
  );

  it('are refreshed once even by two that run the same job, after a lost lock', async () => {
    await connect(app, servers, shop, 'tiktok');
    await makeDue('tiktok', endsSoon());
    const id = String((await rowOf(app, shop, 'tiktok'))!['_id']);
    servers.tiktok.requests.length = 0;
    const runs = [app, twin, app, twin].map((one) =>
      one.nest.get(IntegrationUpkeepService).tend(id, new Date()),
    );
    await Promise.all(runs);
    expect(servers.tiktok.calls('/token/')).toHaveLength(1);
    expect(events).toEqual([]);
  });

  it('come too late for a connection that was ended meanwhile', async () => {
    const { tiktok } = servers;
    await connect(app, servers, shop, 'tiktok');
    const id = await idOf('tiktok');
    let letGo = (): void => {};
    tiktok.held = { '/oauth/token/': new Promise((resolve) => (letGo = resolve)) };
    tiktok.requests.length = 0;
    const refreshing = tend(app, id, inDays(2));
    await eventually(() => expect(tiktok.calls('/oauth/token/')).toHaveLength(1));
    tiktok.misbehaviour = { '/revoke/': 'server-error' };
    await disconnect('tiktok').expect(200);
    await eventually(() => expect(tiktok.calls('/revoke/')).toHaveLength(1));
    const { dueAt } = (await tended('tiktok'))!;
    letGo();
    await refreshing;
    const row = (await rowOf(app, shop, 'tiktok'))!;
    // What is still to be revoked is not forgotten either.
    expect(row['dueAt']).toEqual(dueAt);
    expect([row['state'], row['accessToken'], row['refreshToken']]).toEqual([
      'disconnected',
      undefined,
      undefined,
    ]);
    expect(events).toEqual([`integration.disconnected ${shop.id} tiktok`]);
    tiktok.misbehaviour = {};
    await makeDue('tiktok');
    await sweepBoth();
  });

  it('of Facebook are known by what it says of them, where the exchange does not', async () => {
    servers.facebook.expiresIn = undefined;
    await connect(app, servers, shop, 'facebook');
    const { expiresAt } = await integrationOf(shop, 'facebook');
    await tend(app, await idOf('facebook'), inDays(55));
    servers.facebook.expiresIn = 5_183_944;
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now() + 59 * DAY_MS);
    expect(servers.facebook.calls('/oauth/access_token')).toHaveLength(3);
    expect((await integrationOf(shop, 'facebook'))['expiresAt']).toBeDefined();
  });

  it('are gone for good when no refresh has come before', async () => {
    await connect(app, servers, shop, 'instagram');
    servers.instagram.misbehaviour = { '/refresh_access_token': 'refuse' };
    await makeDue('instagram', { renewedAt: inDays(-60), expiresAt: inDays(-1) });
    await sweepBoth();
    await eventually(async () =>
      expect((await integrationOf(shop, 'instagram'))['health'].reason).toBe('expired'),
    );
    expect(events).toEqual([`integration.failed ${shop.id} instagram`]);
  });

  it('are not refreshed long before', async () => {
    await connect(app, servers, shop, 'tiktok');
    await makeDue('tiktok');
    servers.tiktok.requests.length = 0;
    await sweepBoth();
    await tended('tiktok');
    expect(servers.tiktok.calls('/token/')).toEqual([]);
    expect(servers.tiktok.calls('/user/info/')).toHaveLength(1);
  });

  it('wait for a platform that is out of order, and are refreshed afterwards', async () => {
    await connect(app, servers, shop, 'tiktok');
    await makeDue('tiktok', endsSoon());
    servers.tiktok.misbehaviour = { '/token/': 'error-in-200' };
    await sweepBoth();
    await tended('tiktok');
    expect(await integrationOf(shop, 'tiktok')).toMatchObject({
      state: 'connected',
      health: { status: 'unreachable' },
    });
    servers.tiktok.misbehaviour = {};
    await makeDue('tiktok');
    await sweepBoth();
    await tended('tiktok');
    expect((await integrationOf(shop, 'tiktok'))['health'].status).toBe('ok');
    expect(events).toEqual([]);
  });
});

describe('a dead connection', () => {
  it.each(PLATFORMS)('with %s is told of once, and not tried again', async (name) => {
    await connect(app, servers, shop, name);
    servers[name].endAll();
    await makeDue(name, REFRESHED[name] ? endsSoon() : {});
    await sweepBoth();
    await eventually(async () => expect((await integrationOf(shop, name))['state']).toBe('failed'));
    expect(await integrationOf(shop, name)).toMatchObject({
      isConnected: false,
      health: { status: 'dead', reason: 'dead' },
    });
    const row = (await tended(name))!;
    expect([row['dueAt'], row['accessToken'], row['refreshToken']]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const calls = servers[name].requests.length;
    await sweepBoth();
    expect(servers[name].requests).toHaveLength(calls);
    expect(events).toEqual([`integration.failed ${shop.id} ${name}`]);
    expect(await told()).toMatchObject([{ kind: 'integration_failed', count: 1 }]);
    servers.telegram.isDead = false;
    servers.viber.isDead = false;
    expect((await connect(app, servers, shop, name)).status).toBe(200);
    expect((await integrationOf(shop, name))['state']).toBe('connected');
  });

  it('is told of, once, by another when the process that has found it dies', async () => {
    await connect(app, servers, shop, 'viber');
    servers.viber.endAll();
    const id = await idOf('viber');
    // The first takes it, the second notes that it is dead.
    const dying = await createDyingApp('integrations.findOneAndUpdate:after:2', shared);
    try {
      void tend(dying, id, inDays(2)).catch(() => {});
      await eventually(() => expect(dying.isDead()).toBe(true));
      expect((await integrationOf(shop, 'viber'))['state']).toBe('failed');
      expect(await told()).toEqual([]);
      for (let turn = 3; turn < 5; turn++) await tend(app, id, inDays(turn));
      expect(events).toEqual([`integration.failed ${shop.id} viber`]);
      expect(await told()).toMatchObject([{ kind: 'integration_failed', count: 1 }]);
    } finally {
      await dying.close();
    }
  });

  it('of a shop that is gone is ended at the platform', async () => {
    const other = await aShop(app);
    await connect(app, servers, other, 'tiktok');
    const { _id } = (await rowOf(app, other, 'tiktok'))!;
    await other.owner.delete(other.path).expect(200);
    for (let turn = 2; turn < 4; turn++) await tend(app, _id, inDays(turn));
    expect(servers.tiktok.calls('/revoke/')).toHaveLength(1);
    expect(await rowOf(app, other, 'tiktok')).toMatchObject({
      state: 'disconnected',
      revoking: [],
    });
  });

  it('is announced a week before, once, where no refresh helps', async () => {
    servers.facebook.dataAccess = 6 * 86_400;
    await connect(app, servers, shop, 'facebook');
    for (let turn = 0; turn < 2; turn++) {
      // Put off by so little that the same is true.
      servers.facebook.dataAccess += 3_600;
      await makeDue('facebook');
      await sweepBoth();
      await tended('facebook');
    }
    servers.facebook.dataAccess = 90 * 86_400;
    expect((await integrationOf(shop, 'facebook'))['health'].status).toBe('expiring');
    expect(events).toEqual([`integration.expiring ${shop.id} facebook`]);
    expect(await told()).toMatchObject([
      { kind: 'integration_failed', count: 1, title: 'facebook must be connected again soon' },
    ]);
  });
});

describe('tokens at rest', () => {
  it('open in their own shop and field alone: a swapped row is disconnected, no crash', async () => {
    await connect(app, servers, shop, 'tiktok');
    const { accessToken, refreshToken } = (await rowOf(app, shop, 'tiktok'))!;
    await makeDue('tiktok', { accessToken: refreshToken, refreshToken: accessToken });
    expect(await integrationOf(shop, 'tiktok')).toMatchObject({
      state: 'disconnected',
      isConnected: false,
      health: { status: 'dead', reason: 'damaged' },
    });
    servers.tiktok.requests.length = 0;
    await sweepBoth();
    await eventually(() => expect(events).toEqual([`integration.failed ${shop.id} tiktok`]));
    expect(servers.tiktok.requests).toEqual([]);
  });

  it.each(['', 'x', 'k1.AAAA', null, 7])('may be damaged in any way: %j', async (token) => {
    await connect(app, servers, shop, 'telegram');
    const row = { _id: await idOf('telegram') };
    await rows().updateOne(row, { $set: { accessToken: token } });
    expect(await integrationOf(shop, 'telegram')).toMatchObject({
      state: 'disconnected',
      isConnected: false,
    });
    await disconnect('telegram').expect(200);
    await allRevoked(app, shop);
    expect((await connect(app, servers, shop, 'telegram')).status).toBe(200);
  });

  it('are written anew under the first key, while an old one still opens', async () => {
    await connect(app, servers, shop, 'facebook');
    const before = (await rowOf(app, shop, 'facebook'))!;
    expect(before['keyId']).toBe('k1');
    const { MONGODB_URI, ...rest } = {
      ...variablesOf(servers),
      MONGODB_URI: databaseUri(app.connection.db!.databaseName),
    };
    const rotated = await createTestApp({
      ...rest,
      PUBLIC_URL,
      MONGODB_URI,
      ENCRYPTION_KEYS: `k2:${randomBytes(32).toString('base64')},${KEY}`,
    });
    await rotated.nest.get(TokenRefreshJob).sweep(new Date());
    const after = (await rowOf(app, shop, 'facebook'))!;
    const tokensIn = (one: TestApp, row: Record<string, any>) =>
      one.nest.get(IntegrationTokensService).open(row as Integration, row);
    expect(tokensIn(rotated, after)).toEqual(tokensIn(app, before));
    expect(tokensIn(rotated, after)).toHaveProperty('tokens.accessToken');
    await rotated.nest.close();
    expect(after['keyId']).toBe('k2');
    for (const field of ['accessToken', 'refreshToken']) expect(after[field]).toMatch(/^k2\./);
    // A process without the new key sees no connection, and leaves the row alone.
    expect((await integrationOf(shop, 'facebook'))['state']).toBe('disconnected');
    await makeDue('facebook');
    await sweepBoth();
    await tended('facebook');
    expect((await rowOf(app, shop, 'facebook'))!['state']).toBe('connected');
    expect(events).toEqual([]);
    await rows().updateOne({ _id: before['_id'] }, { $set: before });
  });
});

describe('disconnecting', () => {
  it.each([
    ['tiktok', '/revoke/', 'server-error'],
    ['instagram', '/subscribed_apps', 'refuse'],
  ] as const)(
    'from %s counts at once while its %s fails (%s), which is told until it hears',
    async (name, path, how) => {
      await connect(app, servers, shop, name);
      servers[name].requests.length = 0;
      servers[name].misbehaviour = { [path]: how };
      const { body } = await disconnect(name).expect(200);
      expect(body.data).toMatchObject({ state: 'disconnected', isRevoking: true });
      await eventually(() => expect(servers[name].calls(path)).toHaveLength(1));
      await tended(name);
      expect((await integrationOf(shop, name))['isRevoking']).toBe(true);
      servers[name].misbehaviour = {};
      await makeDue(name);
      await sweepBoth();
      await eventually(async () =>
        expect((await integrationOf(shop, name))['isRevoking']).toBe(false),
      );
      expect(servers[name].calls(path)).toHaveLength(2);
    },
  );

  it("takes back a person's permission though they have lost the page", async () => {
    await connect(app, servers, shop, 'facebook');
    servers.facebook.misbehaviour = { '/subscribed_apps': 'refuse' };
    await disconnect('facebook').expect(200);
    await eventually(() => expect(servers.facebook.calls('/permissions')).toHaveLength(1));
  });

  it('late leaves a bot alone that serves another shop meanwhile', async () => {
    const other = await aShop(app);
    const { telegram } = servers;
    await connect(app, servers, shop, 'telegram');
    telegram.misbehaviour = { '/deleteWebhook': 'server-error' };
    await disconnect('telegram').expect(200);
    await eventually(() => expect(telegram.calls('/deleteWebhook')).toHaveLength(1));
    await tended('telegram');
    telegram.misbehaviour = {};
    expect((await connect(app, servers, other, 'telegram')).status).toBe(200);
    await makeDue('telegram');
    await sweepBoth();
    await allRevoked(app, shop);
    expect(telegram.calls('/deleteWebhook')).toHaveLength(1);
    await other.owner.post(`${other.path}/integrations/telegram/disconnect`).expect(200);
    await allRevoked(app, other);
    expect(telegram.webhook).toBeUndefined();
  });

  it("leaves a person's permission that serves another shop", async () => {
    const other = await aShop(app);
    const { facebook } = servers;
    const one = facebook.person;
    await connect(app, servers, other, 'facebook');
    facebook.person = { ...one, pages: [{ id: '7100', name: 'Mya Tea' }] };
    await connect(app, servers, shop, 'facebook');
    facebook.person = one;
    await disconnect('facebook').expect(200);
    await allRevoked(app, shop);
    expect(facebook.subscribed).toEqual(new Set(['7001']));
    expect(facebook.calls('/permissions')).toEqual([]);
    await other.owner.post(`${other.path}/integrations/facebook/disconnect`).expect(200);
    await eventually(() => expect(facebook.calls('/permissions')).toHaveLength(1));
  });
});

describe('webhooks of the platforms', () => {
  const send = (path: string, body: string, headers: Record<string, string> = {}) =>
    app.request
      .post(`/webhook/${path}`)
      .set('Content-Type', 'application/json')
      .set(headers)
      .send(body);
  const removed = (at: number) => ({
    event: 'authorization.removed',
    create_time: at,
    user_openid: TIKTOK_OPEN_ID,
    content: '{"reason":1}',
  });

  it('of TikTok end a connection that was removed there, and none that came after', async () => {
    await connect(app, servers, shop, 'tiktok');
    const now = Math.floor(Date.now() / 1_000);
    const old = servers.tiktok.webhook(removed(now - 60), now);
    await send('tiktok', old.body, { 'TikTok-Signature': old.signature }).expect(200);
    expect((await integrationOf(shop, 'tiktok'))['isConnected']).toBe(true);
    const fresh = servers.tiktok.webhook(removed(now + 5), now);
    const stale = servers.tiktok.webhook(removed(now + 5), now - 301);
    await send('tiktok', fresh.body).expect(400);
    await send('tiktok', `${fresh.body} `, { 'TikTok-Signature': fresh.signature }).expect(400);
    await send('tiktok', stale.body, { 'TikTok-Signature': stale.signature }).expect(400);
    for (let turn = 0; turn < 2; turn++) {
      await send('tiktok', fresh.body, { 'TikTok-Signature': fresh.signature }).expect(200);
    }
    expect(await integrationOf(shop, 'tiktok')).toMatchObject({
      state: 'disconnected',
      isRevoking: false,
    });
    expect(events).toEqual([`integration.disconnected ${shop.id} tiktok`]);
    expect(servers.tiktok.calls('/revoke/')).toEqual([]);
  });

  it('of Meta are verified, and believed with the secret of either app', async () => {
    const query = {
      'hub.mode': 'subscribe',
      'hub.verify_token': VERIFY_TOKEN,
      'hub.challenge': '1158201444',
    };
    const answer = await app.request.get('/webhook/facebook').query(query).expect(200);
    expect(answer.text).toBe('1158201444');
    expect(answer.headers['content-type']).toContain('text/plain');
    await app.request
      .get('/webhook/facebook')
      .query({ ...query, 'hub.verify_token': 'x' })
      .expect(403);
    await app.request
      .get('/webhook/facebook')
      .query({ ...query, 'hub.mode': 'x' })
      .expect(403);
    const body = '{"object":"page","entry":[{"name":"\\u1019"}]}';
    for (const [secret, status] of [
      [PAGES_APP_SECRET, 200],
      [INSTAGRAM_SECRET, 200],
      ['other', 400],
    ] as const) {
      const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
      await send('facebook', body, { 'X-Hub-Signature-256': signature }).expect(status);
    }
    await send('facebook', body).expect(400);
  });

  it('of bots are believed at their own address, with their own secret', async () => {
    await connect(app, servers, shop, 'telegram');
    await connect(app, servers, shop, 'viber');
    const { url, secret_token } = servers.telegram.webhook!;
    const telegram = url.replace(`${PUBLIC_URL}/webhook/`, '');
    const header = 'X-Telegram-Bot-Api-Secret-Token';
    await send(telegram, '{"update_id":1}', { [header]: secret_token }).expect(200);
    await send(telegram, '{"update_id":1}', { [header]: 'x' }).expect(400);
    await send(telegram, '{"update_id":1}').expect(400);
    await send('telegram/unknown', '{"update_id":1}', { [header]: secret_token }).expect(404);
    const viber = servers.viber.webhook.replace(`${PUBLIC_URL}/webhook/`, '');
    const { body, signature } = servers.viber.signed({ event: 'seen', message_token: 1 });
    await send(viber, body, { 'X-Viber-Content-Signature': signature }).expect(200);
    await send(viber, `${body} `, { 'X-Viber-Content-Signature': signature }).expect(400);
    await send(viber, body).expect(400);
    await send('viber/unknown', body, { 'X-Viber-Content-Signature': signature }).expect(404);
  });
});
