import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DomainEvents } from '../src/events/domain-events.js';
import { PLATFORMS, type PlatformName } from '../src/integrations/platforms/platform.js';
import { PAGES_APP_SECRET } from './providers/facebook-pages.server.js';
import { INSTAGRAM_USER_ID } from './providers/instagram.server.js';
import { HOSTILE_TEXT, type Misbehaviour } from './providers/platform.server.js';
import { BOT_TOKEN } from './providers/telegram.server.js';
import { VIBER_TOKEN } from './providers/viber.server.js';
import { aShop, aUser, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aShopBody } from './support/bodies.js';
import { eventually } from './support/eventually.js';
import {
  agree,
  allRevoked,
  comeBack,
  connect,
  integrationOf,
  paste,
  type PlatformServers,
  posted,
  PUBLIC_URL,
  rowOf,
  setOut,
  startPlatforms,
  variablesOf,
} from './support/platforms.js';

const APP_ORIGIN = 'http://app.example';
const SECOND_ORIGIN = 'http://second.example';
const HANDLE = /^cliick_[\w-]{43}$/;
/** Where a visit meets each platform with a code, and what it answers there when it will not. */
const TOKEN_PATH: Record<PlatformName, string> = {
  facebook: '/oauth/access_token',
  instagram: '/oauth/access_token',
  tiktok: '/v2/oauth/token/',
  telegram: '/token',
  viber: '/pa/set_webhook',
};

/** Whether a platform was told that a connection has ended. */
const HAS_HEARD: Record<PlatformName, () => boolean> = {
  facebook: () =>
    servers.facebook.calls('/permissions', 'DELETE').length === 1 &&
    servers.facebook.subscribed.size === 0,
  instagram: () => servers.instagram.subscribed.size === 0,
  tiktok: () => servers.tiktok.calls('/revoke/').length === 1,
  telegram: () => servers.telegram.webhook === undefined,
  viber: () => servers.viber.webhook === '',
};

let servers: PlatformServers;
let app: TestApp;
let shop: ShopWorld;
let events: string[];

beforeAll(async () => {
  servers = await startPlatforms();
  app = await createTestApp({
    ...variablesOf(servers),
    PUBLIC_URL,
    CORS_ORIGINS: SECOND_ORIGIN,
  });
  servers.viber.reach = (url) => url.replace(PUBLIC_URL, app.url);
  const bus = app.nest.get(DomainEvents);
  for (const name of ['integration.connected', 'integration.disconnected'] as const) {
    bus.on(name, ({ shopId, integration }) => {
      events.push(`${name} ${shopId} ${integration.platform}`);
    });
  }
});

afterAll(async () => {
  await app.close();
  await Promise.all(Object.values(servers).map((one) => one.stop()));
});

beforeEach(async () => {
  events = [];
  shop = await aShop(app);
});

/** A page serves one shop: the next test's may have it. */
afterEach(async () => {
  for (const server of Object.values(servers)) server.misbehaviour = {};
  await Promise.all(PLATFORMS.map((name) => disconnect(name)));
  await allRevoked(app, shop);
  for (const server of Object.values(servers)) server.requests.length = 0;
});

const disconnect = (name: string) =>
  shop.owner.post(`${shop.path}/integrations/${name}/disconnect`);
const connectWith = (name: string, code: string) =>
  shop.owner.post(`${shop.path}/integrations/${name}/connect`, { code });
const tokensAtRest = async (): Promise<string> =>
  JSON.stringify(await Promise.all(PLATFORMS.map((name) => rowOf(app, shop, name))));

