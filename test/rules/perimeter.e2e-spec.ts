import { once } from 'node:events';
import { type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createApp } from '../../src/create-app.js';
import { loadAppConfig } from '../../src/platform/config/app-config.js';
import { createLogger } from '../../src/platform/logging/logger.js';
import { aShop, type ShopWorld } from '../support/actors.js';
import { createTestApp, type TestApp, testVariables } from '../support/app.js';
import { anAccount, aShopBody, PASSWORD } from '../support/bodies.js';
import { aPicture } from '../support/pictures.js';

const APP = 'http://app.example';
const MORE = 'https://more.example';
const FOREIGN = 'https://evil.example';

let app: TestApp;
let shop: ShopWorld;

beforeAll(async () => {
  app = await createTestApp({ CORS_ORIGINS: MORE });
  shop = await aShop(app);
});

afterAll(() => app.close());

interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  text: string;
}

/** Sends bytes as they are and reads until the server closes. */
function sendRaw(url: string, bytes: string, { trickle = '' } = {}): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let drip: NodeJS.Timeout | undefined;
    const socket = connect(Number(port), hostname, () => {
      socket.write(bytes);
      // Not before: on a busy machine it would come first.
      if (trickle) drip = setInterval(() => socket.write(trickle), 50);
    });
    let received = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
    // What arrived before a reset is the answer all the same.
    socket.on('error', (error) => received || reject(error));
    socket.on('close', () => {
      clearInterval(drip);
      resolve(parseAnswer(received));
    });
  });
}

function parseAnswer(received: string): RawAnswer {
  const [head = '', ...rest] = received.split('\r\n\r\n');
  const [line = '', ...fields] = head.split('\r\n');
  const headers = fields.map((field) => field.split(/: (.*)/).slice(0, 2));
  return {
    status: Number(line.split(' ')[1]),
    headers: Object.fromEntries(
      headers.map(([name = '', value = '']) => [name.toLowerCase(), value]),
    ),
    text: rest.join('\r\n\r\n'),
  };
}

const failure = (code: string) => ({
  success: false,
  code,
  error: expect.stringMatching(/^[A-Z].{10,}[.]$/),
  requestId: expect.any(String),
});

const corsOf = (headers: Record<string, string>) =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'));

const preflight = (path: string, origin: string, method = 'POST') =>
  app.request
    .options(path)
    .set('Origin', origin)
    .set('Access-Control-Request-Method', method)
    .set('Access-Control-Request-Headers', 'authorization,content-type,x-csrf-token');

