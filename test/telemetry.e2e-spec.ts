import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DomainEvents } from '../src/events/domain-events.js';
import { AppError } from '../src/platform/http/app-error.js';
import { JobsService } from '../src/platform/jobs/jobs.service.js';
import { RetryLater } from '../src/platform/jobs/retry-later.js';
import { FLUSH_DEADLINE_MS } from '../src/platform/telemetry/error-reports.js';
import { ProductsService } from '../src/products/products.service.js';
import { ShopRooms } from '../src/realtime/shop-rooms.service.js';
import { SocketAuth } from '../src/realtime/socket-auth.js';
import { type TelemetryServer, startTelemetryServer } from './providers/telemetry.server.js';
import { aShop, aUser, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aProduct } from './support/bodies.js';
import { eventually } from './support/eventually.js';
import { openRawWs, openSocketIo } from './support/sockets.js';

const OPERATOR_TOKEN = randomBytes(32).toString('base64url');
/** To close an application and empty its database on a busy machine. */
const SOME_WORK_MS = 4_000;
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

let telemetry: TelemetryServer;
let app: TestApp;
let shop: ShopWorld;

beforeAll(async () => {
  telemetry = await startTelemetryServer();
  app = await createTestApp({
    OPERATOR_TOKEN,
    SENTRY_DSN: telemetry.dsn,
    OTEL_EXPORTER_OTLP_ENDPOINT: telemetry.url,
    SLOW_QUERY_MS: '1',
  });
  shop = await aShop(app);
});

afterAll(async () => {
  await app.close();
  await telemetry.stop();
});

async function scrape(): Promise<string> {
  const { text } = await app.request
    .get('/metrics')
    .set('Authorization', `Bearer ${OPERATOR_TOKEN}`)
    .expect(200)
    .expect('Content-Type', /^text\/plain; version=0\.0\.4/);
  return text;
}

describe('metrics', () => {
  it.each([undefined, 'Bearer nonsense', `Basic ${OPERATOR_TOKEN}`])(
    'are for operators only (%s is 401)',
    async (authorization) => {
      const request = app.request.get('/metrics');
      if (authorization) void request.set('Authorization', authorization);
      const { body } = await request.expect(401);
      expect(body.error).toBe('Operators only: send OPERATOR_TOKEN as Authorization: Bearer.');
    },
  );

  it('are closed in production while no token is set, like all that operators may do', async () => {
    const production = await createTestApp({
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://api.example',
      APP_URL: 'https://app.example',
      RATE_LIMITS: undefined,
      OPERATOR_TOKEN: undefined,
    });
    try {
      for (const path of ['/metrics', '/api/operator/jobs/dead']) {
        const { body } = await production.request.get(path).expect(401);
        expect(body.error).toContain('set it first');
      }
    } finally {
      await production.close();
    }
  });

  it('take no token of a person', async () => {
    await shop.owner.get('/metrics').expect(401);
  });

  it('count requests by the template of their route and their status, never by address', async () => {
    await shop.owner.get(`${shop.path}/products`).expect(200);
    await shop.owner.get(`${shop.path}/products/nothing`).expect(404);
    await app.request.get(`/api/made-up-${shop.id}`).expect(404);
    await app.request.options('/api/shops');
    const text = await scrape();
    const count = (labels: string): number =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`cliick_http_request_duration_seconds_count{${labels}}`))
          ?.split(' ')[1] ?? 0,
      );
    expect(count('method="GET",route="/api/shops/:shopId/products",status="200"')).toBe(1);
    expect(count('method="GET",route="/api/shops/:shopId/products/:productId",status="404"')).toBe(
      1,
    );
    expect(count('method="GET",route="none",status="404"')).toBe(1);
    expect(text).not.toContain(shop.id);
  });

  it('tell of commands to the database, and of the process', async () => {
    const text = await scrape();
    expect(text).toMatch(
      /^cliick_database_command_duration_seconds_count\{command="find",outcome="ok"\} [1-9]/m,
    );
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds \d/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d/m);
  });
});

describe('the log of slow queries', () => {
  it('names collection and fields, and no value', async () => {
    const name = `Secret ${randomBytes(4).toString('hex')}`;
    await shop.owner.post(`${shop.path}/products`, aProduct({ name })).expect(201);
    await shop.owner.get(`${shop.path}/products?search=${encodeURIComponent(name)}`).expect(200);
    await eventually(() => {
      const lines = app.logs.filter(({ msg }) => msg === 'slow query');
      expect(lines).toContainEqual(
        expect.objectContaining({ level: 'warn', ms: expect.any(Number), collection: 'products' }),
      );
      expect(JSON.stringify(lines)).not.toContain(name.toLowerCase().split(' ')[1]);
    });
  });
});

