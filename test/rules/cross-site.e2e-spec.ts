import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.js';
import { anAccount, aShopBody } from '../support/bodies.js';
import { type DoorClient, openRawWs, openSocketIo } from '../support/sockets.js';

type Headers = Record<string, string>;

const APP = 'http://app.example';
const HOST = 'api.example';
const TLS = { 'X-Forwarded-Proto': 'https' };

/** Behind a proxy that ends TLS, with and without the public address in the configuration. */
let proxied: TestApp;
let named: TestApp;
let direct: TestApp;
const cookies = new Map<TestApp, string>();

async function signedIn(app: TestApp): Promise<TestApp> {
  const { headers } = await app.request.post('/api/auth/register').send(anAccount()).expect(201);
  const set = headers['set-cookie'] as unknown as string[];
  cookies.set(app, set.map((line) => line.split(';')[0]).join('; '));
  return app;
}

beforeAll(async () => {
  proxied = await signedIn(await createTestApp({ TRUST_PROXY: '1' }));
  named = await signedIn(await createTestApp({ TRUST_PROXY: '1', PUBLIC_URL: `https://${HOST}` }));
  direct = await signedIn(await createTestApp());
});

afterAll(() => Promise.all([proxied, named, direct].map((app) => app.close())));

const create = (app: TestApp, headers: Headers) =>
  app.request
    .post('/api/shops')
    .set({ Host: HOST, Cookie: cookies.get(app)!, ...headers })
    .send(aShopBody());

async function expectRefused(app: TestApp, headers: Headers): Promise<void> {
  const { body } = await create(app, headers).expect(403);
  expect(body.code, JSON.stringify(headers)).toBe('cross_site');
}

describe('a state change with cookies', () => {
  it('passes from our own origin, scheme and all', async () => {
    await create(proxied, { Origin: `https://${HOST}`, ...TLS }).expect(201);
    await create(proxied, {
      Origin: `https://${HOST}`,
      'X-Forwarded-Proto': 'https, http',
    }).expect(201);
    await create(proxied, { Origin: `http://${HOST}` }).expect(201);
    await create(direct, { Origin: `http://${HOST}` }).expect(201);
    await create(direct, { Host: `${HOST}:8080`, Origin: `http://${HOST}:8080` }).expect(201);
  });

  it('is refused from a page of our host under the other scheme or port (403)', async () => {
    await expectRefused(proxied, { Origin: `http://${HOST}`, ...TLS });
    await expectRefused(proxied, { Origin: `https://${HOST}` });
    await expectRefused(direct, { Origin: `https://${HOST}` });
    await expectRefused(direct, { Origin: `http://${HOST}:81` });
  });

  it('believes no forwarded scheme without TRUST_PROXY', async () => {
    await expectRefused(direct, { Origin: `https://${HOST}`, ...TLS });
    await create(direct, { Origin: `http://${HOST}`, ...TLS }).expect(201);
  });

  it('knows the scheme of PUBLIC_URL, whatever a proxy forwards', async () => {
    await create(named, { Origin: `https://${HOST}` }).expect(201);
    await create(named, { Origin: `https://${HOST}`, Host: 'backend:8080' }).expect(201);
    await expectRefused(named, { Origin: `http://${HOST}` });
    await expectRefused(named, { Origin: `http://${HOST}`, ...TLS });
  });

  it('without an origin passes from our own pages and from no page, and no sibling (403)', async () => {
    for (const headers of [
      {},
      { 'Sec-Fetch-Site': 'same-origin' },
      { 'Sec-Fetch-Site': 'none' },
      { 'Sec-Fetch-Site': 'same-site', Origin: APP },
    ]) {
      await create(direct, headers as Headers).expect(201);
    }
    await expectRefused(direct, { 'Sec-Fetch-Site': 'same-site' });
    await expectRefused(direct, { 'Sec-Fetch-Site': 'cross-site' });
    await expectRefused(direct, { 'Sec-Fetch-Site': 'same-site', Origin: 'http://b.app.example' });
  });
});

const DOORS: Record<string, (headers: Headers) => Promise<DoorClient>> = {
  'Socket.IO': (headers) => openSocketIo(proxied, {}, headers),
  '/ws': (headers) => openRawWs(proxied, { headers }),
};

describe.each(Object.keys(DOORS))('a handshake with cookies at %s', (door) => {
  const open = (headers: Headers) => DOORS[door]!({ Cookie: cookies.get(proxied)!, ...headers });

  it('passes from our own origin and from no page', async () => {
    const host = new URL(proxied.url).host;
    (await open({ Origin: `https://${host}`, ...TLS })).close();
    (await open({ Origin: APP, 'Sec-Fetch-Site': 'same-site' })).close();
    (await open({})).close();
  });

  it('is refused from our host under the other scheme, and from a sibling', async () => {
    const host = new URL(proxied.url).host;
    for (const headers of [
      { Origin: `http://${host}`, ...TLS },
      { Origin: `https://${host}` },
      { 'Sec-Fetch-Site': 'same-site' },
    ] as Headers[]) {
      await expect(open(headers), JSON.stringify(headers)).rejects.toThrow(/403|xhr poll error/);
    }
  });
});