describe('cross-origin calls', () => {
  it.each([APP, MORE])('of %s pass with credentials and see our headers', async (origin) => {
    for (const path of ['/api/auth/me', `/api/public/shops/${shop.slug}`]) {
      const { headers } = await app.request.get(path).set('Origin', origin);
      expect(headers['access-control-allow-origin']).toBe(origin);
      expect(headers['access-control-allow-credentials']).toBe('true');
      expect(headers['vary']).toContain('Origin');
      expect(headers['access-control-expose-headers']!.split(',').sort()).toEqual([
        'ETag',
        'Idempotency-Replayed',
        'RateLimit-Limit',
        'RateLimit-Remaining',
        'RateLimit-Reset',
        'Retry-After',
        'X-Request-Id',
      ]);
    }
  });

  it('are asked for by a preflight, which names what may be sent (204)', async () => {
    const { headers, text } = await preflight('/api/shops', APP).expect(204);
    expect(text).toBe('');
    expect(headers['access-control-allow-origin']).toBe(APP);
    expect(headers['access-control-allow-methods']).toBe('GET,HEAD,POST,PUT,PATCH,DELETE');
    expect(headers['access-control-allow-headers']!.toLowerCase().split(',').sort()).toEqual([
      'authorization',
      'content-type',
      'idempotency-key',
      'if-none-match',
      'x-csrf-token',
      'x-request-id',
      'x-token-transport',
    ]);
  });

  it.each([
    FOREIGN,
    'null',
    'http://app.example.evil.example',
    'https://app.example',
    'http://app.example:81',
    'http://APP.example',
    'http://sub.app.example',
  ])('of %s get no CORS header, with a preflight or without', async (origin) => {
    const answer = await app.request.get('/api/auth/me').set('Origin', origin).expect(401);
    expect(corsOf(answer.headers)).toEqual([]);
    expect(answer.headers['vary']).toContain('Origin');
    expect(corsOf((await preflight('/api/shops', origin).expect(204)).headers)).toEqual([]);
  });

  it('of anybody pass at the storefront, without credentials', async () => {
    const path = `/api/public/shops/${shop.slug}`;
    const { headers } = await app.request.get(path).set('Origin', FOREIGN).expect(200);
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
    expect(headers['vary']).toContain('Origin');
    expect(headers['cross-origin-resource-policy']).toBe('cross-origin');
    const asked = await preflight(`${path}/conversations`, FOREIGN).expect(204);
    expect(asked.headers['access-control-allow-origin']).toBe('*');
    expect(asked.headers).not.toHaveProperty('access-control-allow-credentials');
  });

  it.each([
    '/api/publicx',
    '/api/publicx/shops',
    '//api/public/shops',
    '/api//public/shops',
    '/api%2Fpublic/shops',
    '/api/%70ublic/shops',
    '/x/api/public/shops',
    '/api/auth/me?x=/api/public/',
    '/api/shops;/api/public/',
  ])('of others are not let in by the path %s', async (path) => {
    const { status, headers } = await sendRaw(
      app.url,
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nOrigin: ${FOREIGN}\r\nConnection: close\r\n\r\n`,
    );
    expect([401, 404]).toContain(status);
    expect(corsOf(headers)).toEqual([]);
  });

  it.each(['/api/public/../auth/me', '/api/public/%2e%2e/auth/me', '/api/public//auth/me'])(
    'reach nothing but the storefront at %s (404)',
    async (path) => {
      const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nOrigin: ${FOREIGN}\r\nAuthorization: Bearer ${shop.owner.token}\r\nConnection: close\r\n\r\n`;
      const { status, headers } = await sendRaw(app.url, request);
      expect(status).toBe(404);
      expect(headers).not.toHaveProperty('access-control-allow-credentials');
    },
  );
});

describe('state changes with cookies', () => {
  const signedIn = async (): Promise<string> => {
    const account = anAccount();
    await app.request.post('/api/auth/register').send(account).expect(201);
    const body = { email: account.email, password: PASSWORD };
    const { headers } = await app.request.post('/api/auth/login').send(body).expect(200);
    const cookies = headers['set-cookie'] as unknown as string[];
    return cookies.map((cookie) => cookie.split(';')[0]).join('; ');
  };
  const create = async (headers: Record<string, string>) =>
    app.request
      .post('/api/shops')
      .set({ Cookie: await signedIn(), ...headers })
      .send(aShopBody());

  it('pass from the app, without any CSRF token', async () => {
    expect((await create({ Origin: APP, 'Sec-Fetch-Site': 'cross-site' })).status).toBe(201);
    expect((await create({ Origin: MORE })).status).toBe(201);
    expect((await create({ Origin: app.url, 'Sec-Fetch-Site': 'same-origin' })).status).toBe(201);
  });

  it('are refused from other sites, whatever token they invent (403)', async () => {
    const attempts: Record<string, string>[] = [
      { Origin: FOREIGN },
      { Origin: 'null' },
      { Origin: FOREIGN, 'X-CSRF-Token': '0b9f6d0e-6a86-4c38-9c1b-8d2f1f1e4a55' },
      { 'Sec-Fetch-Site': 'cross-site' },
    ];
    for (const headers of attempts) {
      const { status, body } = await create(headers);
      expect(status, JSON.stringify(headers)).toBe(403);
      expect(body).toEqual(failure('cross_site'));
    }
  });
});

describe('headers', () => {
  it.each(['/api/auth/me', '/api/nothing', '/health/live', '/docs-json'])(
    'of %s make it no page, and no cache keep it',
    async (path) => {
      const { headers } = await app.request.get(path);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none';frame-ancestors 'none'",
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
      expect(headers).not.toHaveProperty('x-powered-by');
      expect(headers).not.toHaveProperty('strict-transport-security');
    },
  );

  it('let the docs load their own scripts, and no other site frame them', async () => {
    const { headers } = await app.request.get('/docs/').expect(200);
    const policy = headers['content-security-policy']!;
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'self'");
    expect(policy).not.toContain('upgrade-insecure-requests');
  });

  it('ask for HTTPS in production', async () => {
    const production = await createTestApp({
      NODE_ENV: 'production',
      RATE_LIMITS: 'on',
      PUBLIC_URL: 'https://api.example',
      APP_URL: 'https://app.example',
    });
    const { headers } = await production.request.get('/health/live').expect(200);
    expect(headers['strict-transport-security']).toMatch(/^max-age=\d{8}/);
    await production.close();
  });
});

describe('slow clients', () => {
  const FAST = {
    headers: 300,
    request: 600,
    upload: 20_000,
    keepAlive: 65_000,
    check: 50,
    identify: 300,
  };
  let slow: NestExpressApplication;
  let url: string;

  beforeAll(async () => {
    const config = loadAppConfig(testVariables());
    const logger = createLogger(config, { write: () => {} });
    slow = await createApp(config, logger, FAST);
    await slow.listen(0);
    url = `http://localhost:${((slow.getHttpServer() as Server).address() as AddressInfo).port}`;
  });

  afterAll(() => slow.close());

  const POST = 'POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json';

  it.each([
    ['headers', POST, '\r\nX-A: 1'],
    ['silence in the headers', POST, ''],
    ['a body', `${POST}\r\nContent-Length: 1000\r\n\r\n{`, ' '],
    ['a chunked body', `${POST}\r\nTransfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n'],
    ['silence in the body', `${POST}\r\nContent-Length: 1000\r\n\r\n{`, ''],
  ])('with %s are told so (408) and cut off', async (_, bytes, trickle) => {
    const { status, headers, text } = await sendRaw(url, bytes, { trickle });
    expect(status).toBe(408);
    expect(headers).toMatchObject({ connection: 'close', 'cache-control': 'no-store' });
    expect(JSON.parse(text)).toEqual(failure('request_timeout'));
  });

  it('have longer for files', async () => {
    const as = (token = ''): Record<string, string> => ({
      'Content-Type': 'application/json',
      ...(token && { Authorization: `Bearer ${token}` }),
    });
    const send = async (path: string, body: object, headers: Record<string, string>) => {
      const sent = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      return ((await sent.json()) as { data: { id: string; token: string } }).data;
    };
    const { token } = await send('/api/auth/register', anAccount(), as());
    const { id } = await send('/api/shops', aShopBody(), as(token));
    const head = '--x\r\nContent-Disposition: form-data; name="files"; filename="a.gif"\r\n\r\n';
    const upload = request(`${url}/api/shops/${id}/media`, {
      method: 'POST',
      headers: { ...as(token), 'Content-Type': 'multipart/form-data; boundary=x' },
    });
    const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
    upload.write(head);
    await new Promise((resolve) => setTimeout(resolve, 2 * FAST.request));
    upload.end(Buffer.concat([await aPicture(), Buffer.from('\r\n--x--\r\n')]));
    expect((await answered)[0].statusCode).toBe(201);
  });

  it('that open a socket and never say who they are are cut off', async () => {
    const socketIo = `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
    const silent = new WebSocket(socketIo);
    const heard: unknown[] = [];
    silent.on('message', (frame: Buffer) => heard.push(frame.toString()[0]));
    await new Promise((resolve) => silent.on('close', resolve));
    const OPENED = '0';
    expect(heard).toEqual([OPENED]);
  });

  it('do not keep others from being served', async () => {
    const stuck = Array.from({ length: 200 }, () => sendRaw(url, POST));
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect(new Set((await Promise.all(stuck)).map(({ status }) => status))).toEqual(new Set([408]));
  });

  it('have 15 s for headers, 30 s for a request, 10 min for files, and 65 s between two', () => {
    const server = app.nest.getHttpServer() as Server;
    expect(server).toMatchObject({
      headersTimeout: 15_000,
      requestTimeout: 600_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 1_000,
    });
  });
});

describe('what is not HTTP as it should be', () => {
  const HOST = 'Host: localhost\r\n';

  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9\r\n\r\n', 400, 'bad_request'],
    ['a header without a colon', `GET / HTTP/1.1\r\n${HOST}broken\r\n\r\n`, 400, 'bad_request'],
    [
      'two lengths',
      `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
      400,
      'bad_request',
    ],
    [
      'a length and chunks',
      `POST / HTTP/1.1\r\n${HOST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      'bad_request',
    ],
    [
      '20 kB of headers',
      `GET / HTTP/1.1\r\n${HOST}X-A: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
      'payload_too_large',
    ],
    [
      'an address of 20 kB',
      `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n`,
      431,
      'payload_too_large',
    ],
  ])('is refused as a failure and cut off: %s', async (_, bytes, expected, code) => {
    const { status, headers, text } = await sendRaw(app.url, bytes);
    expect(status).toBe(expected);
    expect(headers).toMatchObject({
      connection: 'close',
      'content-type': expect.stringContaining('application/json'),
    });
    expect(JSON.parse(text)).toEqual(failure(code));
  });
});

describe('methods', () => {
  const send = (method: string, path: string) =>
    sendRaw(app.url, `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);

  it('HEAD is GET without the body, on public and closed routes', async () => {
    const head = await send('HEAD', `/api/public/shops/${shop.slug}`);
    const get = await send('GET', `/api/public/shops/${shop.slug}`);
    expect(head.status).toBe(200);
    expect(head.text).toBe('');
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
    expect((await send('HEAD', '/api/auth/me')).status).toBe(401);
    expect((await send('HEAD', '/api/auth/logout')).status).toBe(404);
  });

  it.each(['OPTIONS', 'TRACE', 'PROPFIND', 'PURGE'])('%s is no route (404)', async (method) => {
    const { status, text } = await send(method, '/api/auth/me');
    expect(status).toBe(404);
    expect(JSON.parse(text)).toEqual(failure('not_found'));
  });

  it('CONNECT and unknown words are refused, and the process lives', async () => {
    expect((await send('CONNECT', 'example.com:443')).status).not.toBe(200);
    expect((await send('BREW', '/api/auth/me')).status).toBe(400);
    expect((await send('GET', '/health/live')).status).toBe(200);
  });

  it('are not changed by a header or the query', async () => {
    const { status } = await app.request
      .get(`${shop.path}?_method=DELETE`)
      .set('Authorization', `Bearer ${shop.owner.token}`)
      .set('X-HTTP-Method-Override', 'DELETE');
    expect(status).toBe(200);
    await shop.owner.get(shop.path).expect(200);
  });
});

describe('query tricks', () => {
  const list = (query: string) => shop.owner.get(`${shop.path}/products?${query}`);

  it.each([
    'limit=1&limit=2',
    'limit=NaN',
    'limit=Infinity',
    'limit=1e9',
    'limit=-1',
    'limit=0x10000',
    'limit=1.5',
    'limit=%E0%A4%A',
    'cursor=a&cursor=b',
    'cursor=%00',
    'limit[$gt]=1',
    'limit[]=1',
    'limit%5B%5D=1',
    'cursor[$ne]=x',
    '__proto__[limit]=1',
    'constructor[prototype][limit]=1',
  ])('%s is refused and said (400)', async (query) => {
    const { body } = await list(query).expect(400);
    expect(body.error).toMatch(/^[A-Z].{10,}[.]$/);
    expect(['validation_failed', 'invalid_cursor']).toContain(body.code);
  });

  it.each([
    '$where=sleep(9000)',
    '__proto__=x',
    'constructor=x&toString=y&hasOwnProperty=z',
    '%E0%A4%A=%ZZ',
    `x=${'a'.repeat(9_000)}`,
    Array.from({ length: 2_000 }, (_, index) => `k${index}`).join('&'),
    '&&&===',
  ])('%s is dropped (200)', async (query) => {
    const { body } = await list(query).expect(200);
    expect(body).toMatchObject({ success: true, data: [] });
    expect(({} as Record<string, unknown>)['limit']).toBeUndefined();
  });

  it('a request without a host, or with other expectations, is told what to mend', async () => {
    const get = 'GET /api/auth/me HTTP/1.1\r\nConnection: close\r\n\r\n';
    const unnamed = await sendRaw(app.url, get);
    expect(unnamed.status).toBe(400);
    expect(JSON.parse(unnamed.text)).toEqual(failure('bad_request'));
    expect(unnamed.text).toContain('Host header');
    const post = 'POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nExpect: cookies\r\n\r\n';
    const unmet = await sendRaw(app.url, post);
    expect(unmet.status).toBe(417);
    expect(JSON.parse(unmet.text)).toEqual(failure('bad_request'));
    expect(unmet.text).toContain('100-continue');
  });

  it('a broken escape in a path is told what to mend (400)', async () => {
    const answer = await fetch(`${app.url}/api/auth/users/%`);
    expect(answer.status).toBe(400);
    const { code, error } = (await answer.json()) as { code: string; error: string };
    expect(code).toBe('bad_request');
    expect(error).toContain('correct it');
  });

  it('an address of 9 kB is answered like any other (404)', async () => {
    const { body } = await app.request.get(`/api/${'a'.repeat(9_000)}`).expect(404);
    expect(body).toEqual(failure('not_found'));
  });
});