describe.each(PLATFORMS)('connecting %s', (name) => {
  it('ends in a handle for the page that opened the popup, which connects once', async () => {
    const response = await connect(app, servers, shop, name);
    expect(response.status).toBe(200);
    const { message, to } = posted(response);
    expect(to).toBe(APP_ORIGIN);
    expect(message).toEqual({
      type: 'oauth_callback',
      platform: name,
      code: expect.stringMatching(HANDLE),
    });
    const { body } = await connectWith(name, message['code']).expect(200);
    expect(body.data).toMatchObject({ platform: name, state: 'connected', isConnected: true });
    expect(body.data.displayName).toMatch(/mya/i);
    expect(body.data.health.status).toBe('ok');
    const again = await connectWith(name, message['code']).expect(400);
    expect(again.body.code).toBe('invalid_token');
    expect(events).toEqual([`integration.connected ${shop.id} ${name}`]);
    expect(await tokensAtRest()).not.toMatch(
      new RegExp(`EAA|IG[QL][0-9a-f]|act\\.|rft\\.|${BOT_TOKEN}|${VIBER_TOKEN}`),
    );
  });

  it('gives the handle to nobody else', async () => {
    const other = await aShop(app);
    const { message } = posted(await connect(app, servers, shop, name));
    await other.owner
      .post(`${other.path}/integrations/${name}/connect`, { code: message['code'] })
      .expect(400);
    await shop.admin
      .post(`${shop.path}/integrations/${name}/connect`, { code: message['code'] })
      .expect(400);
    const elsewhere = PLATFORMS.find((one) => one !== name)!;
    await connectWith(elsewhere, message['code']).expect(400);
    const { body } = await shop.owner.post('/api/shops', aShopBody()).expect(201);
    await shop.owner
      .post(`/api/shops/${body.data.id}/integrations/${name}/connect`, { code: message['code'] })
      .expect(400);
    await connectWith(name, message['code']).expect(200);
  });

  it('gives a handle that ends after ten minutes', async () => {
    const { message } = posted(await connect(app, servers, shop, name));
    const handles = app.connection.db!.collection('oauth_handles');
    const { _id, expiresAt } = (await handles.find().hint({ _id: 1 }).sort({ _id: -1 }).next())!;
    expect(Math.abs(Number(expiresAt) - Date.now() - 600_000)).toBeLessThan(60_000);
    await handles.updateOne({ _id }, { $set: { expiresAt: new Date() } });
    const { body } = await connectWith(name, message['code']).expect(400);
    expect(body.code).toBe('invalid_token');
  });

  it.each<Misbehaviour>(['refuse', 'server-error', 'html', 'error-in-200', 'reset'])(
    'keeps nothing when the platform does this: %s; the next try works',
    async (how) => {
      const out = await setOut(shop, name);
      const query = await agree(app, servers, name, out);
      servers[name].misbehaviour = { [TOKEN_PATH[name]]: how };
      const response = await comeBack(app, name, query, out.cookie);
      expect(response.status).toBe(how === 'refuse' ? 400 : 502);
      expect(posted(response).message['code']).toBeUndefined();
      expect(response.text).not.toContain('alert(');
      expect(await rowOf(app, shop, name)).toBeNull();
      expect(events).toEqual([]);
      servers[name].misbehaviour = {};
      expect((await connect(app, servers, shop, name)).status).toBe(200);
    },
  );

  it('is ended here at once, and at the platform as well', async () => {
    await connect(app, servers, shop, name);
    const { body } = await disconnect(name).expect(200);
    expect(body.data).toMatchObject({ state: 'disconnected', isConnected: false, scopes: [] });
    expect(events.at(-1)).toBe(`integration.disconnected ${shop.id} ${name}`);
    await eventually(async () =>
      expect((await integrationOf(shop, name))['isRevoking']).toBe(false),
    );
    expect(HAS_HEARD[name]()).toBe(true);
    await disconnect(name).expect(200);
    expect(events).toHaveLength(2);
  });
});

