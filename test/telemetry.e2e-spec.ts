import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ProductsService } from '../src/products/products.service.js';
import { type TelemetryServer, startTelemetryServer } from './providers/telemetry.server.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aProduct } from './support/bodies.js';
import { eventually } from './support/eventually.js';

const OPERATOR_TOKEN = randomBytes(32).toString('base64url');
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

  it('is no refusal: those are not told', async () => {
    const before = telemetry.events.length;
    await shop.owner.get(`${shop.path}/products/nothing`).expect(404);
    await shop.owner.get('/api/shops').expect(200);
    expect(telemetry.events.length).toBe(before);
  });
});