describe('traces', () => {
  it('show a request, within its caller, with its commands to the database', async () => {
    const requestId = `trace-${randomBytes(4).toString('hex')}`;
    await app.request
      .get(`${shop.path}/products`)
      .set('Authorization', `Bearer ${shop.owner.token}`)
      .set('traceparent', `00-${TRACE_ID}-b7ad6b7169203331-01`)
      .set('X-Request-Id', requestId)
      .expect(200);
    const request = await eventually(() => {
      const found = telemetry.spans.find(({ traceId, parentSpanId }) => {
        return traceId === TRACE_ID && parentSpanId === 'b7ad6b7169203331';
      });
      expect(found).toBeDefined();
      return found!;
    });
    expect(request.name).toBe('GET /api/shops/:shopId/products');
    expect(request.attributes).toContainEqual({
      key: 'cliick.request_id',
      value: { stringValue: requestId },
    });
    const inside = telemetry.spans.filter(({ parentSpanId }) => parentSpanId === request.spanId);
    expect(inside.map(({ name }) => name)).toContain('find products');
  });
});

describe('a stop', () => {
  it('does not wait for a collector that never answers', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const address = `127.0.0.1:${port}`;
    const stopping = await createTestApp({
      SENTRY_DSN: `http://key@${address}/7`,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${address}`,
    });
    const lines: Socket[] = [];
    silent.on('connection', (line) => lines.push(line));
    await stopping.request.get('/health/live').expect(200);
    const since = performance.now();
    await stopping.close();
    expect(performance.now() - since).toBeLessThan(FLUSH_DEADLINE_MS + SOME_WORK_MS);
    expect(lines).not.toHaveLength(0);
    for (const line of lines) line.destroy();
    silent.close();
  });
});

describe('a bug', () => {
  it('is told to Sentry with the request it happened in, and without its body', async () => {
    const products = app.nest.get(ProductsService, { strict: false });
    vi.spyOn(products, 'list').mockRejectedValue(new Error('the table is broken'));
    const { body } = await shop.owner.get(`${shop.path}/products?search=private`).expect(500);
    vi.restoreAllMocks();
    const event = await eventually(() => {
      const found = telemetry.events.find(({ tags }) => tags?.request_id === body.requestId);
      expect(found).toBeDefined();
      return found!;
    });
    expect(event['exception'].values[0]).toMatchObject({
      type: 'Error',
      value: 'the table is broken',
    });
    expect(event['tags']).toMatchObject({ method: 'GET', route: '/api/shops/:shopId/products' });
    expect(JSON.stringify(event)).not.toContain('private');
  });

  /** What Sentry was told, once, of the error of this message. */
  async function told(message: string): Promise<Record<string, any>> {
    const found = () =>
      telemetry.events.filter(({ exception }) => exception.values[0].value === message);
    await eventually(() => expect(found()).toHaveLength(1));
    return found()[0]!;
  }

  it('of a job is told with its name, and what passes by itself or is foreseen is not', async () => {
    const jobs = app.nest.get(JobsService, { strict: false });
    const fail = (name: string, error: Error) =>
      jobs.define(name, () => Promise.reject(error), { retryDelaysMs: [] });
    fail('test.busy', new RetryLater('they are busy', 1));
    fail('test.refused', AppError.notFound('order'));
    fail('test.broken', new Error('the job is broken'));
    for (const name of ['test.busy', 'test.refused', 'test.broken']) {
      await jobs.enqueue(name, 'one', { customer: 'private' });
      const dead = { name, failedAt: { $ne: null } };
      await eventually(async () => {
        expect(await app.connection.collection('jobs').countDocuments(dead)).toBe(1);
      });
    }
    const event = await told('the job is broken');
    expect(event['tags']).toMatchObject({ job: 'test.broken' });
    expect(JSON.stringify(telemetry.events)).not.toMatch(/private|busy|no such order/);
  });

  it('of who listens to an event is told with the name of the event', async () => {
    const events = app.nest.get(DomainEvents, { strict: false });
    events.on('session.ended', () => Promise.reject(new Error('the listener is broken')));
    const user = await aUser(app);
    await user.post('/api/auth/logout').expect(200);
    const event = await told('the listener is broken');
    expect(event['tags']).toMatchObject({ event: 'session.ended' });
  });

  const doors = { 'Socket.IO': openSocketIo, '/ws': openRawWs };

  it.each(Object.entries(doors))('of a frame at %s is told with its event', async (door, open) => {
    const message = `the room of ${door} is broken`;
    vi.spyOn(app.nest.get(ShopRooms, { strict: false }), 'join').mockRejectedValue(
      new Error(message),
    );
    const client = await open(app, { token: shop.owner.token });
    const answer = await client.ask('shop:join', { shopId: shop.id });
    expect(answer).toMatchObject({ code: 'internal_error' });
    client.close();
    expect((await told(message))['tags']).toMatchObject({ event: 'shop:join' });
  });

  it.each(Object.entries(doors))('of a handshake at %s is told', async (door, open) => {
    const message = `the handshake of ${door} is broken`;
    const auth = app.nest.get(SocketAuth, { strict: false });
    vi.spyOn(auth, 'authenticate').mockRejectedValue(new Error(message));
    const opened = open(app, { token: shop.owner.token }).catch(() => 'refused');
    expect(await opened).toBe('refused');
    expect((await told(message))['tags']).toMatchObject({ event: 'handshake' });
  });

  it('is no refusal: those are not told', async () => {
    const before = telemetry.events.length;
    await shop.owner.get(`${shop.path}/products/nothing`).expect(404);
    await shop.owner.get('/api/shops').expect(200);
    expect(telemetry.events.length).toBe(before);
  });
});