it('does not wait for a platform that hangs, and keeps nothing', async () => {
  const visits = await Promise.all(
    PLATFORMS.map(async (name) => {
      const out = await setOut(shop, name);
      return { name, out, query: await agree(app, servers, name, out) };
    }),
  );
  for (const { name } of visits) servers[name].misbehaviour = { [TOKEN_PATH[name]]: 'hang' };
  const answers = await Promise.all(
    visits.map(({ name, out, query }) => comeBack(app, name, query, out.cookie)),
  );
  expect(answers.map(({ status }) => status)).toEqual(PLATFORMS.map(() => 502));
  for (const name of PLATFORMS) expect(await rowOf(app, shop, name)).toBeNull();
});

describe.each(PLATFORMS)('the state of a visit to %s', (name) => {
  async function expectRefused(query: Record<string, unknown>, cookie: string): Promise<void> {
    const calls = servers[name].requests.length;
    const response = await comeBack(app, name, query, cookie);
    expect(posted(response).message).toMatchObject({
      type: 'oauth_callback',
      error: 'invalid_state',
    });
    expect(response.status).toBe(400);
    expect(servers[name].requests).toHaveLength(calls);
  }

  it('counts in its own browser, at its own platform, whole, and once', async () => {
    const out = await setOut(shop, name);
    const other = await setOut(shop, name);
    const query = await agree(app, servers, name, out);
    await expectRefused({ code: query['code']! }, out.cookie);
    await expectRefused({ ...query, state: 'A'.repeat(43) }, out.cookie);
    await expectRefused({ ...query, state: [query['state'], query['state']] }, out.cookie);
    await expectRefused(query, '');
    await expectRefused(query, other.cookie);
    const elsewhere = PLATFORMS.find((one) => one !== name)!;
    expect((await comeBack(app, elsewhere, query, out.cookie)).status).toBe(400);
    const both = [comeBack(app, name, query, out.cookie), comeBack(app, name, query, out.cookie)];
    const statuses = (await Promise.all(both)).map(({ status }) => status);
    expect(statuses.sort((one, other) => one - other)).toEqual([200, 400]);
    await expectRefused(query, out.cookie);
  });

  it('ends after ten minutes', async () => {
    const out = await setOut(shop, name);
    const query = await agree(app, servers, name, out);
    const states = app.connection.db!.collection('oauth_states');
    const { stateHash, expiresAt } = (await states
      .find()
      .hint({ _id: 1 })
      .sort({ _id: -1 })
      .next())!;
    expect(Math.abs(Number(expiresAt) - Date.now() - 600_000)).toBeLessThan(60_000);
    await states.updateOne({ stateHash }, { $set: { expiresAt: new Date() } });
    await expectRefused(query, out.cookie);
  });

  it('counts for a member alone who may connect still', async () => {
    const user = await aUser(app);
    const member = { username: user.username, role: 'manager' };
    await shop.owner.post(`${shop.path}/team`, member).expect(201);
    await user.get(`${shop.path}/integrations/${name}/authorize`).expect(403);
    const left = await aShop(app);
    const visits = [await setOut(left, name), await setOut(left, name)];
    const queries = [];
    for (const out of visits) queries.push(await agree(app, servers, name, out));
    await left.owner.post(`${left.path}/team`, member).expect(201);
    await left.owner.post(`${left.path}/transfer`, { userId: user.userId }).expect(200);
    const calls = servers[name].requests.length;
    const demote = () => user.put(`${left.path}/team/${left.owner.userId}`, { role: 'manager' });
    const leave = () => left.owner.post(`${left.path}/team/leave`);
    for (const [turn, end] of [demote, leave].entries()) {
      await end().expect(200);
      const response = await comeBack(app, name, queries[turn]!, visits[turn]!.cookie);
      expect(response.status).toBe(403);
      expect(posted(response).message['error']).toBe('forbidden');
    }
    expect(servers[name].requests).toHaveLength(calls);
    expect(await rowOf(app, left, name)).toBeNull();
  });

  it('made by the app opens the way of a code to the app, and no more', async () => {
    const made = (platform: string, ageMs = 0) =>
      Buffer.from(
        JSON.stringify({ shopId: shop.id, platform, timestamp: Date.now() - ageMs, nonce: 'n' }),
      ).toString('base64');
    const code = `their-code ${HOSTILE_TEXT}`;
    const response = await comeBack(app, name, { code, state: made(name) });
    expect(posted(response)).toEqual({
      message: { type: 'oauth_callback', platform: name, code },
      to: APP_ORIGIN,
    });
    expect(response.text.split('</script>')).toHaveLength(2);
    await expectRefused({ code: 'x', state: made('myspace') }, '');
    await expectRefused({ code: 'x', state: made(name, 11 * 60_000) }, '');
    expect(servers[name].requests).toEqual([]);
    expect(await rowOf(app, shop, name)).toBeNull();
  });
});

