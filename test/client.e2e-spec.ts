import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import {
  CliickFailure,
  createCliickClient,
  dataOf,
  type CliickClient,
  type Schemas,
} from '../docs/client/cliick-client.js';
import { createTestApp, type TestApp } from './support/app.js';
import { anAccount } from './support/bodies.js';
import { readOperations } from './support/operations.js';

type Json = Record<string, any>;

let app: TestApp;
let api: CliickClient;
let token: string | undefined;

beforeAll(async () => {
  app = await createTestApp();
  api = createCliickClient({ baseUrl: app.url, token: () => token });
  const account = anAccount();
  token = (await dataOf(api.POST('/api/auth/register', { body: account }))).token;
});

afterAll(() => app.close());

describe('the typed client', () => {
  it('opens a shop, adds a product, places an order and lists both', async () => {
    const shop = await dataOf(
      api.POST('/api/shops', { body: { name: 'Aung Tea', currency: 'USD' } }),
    );
    const path = { shopId: shop.id };
    const product = await dataOf(
      api.POST('/api/shops/{shopId}/products', {
        params: { path },
        body: { name: 'Coffee beans', retailPrice: 19.99, stock: 10, itemType: 'product' },
      }),
    );
    const order = await dataOf(
      api.POST('/api/shops/{shopId}/orders', {
        params: { path, header: { 'Idempotency-Key': 'one-order-of-mya' } },
        body: {
          customer: { name: 'Aung Aung' },
          items: [{ productId: product.id, quantity: 2 }],
        },
      }),
    );
    expectTypeOf(order).toEqualTypeOf<Schemas['OrderResponse']>();
    expectTypeOf(order.status).not.toEqualTypeOf<string>();
    expect(order).toMatchObject({ status: 'pending', totalAmount: 39.98 });

    const { data: products } = await api.GET('/api/shops/{shopId}/products', { params: { path } });
    expect(products?.data.map(({ id, stock }) => ({ id, stock }))).toEqual([
      { id: product.id, stock: 8 },
    ]);
    expectTypeOf(products!.meta.nextCursor).toEqualTypeOf<string | null>();

    const pending = await dataOf(
      api.GET('/api/shops/{shopId}/orders', { params: { path, query: { status: 'pending' } } }),
    );
    expect(pending.map(({ id }) => id)).toEqual([order.id]);
  });

  it('throws what the API refuses, with its code and the fields', async () => {
    const refused: unknown = await dataOf(
      api.POST('/api/shops', { body: { name: '', currency: 'USD' } }),
    ).catch((failure: unknown) => failure);
    expect(refused).toBeInstanceOf(CliickFailure);
    const { status, code, answer } = refused as CliickFailure;
    expect({ status, code }).toEqual({ status: 400, code: 'validation_failed' });
    expect(answer?.details?.map(({ field }) => field)).toEqual(['name']);
  });

  it('says so when something before the API answers', async () => {
    const broken = createCliickClient({
      baseUrl: app.url,
      fetch: async () => new Response('<html>Bad gateway</html>', { status: 502 }),
    });
    const call = dataOf(broken.GET('/api/auth/me'));
    await expect(call).rejects.toMatchObject({ status: 502, code: undefined });
    await expect(call).rejects.toThrow('The server answered 502: try again later.');
  });

  it('compiles nothing of what the API would refuse', async () => {
    const path = { shopId: '6741c0c0a5f2d13b8c9e0fff' };
    const mistakes = await Promise.all([
      // @ts-expect-error no such route
      api.GET('/api/shop'),
      // @ts-expect-error the shop is missing
      api.GET('/api/shops/{shopId}/orders'),
      // @ts-expect-error no such status
      api.GET('/api/shops/{shopId}/orders', { params: { path, query: { status: 'lost' } } }),
      // @ts-expect-error the currency is missing
      api.POST('/api/shops', { body: { name: 'Mya Coffee' } }),
    ]);
    expect(mistakes.map(({ response }) => response.status)).toEqual([404, 404, 404, 400]);
  });
});

describe('the Postman collection', () => {
  const { item, variable } = JSON.parse(
    readFileSync(
      new URL('../docs/client/generated/postman-collection.json', import.meta.url),
      'utf8',
    ),
  ) as Json;
  const requests = (item as Json[]).flatMap((folder) => folder['item'] as Json[]);
  const variables = Object.fromEntries((variable as Json[]).map(({ key, value }) => [key, value]));

  const nameOf = ({ request }: Json): string =>
    `${request.method} ${request.url.raw.replace('{{baseUrl}}', '').replace(/:(\w+)/g, '{$1}')}`;

  const fill = (text: string): string => text.replace(/\{\{(\w+)\}\}/g, (_, key) => variables[key]);

  /** Sends a request as Postman does, with its variables, and runs the script after it. */
  async function send(name: string): Promise<number> {
    const { request, event = [] } = requests.find((one) => nameOf(one) === name)!;
    const values = new Map((request.url.variable as Json[]).map(({ key, value }) => [key, value]));
    const path = (request.url.path as string[]).map((part) =>
      part.startsWith(':') ? fill(values.get(part.slice(1))) : part,
    );
    const headers = (request.header as Json[]).filter(({ disabled }) => !disabled);
    const response = await fetch([fill(request.url.host[0]), ...path].join('/'), {
      method: request.method,
      headers: {
        ...Object.fromEntries(headers.map(({ key, value }) => [key, value])),
        ...(variables['token'] && { Authorization: `Bearer ${variables['token']}` }),
      },
      body: request.body?.raw,
    });
    const answer = await response.json();
    for (const { script } of event as Json[]) {
      const pm = {
        response: { code: response.status, json: () => answer },
        collectionVariables: { set: (key: string, value: string) => (variables[key] = value) },
      };
      // oxlint-disable-next-line typescript/no-implied-eval -- the script of the collection is under test
      new Function('pm', script.exec.join('\n'))(pm);
    }
    return response.status;
  }

  it('has every route once', async () => {
    const documented = (await readOperations(app)).map(({ name }) => name);
    expect(requests.map(nameOf).toSorted()).toEqual(documented.toSorted());
  });

  it('goes from an account to a catalogue as it stands, keeping token and shop', async () => {
    variables['baseUrl'] = app.url;
    expect(await send('POST /api/auth/register')).toBe(201);
    expect(await send('POST /api/auth/login')).toBe(200);
    expect(await send('POST /api/shops')).toBe(201);
    expect(await send('POST /api/shops/{shopId}/products')).toBe(201);
    expect(await send('GET /api/shops/{shopId}/orders')).toBe(200);
  });

  it('has files chosen as files, without a boundary of its own', () => {
    const withFiles = requests.filter(({ request }) => request.body?.mode === 'formdata');
    expect(withFiles.length).toBeGreaterThan(0);
    for (const { request } of withFiles) {
      expect(request.body.formdata.map(({ type }: Json) => type)).toEqual(['file']);
      expect(request.header.map(({ key }: Json) => key)).not.toContain('Content-Type');
    }
  });
});
