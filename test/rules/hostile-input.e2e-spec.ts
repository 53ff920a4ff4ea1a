import { Types } from 'mongoose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aShop, type ShopWorld } from '../support/actors.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import {
  type BodyNode,
  bodySchemaOf,
  ExampleBodies,
  type StringField,
} from '../support/example-bodies.js';
import { fillPath, type Operation, readDocument, readOperations } from '../support/operations.js';
import { anOrder } from '../support/orders.js';

type Json = Record<string, any>;

let app: TestApp;
let shop: ShopWorld;
let operations: Operation[];
let examples: ExampleBodies;
/** One of everything that a path can name. */
let ids: Record<string, string>;
/** What the customers of that order and conversation hold. */
let customers: { order: string; chat: string };

beforeAll(async () => {
  app = await createTestApp();
  shop = await aShop(app);
  await furnish();
  operations = await readOperations({ url: app.url });
  examples = new ExampleBodies(await readDocument({ url: app.url }));
});

afterAll(() => app.close());

async function furnish(): Promise<void> {
  const order = await anOrder(app, shop);
  const { body } = await app.request
    .post(`/api/public/shops/${shop.slug}/conversations`)
    .send({ customerName: 'Aung Aung', text: 'Is it still there?' })
    .expect(201);
  const customer = { name: 'Su Su', phone: '+95 9 123 456 789' };
  await shop.owner.post(`${shop.path}/customers`, customer).expect(201);
  const sold = { orderId: order.id, provider: 'sandbox' };
  const payment = await shop.owner.post(`${shop.path}/payments/intent`, sold).expect(201);
  const first = async (list: string): Promise<string> =>
    (await shop.owner.get(`${shop.path}/${list}`).expect(200)).body.data[0].id;
  // Who may disable accounts.
  const users = app.connection.db!.collection('users');
  const { modifiedCount } = await users.updateOne(
    { _id: Types.ObjectId.createFromHexString(shop.owner.userId) },
    { $set: { role: 'admin' } },
  );
  expect(modifiedCount).toBe(1);
  customers = { order: order.token, chat: body.data.token };
  ids = {
    // The one that needs no setting up.
    platform: 'viber',
    productId: order.productId,
    orderId: order.id,
    paymentId: payment.body.data.id,
    formId: await first('forms'),
    customerId: await first('customers'),
    conversationId: await first('conversations'),
  };
}

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

/** Read and written at every request, and by nobody's wish. */
const OF_THE_SERVER = ['sessions', 'jobs', 'idempotency_keys', 'replay_marks', 'replay_rounds'];

const SETTLED_MS = 1_000;

/** All that is stored, to the letter, by collection. */
async function contents(): Promise<Record<string, string>> {
  const collections = await app.connection.db!.listCollections().toArray();
  const names = collections.map(({ name }) => name).filter((name) => !OF_THE_SERVER.includes(name));
  const all = await Promise.all(
    names.toSorted().map(async (name) => {
      const rows = app.connection.db!.collection(name).find({ _id: { $exists: true } });
      return [name, JSON.stringify(await rows.hint({ _id: 1 }).toArray())] as const;
    }),
  );
  return Object.fromEntries(all);
}

/** Once what was asked for before, such as telling people of it, is done. */
async function settled(): Promise<Record<string, string>> {
  // What is due a minute after a payment began would come amid the test.
  const tomorrow = new Date(Date.now() + 86_400_000);
  await app.connection
    .db!.collection('payments')
    .updateMany({ nextCheckAt: { $gt: new Date(0) } }, { $set: { nextCheckAt: tomorrow } });
  return eventually(async () => {
    const seen = await contents();
    await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
    expect(await contents()).toEqual(seen);
    return seen;
  });
}

interface Answered {
  status: number;
  details: { field: string }[];
}

/** A token of who may change what `path` names. */
function tokenFor(path: string): string {
  if (path.startsWith('/api/public/orders/')) return customers.order;
  return path.startsWith('/api/public/shops/') ? customers.chat : shop.owner.token;
}

/** The path of something that there is. */
function realPath(path: string): string {
  const userId = path.startsWith('/api/auth/') ? shop.owner.userId : shop.agent.userId;
  return fillPath(path, { shopId: shop.id, slugOrId: shop.slug, ...ids, userId });
}

/** Sends, and answers the status; fails on an answer that is slow or no envelope. */
async function send(operation: Operation, body: unknown): Promise<number> {
  const path = fillPath(operation.path, { shopId: shop.id, slugOrId: shop.slug });
  return (await sendTo(path, operation, body)).status;
}