describe('a code that came back to the address of the app', () => {
  it.each(['facebook', 'instagram', 'tiktok'] as const)('connects %s, once', async (name) => {
    const code = servers[name].codeFor(`${APP_ORIGIN}/oauth/${name}/callback`);
    const { body } = await connectWith(name, code).expect(200);
    expect(body.data).toMatchObject({ state: 'connected', isConnected: true });
    expect((await connectWith(name, code).expect(400)).body.code).toBe('invalid_token');
    expect((await integrationOf(shop, name))['isConnected']).toBe(true);
  });

  it('is not enough for a bot', async () => {
    for (const name of ['telegram', 'viber']) {
      expect((await connectWith(name, 'x').expect(400)).body.error).toContain('bot token');
    }
  });
});

describe('the page for a bot token', () => {
  it.each(['telegram', 'viber'] as const)(
    'of %s takes a good one in a body, and tells of others',
    async (name) => {
      const out = await setOut(shop, name);
      expect(out.url).toMatch(`${PUBLIC_URL}/oauth/${name}/authorize?state=`);
      const page = await app.request
        .get(`/oauth/${name}/authorize${new URL(out.url).search}`)
        .set('Cookie', out.cookie)
        .expect(200);
      expect(page.text).toContain('<form method="post"');
      expect(page.headers['content-security-policy']).toContain("default-src 'none'");
      const calls = servers[name].requests.length;
      const separator = name === 'telegram' ? ':' : '-';
      const unknown = `${'1'.repeat(10)}${separator}wrong-${'a'.repeat(40)}`;
      const wrong = await paste(app, name, out, unknown);
      expect(wrong.status).toBe(422);
      expect(servers[name].requests).toHaveLength(calls + 1);
      expect(wrong.text).not.toContain('wrong-');
      expect((await paste(app, name, { ...out, cookie: '' }, BOT_TOKEN)).status).toBe(400);
      const good = await paste(app, name, out, name === 'telegram' ? BOT_TOKEN : VIBER_TOKEN);
      expect(good.status).toBe(303);
      expect(good.headers['location']).not.toContain(BOT_TOKEN);
      const stored = JSON.stringify(
        await app.connection.db!.collection('oauth_states').find().hint({ _id: 1 }).toArray(),
      );
      expect(stored).not.toContain(name === 'telegram' ? BOT_TOKEN : VIBER_TOKEN);
    },
  );

  it.each(['telegram', 'viber'] as const)(
    'of %s is for a member alone who may connect still: nothing is asked for others',
    async (name) => {
      const out = await setOut(shop, name, shop.admin);
      const page = () =>
        app.request
          .get(`/oauth/${name}/authorize${new URL(out.url).search}`)
          .set('Cookie', out.cookie);
      await page().expect(200);
      const role = (to: string) =>
        shop.owner.put(`${shop.path}/team/${shop.admin.userId}`, { role: to }).expect(200);
      await role('agent');
      await page().expect(400);
      const token = name === 'telegram' ? BOT_TOKEN : VIBER_TOKEN;
      expect((await paste(app, name, out, token)).status).toBe(400);
      expect(servers[name].requests).toEqual([]);
    },
  );

  it('cannot be passed by: neither without a token nor with a code of somebody else', async () => {
    for (const name of ['telegram', 'viber'] as const) {
      const out = await setOut(shop, name);
      const state = new URL(out.url).searchParams.get('state');
      const response = await comeBack(app, name, { code: 'x', state }, out.cookie);
      expect(response.status).toBe(400);
      expect(servers[name].requests).toEqual([]);
    }
    const out = await setOut(shop, 'viber');
    const query = { ...(await agree(app, servers, 'viber', out)), code: 'A'.repeat(43) };
    expect((await comeBack(app, 'viber', query, out.cookie)).status).toBe(400);
    expect(servers.viber.calls('/set_webhook')).toEqual([]);
    expect(await rowOf(app, shop, 'viber')).toBeNull();
  });

  it('tells of keys at Telegram that cannot be read; the next try works', async () => {
    // The keys that were fetched before are known still: another application has none.
    const other = await createTestApp({ ...variablesOf(servers), PUBLIC_URL });
    try {
      const world = await aShop(other);
      servers.telegram.misbehaviour = { '/jwks.json': 'html' };
      expect((await connect(other, servers, world, 'telegram')).status).toBe(502);
      expect(await rowOf(other, world, 'telegram')).toBeNull();
      servers.telegram.misbehaviour = {};
      expect((await connect(other, servers, world, 'telegram')).status).toBe(200);
      await world.owner.post(`${world.path}/integrations/telegram/disconnect`).expect(200);
      await allRevoked(other, world);
    } finally {
      await other.close();
    }
  });

  it('is there for bots alone, and takes forms alone', async () => {
    const { url, cookie } = await setOut(shop, 'facebook');
    const { search } = new URL(url);
    await app.request.get(`/oauth/facebook/authorize${search}`).set('Cookie', cookie).expect(404);
    await app.request.post('/oauth/viber/authorize').send({ token: 'x' }).expect(415);
  });

  it.each([
    ['another issuer', { iss: 'https://evil.example' }],
    ['another client', { aud: '1' }],
    ['the past', { expiresInS: -60 }],
  ])('does not help an identity token of %s', async (_, claims) => {
    servers.telegram.claims = claims;
    const response = await connect(app, servers, shop, 'telegram');
    servers.telegram.claims = {};
    expect(response.status).toBe(400);
    expect(await rowOf(app, shop, 'telegram')).toBeNull();
  });

  it('does not help an identity token that another has signed', async () => {
    servers.telegram.signsWithOther = true;
    const response = await connect(app, servers, shop, 'telegram');
    servers.telegram.signsWithOther = false;
    expect(response.status).toBe(400);
  });
});

