import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aShop, type ShopWorld } from '../support/actors.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { aForm, aProduct } from '../support/bodies.js';
import { bodySchemaOf, ExampleBodies, type StringField } from '../support/example-bodies.js';
import { fillPath, type Operation, readDocument, readOperations } from '../support/operations.js';

type Json = Record<string, any>;

let app: TestApp;
let shop: ShopWorld;
let operations: Operation[];
let examples: ExampleBodies;

beforeAll(async () => {
  app = await createTestApp();
  shop = await aShop(app);
  operations = await readOperations({ url: app.url });
  examples = new ExampleBodies(await readDocument({ url: app.url }));
});

afterAll(() => app.close());

const ANSWER_MS = 4_000;
const AT_ONCE = 6;
/** Every field of every route, on a busy machine. */
const MANY_MS = 90_000;
const LONG = 'a'.repeat(900_000);

/** What no string field may take, whatever it is for. */
const NEVER: [string, unknown][] = [
  ['an operator', { $gt: '' }],
  ['an operator with a value', { $ne: null, $regex: '.*' }],
  ['an array', ['x', 'y']],
  ['a number', 42],
  ['true', true],
  ['nesting 200 deep', JSON.parse(`${'{"a":'.repeat(200)}1${'}'.repeat(200)}`)],
  ['a NUL', 'a\0b'],
  ['half a surrogate pair', 'a\ud800b'],
  ['900 kB', LONG],
];
/** What may be text like any other, and must only do no harm. */
const HARMLESS: [string, unknown][] = [
  ['regex characters', '(a+)+$.*[^]{9}\\'],
  ['a script', '<script>alert(1)</script>'],
  ['a path', '../../../etc/passwd'],
  ['null', null],
  ['the empty text', ''],
];

function withField(body: unknown, path: string[], value: unknown): unknown {
  const copy = structuredClone(body) as Json;
  let target = copy;
  for (const key of path.slice(0, -1)) target = target[key] ??= /^\d+$/.test(key) ? [] : {};
  target[path.at(-1)!] = value;
  return copy;
}

async function countDocuments(): Promise<Record<string, number>> {
  const collections = await app.connection.db!.listCollections().toArray();
  const counts = await Promise.all(
    collections.map(async ({ name }) => {
      return [name, await app.connection.db!.collection(name).estimatedDocumentCount()] as const;
    }),
  );
  return Object.fromEntries(counts);
}

/** What the shop's people have made, to the letter. */
async function contents(): Promise<string> {
  const names = ['forms', 'products', 'orders', 'customers', 'messages', 'shops', 'shop_settings'];
  const all = await Promise.all(
    names.map((name) => {
      const rows = app.connection.db!.collection(name).find({ _id: { $exists: true } });
      return rows.hint({ _id: 1 }).toArray();
    }),
  );
  return JSON.stringify(all);
}

/** Sends, and answers the status; fails on an answer that is slow or no envelope. */
async function send(
  { method, path, name }: Operation,
  body: unknown,
  ids: Record<string, string> = {},
): Promise<number> {
  const startedAt = Date.now();
  const filled = fillPath(path, { shopId: shop.id, slugOrId: shop.slug, ...ids });
  const response = await app.request[method](filled)
    .set('Authorization', `Bearer ${shop.owner.token}`)
    .send(body as object);
  expect(Date.now() - startedAt, name).toBeLessThan(ANSWER_MS);
  expect(typeof response.body.success, name).toBe('boolean');
  const sentence = response.status >= 400 ? (response.body.error as string) : 'None needed.';
  expect(sentence, name).toMatch(/^.{5,}[.]$/s);
  return response.status;
}

interface FieldOfOperation extends StringField {
  operation: Operation;
  /** The body it is in. */
  value: unknown;
}

function stringFields(of: Operation[]): FieldOfOperation[] {
  return of.flatMap((operation) => {
    const schema = bodySchemaOf(operation);
    if (!schema) return [];
    const { value, strings } = examples.of(schema);
    return strings.map((field) => ({ ...field, operation, value }));
  });
}

async function inParallel<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

const ENDS_ACCESS = /logout|sessions|\/leave|disabled|transfer/;

describe('every string field of every body', () => {
  it(
    'refuses with a 4xx what no text is, and nothing is changed',
    async () => {
      const wrong: string[] = [];
      const before = await countDocuments();
      const fields = stringFields(operations);
      await inParallel(fields, async ({ operation, value, path, name }) => {
        for (const [what, hostile] of NEVER) {
          const status = await send(operation, withField(value, path, hostile));
          // 401 would be the answer to a password that was tried: nothing of this may be.
          const isTried = operation.path.startsWith('/api/auth/') && status === 401;
          const refused = status >= 400 && status < 500 && !isTried;
          if (!refused) wrong.push(`${operation.name} ${name} with ${what}: ${status}`);
        }
      });
      expect(wrong).toEqual([]);
      expect(fields.length).toBeGreaterThan(25);
      expect(await countDocuments()).toEqual(before);
    },
    MANY_MS,
  );

  it(
    'takes text that only looks bad, or refuses it, and never fails',
    async () => {
      const wrong: string[] = [];
      const harmless = operations.filter(({ path }) => !ENDS_ACCESS.test(path));
      await inParallel(stringFields(harmless), async ({ operation, value, path, name }) => {
        for (const [what, odd] of HARMLESS) {
          const status = await send(operation, withField(value, path, odd));
          if (status >= 500) wrong.push(`${operation.name} ${name} with ${what}: ${status}`);
        }
      });
      expect(wrong).toEqual([]);
    },
    MANY_MS,
  );
});