async function sendTo(path: string, { method, name }: Operation, body: unknown): Promise<Answered> {
  const startedAt = Date.now();
  const response = await app.request[method](path)
    .set('Authorization', `Bearer ${tokenFor(path)}`)
    .send(body as object);
  expect(Date.now() - startedAt, name).toBeLessThan(ANSWER_MS);
  expect(typeof response.body.success, name).toBe('boolean');
  const sentence = response.status >= 400 ? (response.body.error as string) : 'None needed.';
  expect(sentence, name).toMatch(/^.{5,}[.]$/s);
  return { status: response.status, details: response.body.details ?? [] };
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
      const before = await settled();
      const fields = stringFields(operations);
      await inParallel(fields, async ({ operation, value, path, name }) => {
        for (const [what, hostile] of NEVER) {
          const sent = withField(value, path, hostile);
          const { status } = await sendTo(realPath(operation.path), operation, sent);
          // 401 would be the answer to a password that was tried: nothing of this may be.
          const isTried = operation.path.startsWith('/api/auth/') && status === 401;
          const refused = status >= 400 && status < 500 && !isTried;
          if (!refused) wrong.push(`${operation.name} ${name} with ${what}: ${status}`);
        }
      });
      expect(wrong).toEqual([]);
      expect(fields.length).toBeGreaterThan(25);
      expect(await contents()).toEqual(before);
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

interface Place extends BodyNode {
  operation: Operation;
  /** The body it is in. */
  value: unknown;
}

function places(of: Operation[]): Place[] {
  return of.flatMap((operation) => {
    const schema = bodySchemaOf(operation);
    if (!schema) return [];
    const { value } = examples.of(schema);
    return examples.nodesOf(schema).map((node) => ({ ...node, operation, value }));
  });
}

/** What may stand in a place, and whether the document allows it there. */
function odd({ path, value, schema, optional }: Place): [string, unknown, boolean][] {
  const { type, minItems = 0, maxItems = Infinity, required = [], items } = schema;
  const valid = path.reduce((inner, key) => (inner as Json)?.[key], value);
  const many = Array(3_000).fill(Array.isArray(valid) ? valid[0] : valid);
  const isList = type === 'array';
  // What says no type may be anything.
  const isAny = type === undefined;
  const isAnyList = isList && items['type'] === undefined;
  const isText = type === 'string';
  const isNumber = type === 'number' || type === 'integer';
  return [
    ['an empty list', [], isAny || (isList && minItems === 0)],
    ['a list in a list', [[]], isAny || isAnyList],
    ['itself in a list', [valid], isAny || isAnyList],
    ['3,000 in a list', many, isAny || (isList && maxItems >= 3_000)],
    ['3,000 in a list in a list', [many], isAny || isAnyList],
    ['an object', {}, isAny || (type === 'object' && required.length === 0)],
    ['null', null, isAny || optional],
    ['a text', 'x', isAny || isText],
    ['a number', 42, isAny || isNumber],
  ];
}

/** The body, where it says of which order or payment it is. */
function namingReal(value: unknown): Json {
  const { orderId, paymentIntentId, ...rest } = value as Json;
  return {
    ...rest,
    ...(orderId && { orderId: ids['orderId'] }),
    ...(paymentIntentId && { paymentIntentId: ids['paymentId'] }),
  };
}

/** A plain item is named by its list. */
const isWithin = (path: string[], field: string): boolean => {
  const name = path.join('.');
  return field === name.replace(/\.0$/, '') || field === name || field.startsWith(`${name}.`);
};

/** Looked for in the body before it is checked: whoever names none is told that there is none. */
const NAMES_THE_SHOP = /^\/api\/payments\/(intent orderId|confirm paymentIntentId)$/;

function isRefused({ operation, path }: Place, { status, details }: Answered): boolean {
  if (NAMES_THE_SHOP.test(`${operation.path} ${path.join('.')}`)) return status === 404;
  if (status === 413) return true;
  // Of a body with too many values nothing is looked at.
  return status === 400 && details.some(({ field }) => field === 'body' || isWithin(path, field));
}

describe('every place in a body', () => {
  it(
    'takes nothing of another type (400, and it is named; 413), and nothing is changed',
    async () => {
      const wrong: string[] = [];
      const before = await settled();
      const all = places(operations);
      await inParallel(all, async (place) => {
        const { operation, value, path } = place;
        for (const [what, hostile] of odd(place).filter(([, , isAllowed]) => !isAllowed)) {
          const sent = withField(namingReal(value), path, hostile);
          const answer = await sendTo(realPath(operation.path), operation, sent);
          if (isRefused(place, answer)) continue;
          wrong.push(`${operation.name} ${path.join('.')} as ${what}: ${JSON.stringify(answer)}`);
        }
      });
      expect(wrong).toEqual([]);
      expect(all.length).toBeGreaterThan(100);
      expect(await contents()).toEqual(before);
    },
    MANY_MS,
  );

  it(
    'never fails for what is odd there and allowed',
    async () => {
      const wrong: string[] = [];
      const harmless = operations.filter(({ path }) => !ENDS_ACCESS.test(path));
      await inParallel(places(harmless), async (place) => {
        const { operation, value, path } = place;
        for (const [what, sent] of odd(place).filter(([, , isAllowed]) => isAllowed)) {
          const status = await send(operation, withField(value, path, sent));
          if (status >= 500)
            wrong.push(`${operation.name} ${path.join('.')} as ${what}: ${status}`);
        }
      });
      expect(wrong).toEqual([]);
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
          const path = `${realPath(operation.path)}?${query}`;
          const { status } = await sendTo(path, operation, undefined);
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