describe('what a person allows', () => {
  it.each([
    ['facebook', 'pages_messaging, pages_manage_metadata'],
    ['instagram', 'instagram_business_manage_messages'],
    ['tiktok', 'user.info.basic'],
  ] as const)('must be all that %s connections need: %s', async (name, missing) => {
    const { facebook, instagram, tiktok } = servers;
    const all = [facebook.person, instagram.scopes, tiktok.scopes] as const;
    facebook.person = { ...facebook.person, scopes: ['pages_show_list'] };
    instagram.scopes = ['instagram_business_basic'];
    tiktok.scopes = ['video.list'];
    const response = await connect(app, servers, shop, name);
    [facebook.person, instagram.scopes, tiktok.scopes] = all;
    expect(response.status).toBe(422);
    expect(posted(response).message['message']).toContain(`did not allow ${missing}:`);
    expect(await rowOf(app, shop, name)).toBeNull();
  });

  it('may be refused: nothing is asked of the platform, and its words are not repeated', async () => {
    const out = await setOut(shop, 'facebook');
    const response = await comeBack(app, 'facebook', servers.facebook.refuse(out.url), out.cookie);
    expect(response.status).toBe(400);
    expect(posted(response).message['error']).toBe('refused');
    expect(response.text).not.toContain(HOSTILE_TEXT);
    expect(servers.facebook.requests).toEqual([]);
  });

  it('may hold several pages: one is chosen, and another later', async () => {
    const { facebook } = servers;
    const one = facebook.person;
    const pages = ['7001', '7002', '7003', '7004'].map((id) => ({ id, name: `Mya ${id}` }));
    facebook.person = {
      ...one,
      pages: [...pages, { id: '7005', name: 'Ads', tasks: ['ADVERTISE'] }],
    };
    const { message } = posted(await connect(app, servers, shop, 'facebook'));
    const { body } = await connectWith('facebook', message['code']).expect(200);
    expect(body.data).toMatchObject({ state: 'choose_page', isConnected: false, pages });
    expect(events).toEqual([]);
    const choose = (pageId: string) =>
      shop.owner.put(`${shop.path}/integrations/facebook`, { pageId });
    await choose('7005').expect(404);
    await choose('7003').expect(200);
    expect(facebook.subscribed).toEqual(new Set(['7003']));
    const second = await choose('7001').expect(200);
    expect(second.body.data).toMatchObject({ pageId: '7001', displayName: 'Mya 7001' });
    await allRevoked(app, shop);
    expect(facebook.subscribed).toEqual(new Set(['7001']));
    expect(facebook.calls('/permissions')).toEqual([]);
    expect(facebook.calls('/stolen')).toEqual([]);
    // Who connects again goes on with the page that was chosen.
    await connect(app, servers, shop, 'facebook');
    expect(await integrationOf(shop, 'facebook')).toMatchObject({
      state: 'connected',
      pageId: '7001',
    });
    facebook.person = one;
  });

  it('may hold no page', async () => {
    const { facebook } = servers;
    const one = facebook.person;
    facebook.person = { ...one, pages: [] };
    expect((await connect(app, servers, shop, 'facebook')).status).toBe(422);
    facebook.person = one;
  });
});