describe('every object and list of objects in a body', () => {
  /** What stands in its place; an item as it should be is `valid`. */
  const hostile = (kind: 'object' | 'list', valid: unknown): [string, unknown][] => [
    ...(kind === 'object'
      ? ([
          ['an empty list', []],
          ['itself in a list', [valid]],
        ] as [string, unknown][])
      : ([
          ['an object', {}],
          ['a list in a list', [valid]],
          ['an empty list in a list', [[]]],
          ['3,000 of them in a list', [Array(3_000).fill((valid as unknown[])[0])]],
          ['nulls', [null]],
        ] as [string, unknown][])),
    ['a text', 'x'],
    ['a number', 42],
    ['true', true],
  ];

  it(
    'refuses with a 4xx whatever else stands there, and nothing is changed',
    async () => {
      const form = await shop.owner.post(`${shop.path}/forms`, aForm()).expect(201);
      const product = await shop.owner.post(`${shop.path}/products`, aProduct()).expect(201);
      const ids = { formId: form.body.data.id, productId: product.body.data.id };
      const before = await contents();
      const wrong: string[] = [];
      let count = 0;
      for (const operation of operations) {
        const schema = bodySchemaOf(operation);
        for (const { path, kind } of schema ? examples.nodesOf(schema) : []) {
          const { value } = examples.of(schema!);
          const valid = path.reduce((inner, key) => (inner as Json)[key], value);
          for (const [what, sent] of hostile(kind, valid)) {
            count++;
            const status = await send(operation, withField(value, path, sent), ids);
            const refused = status >= 400 && status < 500;
            if (!refused) wrong.push(`${operation.name} ${path.join('.')} as ${what}: ${status}`);
          }
        }
      }
      expect(wrong).toEqual([]);
      expect(count).toBeGreaterThan(50);
      expect(await contents()).toEqual(before);
    },
    MANY_MS,
  );
});

describe('a body of 1 MB', () => {
  const MANY = 100_000;
  const numbered = Object.fromEntries(Array.from({ length: MANY }, (_, index) => [index, {}]));

  it.each([
    ['keys that nobody knows', '/api/auth/login', { email: 'a@example.com', ...numbered }],
    ['an array for an address', '/api/auth/login', { email: Array(MANY).fill({}), password: 'x' }],
    ['answers', 'submissions', { customer: { name: 'x' }, items: [], answers: numbered }],
    ['items', 'submissions', { customer: { name: 'x' }, items: Array(MANY).fill({}) }],
    ['items', 'orders', { customer: { name: 'x' }, items: Array(MANY).fill({}) }],
    ['fields', 'forms', { name: 'x', fields: Array(MANY).fill({}) }],
  ])('of %s to %s is refused in a moment and in a few words', async (_, where, body) => {
    const paths: Record<string, string> = {
      submissions: '/api/public/shops/nope/forms/6741c0c0a5f2d13b8c9e0009/submissions',
      orders: `${shop.path}/orders`,
      forms: `${shop.path}/forms`,
    };
    const startedAt = Date.now();
    const response = await app.request
      .post(paths[where] ?? where)
      .set('Authorization', `Bearer ${shop.owner.token}`)
      .send(body);
    expect([400, 413]).toContain(response.status);
    expect(response.text.length).toBeLessThan(20_000);
    expect(Date.now() - startedAt).toBeLessThan(ANSWER_MS / 2);
  });
});

describe('every body', () => {
  it.each([
    ['an array', [1, 2]],
    [
      'a polluting key',
      JSON.parse('{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"x":1}}}'),
    ],
    ['10,000 fields', Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`f${i}`, i]))],
  ])('of %s is answered with less than 500, and pollutes nothing', async (_, body) => {
    const taking = operations.filter(bodySchemaOf).filter(({ path }) => !ENDS_ACCESS.test(path));
    for (const operation of taking) {
      expect(await send(operation, body), operation.name).toBeLessThan(500);
    }
    expect(({} as Json)['isAdmin']).toBeUndefined();
    expect(({} as Json)['x']).toBeUndefined();
  });
});

describe('every query parameter', () => {
  const VALUES: [string, string][] = [
    ['NaN', 'NaN'],
    ['a huge number', '99999999999999999999'],
    ['a negative one', '-1'],
    ['a fraction', '1.5'],
    ['an operator', '%7B%22%24gt%22%3A%22%22%7D'],
    ['a NUL', '%00'],
    ['4 kB', 'a'.repeat(4_000)],
    ['regex characters', encodeURIComponent('(a+)+$')],
  ];

  it('answers less than 500 to odd, doubled and bracketed values', async () => {
    const wrong: string[] = [];
    let seen = 0;
    for (const operation of operations) {
      const parameters = ((operation.definition as Json)['parameters'] ?? []) as Json[];
      for (const { name } of parameters.filter((parameter) => parameter['in'] === 'query')) {
        seen++;
        const queries = [
          ...VALUES.map(([what, text]) => [what, `${name}=${text}`]),
          ['a double', `${name}=1&${name}=2`],
          ['brackets', `${name}[$ne]=1&${name}[]=2`],
        ];
        for (const [what, query] of queries) {
          const path = `${fillPath(operation.path, { shopId: shop.id, slugOrId: shop.slug })}?${query}`;
          const status = await send({ ...operation, path }, undefined);
          const isNumber = name === 'limit' && what !== 'brackets';
          const fits = isNumber ? status === 400 : status < 500;
          // A customer's own pages want a customer's token first.
          if (!fits && status !== 401)
            wrong.push(`${operation.name}?${name} with ${what}: ${status}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(seen).toBeGreaterThan(8);
  });
});