describe('a visit', () => {
  const setOutFrom = (origin: string) =>
    shop.owner
      .get(`${shop.path}/integrations/facebook/authorize`)
      .set('Origin', origin)
      .set('Sec-Fetch-Site', 'cross-site');

  it('ends at the origin from which it set out, when it is one of ours', async () => {
    for (const [origin, expected] of [
      [SECOND_ORIGIN, SECOND_ORIGIN],
      ['http://evil.example', APP_ORIGIN],
      [`${APP_ORIGIN}.evil.example`, APP_ORIGIN],
    ] as const) {
      const { body, headers } = await setOutFrom(origin);
      const url = body.data?.url as string | undefined;
      if (!url) throw new Error(`no way out from ${origin}: ${JSON.stringify(body)}`);
      const [cookie = ''] = headers['set-cookie'] as unknown as string[];
      const query = servers.facebook.agree(url);
      const response = await comeBack(app, 'facebook', query, cookie.split(';')[0]);
      expect(posted(response).to).toBe(expected);
    }
  });

  it('marks its browser by a cookie that no script reads and no foreign form sends', async () => {
    const { headers } = await setOutFrom(APP_ORIGIN).expect(200);
    const [cookie] = headers['set-cookie'] as unknown as string[];
    expect(cookie).toMatch(
      /^oauth_browser=[\w-]{43}; Max-Age=600; Path=\/;.* HttpOnly; SameSite=Lax$/,
    );
  });
});

describe('connections', () => {
  it('keep their webhook when an attempt to connect again comes to nothing half-way', async () => {
    await connect(app, servers, shop, 'telegram');
    const { telegram } = servers;
    const known = telegram.webhook;
    telegram.misbehaviour = { '/setWebhook': 'answer-lost' };
    expect((await connect(app, servers, shop, 'telegram')).status).toBe(502);
    expect(telegram.webhook).not.toBe(known);
    const { url, secret_token } = telegram.webhook!;
    await app.request
      .post(new URL(url).pathname)
      .set('X-Telegram-Bot-Api-Secret-Token', secret_token)
      .send({ update_id: 1 })
      .expect(200);
    expect((await integrationOf(shop, 'telegram'))['state']).toBe('connected');
  });

  it('are shown all five, with ids as they were sent', async () => {
    await connect(app, servers, shop, 'instagram');
    servers.instagram.inList = true;
    expect((await connect(app, servers, shop, 'instagram')).status).toBe(200);
    servers.instagram.inList = false;
    const { body } = await shop.agent.get(`${shop.path}/integrations`).expect(200);
    expect(body.data.map((one: { platform: string }) => one.platform)).toEqual([...PLATFORMS]);
    expect(body.data[1]).toMatchObject({ pageId: INSTAGRAM_USER_ID, displayName: 'mya.coffee' });
    const { body: whole } = await shop.agent.get(shop.path).expect(200);
    expect(whole.data.integrations.instagram).toMatchObject({
      isConnected: true,
      pageId: INSTAGRAM_USER_ID,
      displayName: 'mya.coffee',
    });
    expect(whole.data.integrations.viber).toMatchObject({ isConnected: false, scopes: [] });
    expect(Date.parse(body.data[1].expiresAt)).toBeGreaterThan(Date.now() + 59 * 86_400_000);
  });

  it('are of one shop a page: the other is told so, until the first is gone', async () => {
    const other = await aShop(app);
    await connect(app, servers, other, 'facebook');
    servers.facebook.requests.length = 0;
    const response = await connect(app, servers, shop, 'facebook');
    expect(response.status).toBe(409);
    expect(posted(response).message['message']).toContain('Another shop');
    expect(servers.facebook.calls('/subscribed_apps')).toEqual([]);
    await other.owner.delete(other.path).expect(200);
    expect((await connect(app, servers, shop, 'facebook')).status).toBe(200);
  });

  it('are one when two popups come back at once', async () => {
    const outs = [await setOut(shop, 'tiktok'), await setOut(shop, 'tiktok')];
    const answers = await Promise.all(
      outs.map((out) => comeBack(app, 'tiktok', servers.tiktok.agree(out.url), out.cookie)),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await integrationOf(shop, 'tiktok'))['isConnected']).toBe(true);
  });

  it('send proofs and redirect addresses as Facebook wants them', async () => {
    await connect(app, servers, shop, 'facebook');
    const [exchange] = servers.facebook.calls('/oauth/access_token');
    expect(exchange!.fields).toMatchObject({
      client_secret: PAGES_APP_SECRET,
      redirect_uri: `${PUBLIC_URL}/oauth/facebook/callback`,
    });
  });
});

it('names the variables that a platform lacks (503)', async () => {
  const bare = await createTestApp();
  try {
    const world = await aShop(bare);
    for (const [name, variable] of [
      ['facebook', 'FACEBOOK_APP_ID and FACEBOOK_APP_SECRET'],
      ['instagram', 'INSTAGRAM_APP_ID and INSTAGRAM_APP_SECRET'],
      ['tiktok', 'TIKTOK_CLIENT_KEY and TIKTOK_CLIENT_SECRET'],
      ['telegram', 'TELEGRAM_CLIENT_ID and TELEGRAM_CLIENT_SECRET'],
    ]) {
      const path = `${world.path}/integrations/${name}`;
      const { body } = await world.owner.get(`${path}/authorize`).expect(503);
      expect(body).toMatchObject({ code: 'provider_not_configured' });
      expect(body.error).toContain(variable);
      await world.owner.post(`${path}/connect`, { code: 'x' }).expect(503);
      // Who comes back there is a browser, in a popup that somebody waits for.
      const response = await comeBack(bare, name!, { code: 'x', state: 'x' });
      expect(posted(response).message['error']).toBe('invalid_state');
    }
    await world.owner.get(`${world.path}/integrations/viber/authorize`).expect(200);
  } finally {
    await bare.close();
  }
});
