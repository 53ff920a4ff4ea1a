import { randomUUID } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CustomerTokens } from '../src/auth/customer-tokens.service.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aForm, aProduct } from './support/bodies.js';

let app: TestApp;
let shop: ShopWorld;
let front: string;

beforeAll(async () => {
  app = await createTestApp();
});

afterAll(() => app.close());

beforeEach(async () => {
  shop = await aShop(app);
  front = `/api/public/shops/${shop.slug}`;
});

async function addProduct(overrides: Record<string, unknown> = {}): Promise<string> {
  const { body } = await shop.owner.post(`${shop.path}/products`, aProduct(overrides)).expect(201);
  return body.data.id;
}

async function addForm(...fields: object[]): Promise<string> {
  const form = fields.length > 0 ? aForm({ fields }) : aForm();
  const { body } = await shop.owner.post(`${shop.path}/forms`, form).expect(201);
  return body.data.id;
}

const submit = (formId: string, body: object) =>
  app.request.post(`${front}/forms/${formId}/submissions`).send(body);

const aSubmission = (productId: string, overrides: object = {}) => ({
  items: [{ productId, quantity: 1 }],
  customer: { name: 'Aung Aung' },
  ...overrides,
});

async function placed(): Promise<{ id: string; token: string }> {
  const { body } = await submit(await addForm(), aSubmission(await addProduct())).expect(201);
  return body.data;
}

async function stored(): Promise<{ orders: number; stock: number }> {
  const orders = await shop.agent.get(`${shop.path}/orders`).expect(200);
  const products = await shop.agent.get(`${shop.path}/products`).expect(200);
  return { orders: orders.body.data.length, stock: products.body.data[0].stock };
}

describe('what a form offers', () => {
  const what = { id: 'what', type: 'Item Selector', label: 'What', required: true };

  it('is all that can be ordered by it, and each other product is named (400)', async () => {
    const [beans, mug, tea] = [await addProduct(), await addProduct(), await addProduct()];
    const formId = await addForm(
      { ...what, itemIds: [beans] },
      { ...what, id: 'more', required: false, itemIds: [mug.toUpperCase()] },
    );
    const items = [beans, tea, mug].map((productId) => ({ productId, quantity: 1 }));
    const { body } = await submit(formId, aSubmission(beans, { items })).expect(400);
    expect(body.details).toEqual([
      { field: 'items.1.productId', message: 'this form does not offer that product' },
    ]);
    const upper = [{ productId: mug.toUpperCase(), quantity: 1 }];
    await submit(formId, aSubmission(beans, { items: [items[0], ...upper] })).expect(201);
  });

  it('is the whole catalogue where an Item Selector names no product', async () => {
    const [beans, tea] = [await addProduct(), await addProduct()];
    const formId = await addForm(what, { ...what, id: 'more', itemIds: [beans] });
    await submit(formId, aSubmission(tea)).expect(201);
  });

  it('names wrong answers and products together', async () => {
    const [beans, tea] = [await addProduct(), await addProduct()];
    const formId = await addForm(
      { ...what, itemIds: [beans] },
      { id: 'day', type: 'Date', label: 'Day', required: true },
    );
    const { body } = await submit(formId, aSubmission(tea)).expect(400);
    const fields = body.details.map(({ field }: { field: string }) => field);
    expect(fields).toEqual(['answers.day', 'items.0.productId']);
    expect((await stored()).orders).toBe(0);
  });
});

describe('the ways to pay', () => {
  const pay = { id: 'pay', type: 'Payment Selector', label: 'Payment', required: true };
  const METHODS = [
    { id: 'kbz', name: 'KBZ Pay' },
    { id: 'cod', name: 'Cash' },
    { id: 'off', name: 'Cheque', enabled: false },
  ];
  const offer = (paymentMethods: object[]) =>
    shop.owner.put(shop.path, { paymentMethods }).expect(200);

  it('are those of the shop, told in the form, and taken by name or id', async () => {
    await offer(METHODS);
    const productId = await addProduct();
    const formId = await addForm(pay, {
      ...pay,
      id: 'later',
      required: false,
      paymentMethodIds: ['kbz'],
    });
    const form = await app.request.get(`${front}/forms/${formId}`).expect(200);
    const options = form.body.data.fields.map((field: { options: string[] }) => field.options);
    expect(options).toEqual([['KBZ Pay', 'Cash'], ['KBZ Pay']]);
    for (const [sent, kept] of [
      [{ answers: { pay: 'Cash' } }, 'Cash'],
      [{ answers: { pay: ' cod ' } }, 'Cash'],
      [{ answers: { pay: 'Cash' }, paymentMethod: 'kbz' }, 'KBZ Pay'],
      [{ paymentMethod: 'KBZ Pay' }, 'KBZ Pay'],
    ] as const) {
      const { body } = await submit(formId, aSubmission(productId, sent)).expect(201);
      expect(body.data.paymentMethod).toBe(kept);
    }
    const { body } = await shop.agent.get(`${shop.path}/orders`).expect(200);
    const answers = body.data.map(({ fields }: { fields: object[] }) => fields).reverse();
    const cash = [{ id: 'pay', label: 'Payment', value: 'Cash' }];
    expect(answers).toEqual([cash, cash, cash, []]);
  });

  it.each([
    ['answers.pay', { answers: { pay: 'Bitcoin' } }],
    ['answers.pay', { answers: { pay: 'Cheque' } }],
    ['answers.pay', { answers: { pay: 5 } }],
    ['answers.pay', {}],
    ['answers.later', { answers: { pay: 'cod', later: 'Cash' } }],
    ['paymentMethod', { answers: { pay: 'cod' }, paymentMethod: 'Bitcoin' }],
  ])('are refused elsewhere, naming %s: %j (400)', async (field, sent) => {
    await offer(METHODS);
    const formId = await addForm(pay, {
      ...pay,
      id: 'later',
      required: false,
      paymentMethodIds: ['kbz'],
    });
    const { body } = await submit(formId, aSubmission(await addProduct(), sent)).expect(400);
    expect(body.details).toEqual([{ field, message: expect.any(String) }]);
    expect(await stored()).toEqual({ orders: 0, stock: 10 });
  });

  it('are all of the shop where those of a form are gone, and any words where it has none', async () => {
    const productId = await addProduct();
    const formId = await addForm({ ...pay, paymentMethodIds: ['gone'] });
    await submit(formId, aSubmission(productId, { answers: { pay: 'Later' } })).expect(201);
    await offer(METHODS);
    await submit(formId, aSubmission(productId, { answers: { pay: 'Later' } })).expect(400);
    await submit(formId, aSubmission(productId, { answers: { pay: 'Cash' } })).expect(201);
  });

  it('are those of the shop also where a form does not ask for them', async () => {
    await offer(METHODS);
    const [formId, productId] = [await addForm(), await addProduct()];
    await submit(formId, aSubmission(productId, { paymentMethod: 'Bitcoin' })).expect(400);
    await submit(formId, aSubmission(productId, { paymentMethod: 'cod' })).expect(201);
  });
});

describe('the trap', () => {
  it('refuses who fills it as if they were too many, and stores nothing', async () => {
    const [formId, productId] = [await addForm(), await addProduct()];
    const trapped = aSubmission(productId, { website: 'https://spam.example' });
    const { body, headers } = await submit(formId, trapped)
      .set('Idempotency-Key', randomUUID())
      .expect(429);
    expect(body).toEqual({
      success: false,
      error: 'Too many requests: try again in 60 seconds.',
      code: 'rate_limited',
      requestId: expect.any(String),
    });
    expect(headers['retry-after']).toBe('60');
    expect(await stored()).toEqual({ orders: 0, stock: 10 });
    const keys = app.connection.collection('idempotency_keys');
    expect(await keys.countDocuments({})).toBe(0);
  });

  it.each(['', null, undefined])('lets who left it at %j through', async (website) => {
    const [formId, productId] = [await addForm(), await addProduct()];
    await submit(formId, aSubmission(productId, { website })).expect(201);
  });
});

describe('the limits of submissions', () => {
  it('take no body above 128 KB (413), told or in chunks', async () => {
    const [formId, productId] = [await addForm(), await addProduct()];
    const pad = { unknown: 'x'.repeat(128 * 1024) };
    const { body } = await submit(formId, aSubmission(productId, pad)).expect(413);
    expect(body.error).toBe('The body is too large: send at most 128 KB.');
    const chunked = await fetch(`${app.url}${front}/forms/${formId}/submissions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: new Blob([JSON.stringify(aSubmission(productId, pad))]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(chunked.status).toBe(413);
    expect(await stored()).toEqual({ orders: 0, stock: 10 });
  });

  it('take 20 a minute from one address to one shop, and go on in another', async () => {
    const strict = await createTestApp({ RATE_LIMITS: 'on' });
    try {
      const [busy, quiet] = [await aShop(strict), await aShop(strict)];
      const send = async (to: ShopWorld, times: number): Promise<number[]> => {
        const product = await to.owner.post(`${to.path}/products`, aProduct({ stock: null }));
        const form = await to.owner.post(`${to.path}/forms`, aForm());
        const statuses: number[] = [];
        for (let index = 0; index < times; index++) {
          // Its address and its id are one shop.
          const name = index % 2 === 0 ? to.slug : to.id;
          const path = `/api/public/shops/${name}/forms/${form.body.data.id}/submissions`;
          const sent = aSubmission(product.body.data.id as string);
          statuses.push((await strict.request.post(path).send(sent)).status);
        }
        return statuses;
      };
      expect(await send(busy, 21)).toEqual([...Array.from({ length: 20 }, () => 201), 429]);
      expect(await send(quiet, 1)).toEqual([201]);
    } finally {
      await strict.close();
    }
  });
});

describe('an Idempotency-Key', () => {
  it('gives the order and its token again, and remembers no token', async () => {
    const [formId, productId] = [await addForm(), await addProduct()];
    const key = randomUUID();
    const send = () => submit(formId, aSubmission(productId)).set('Idempotency-Key', key);
    const first = await send().expect(201);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const again = await send().expect(201);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.text).toBe(first.text);
    expect(await stored()).toEqual({ orders: 1, stock: 9 });
    const kept = await app.connection.collection('idempotency_keys').find({}).toArray();
    expect(JSON.stringify(kept)).toContain(first.body.data.id);
    expect(JSON.stringify(kept)).not.toMatch(/token|eyJ/);
    await submit(formId, aSubmission(productId, { customer: { name: 'Other' } }))
      .set('Idempotency-Key', key)
      .expect(422);
  });
});

describe('following an order', () => {
  const follow = (id: string, token?: string) => {
    const request = app.request.get(`/api/public/orders/${id}`);
    return token === undefined ? request : request.set('Authorization', `Bearer ${token}`);
  };

  it('shows its customer how it stands, and nothing of what the team says about it', async () => {
    const { id, token } = await placed();
    await shop.agent
      .put(`${shop.path}/orders/${id}/status`, { status: 'processing', note: 'a difficult one' })
      .expect(200);
    const { body, text } = await follow(id, token).expect(200);
    expect(body.data).toEqual({
      id,
      orderId: 'MCXX-0001',
      shopId: shop.id,
      items: [
        { productId: expect.any(String), productName: 'Coffee beans', quantity: 1, price: 19.99 },
      ],
      totalAmount: 19.99,
      currency: 'USD',
      status: 'processing',
      paymentStatus: 'unpaid',
      paymentMethod: '',
      history: [
        { at: expect.any(String), status: 'pending' },
        { at: expect.any(String), status: 'processing' },
      ],
      submittedAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    expect(text).not.toMatch(new RegExp(`difficult|${shop.agent.userId}`));
    await follow(id.toUpperCase(), token).expect(200);
  });

  it('is not for who has no token, or one of something else', async () => {
    const { id, token } = await placed();
    const other = await placed();
    const chat = await app.request
      .post(`${front}/conversations`)
      .send({ customerName: 'Aung', text: 'hello' })
      .expect(201);
    const subject = { shopId: shop.id, subjectId: id };
    const tokens = app.nest.get(CustomerTokens);
    const old = new Date(Date.now() - 31 * 24 * 60 * 60 * 1000);
    const refused = [
      undefined,
      'nonsense',
      `${token}x`,
      shop.owner.token,
      chat.body.data.token,
      tokens.sign({ kind: 'conversation', ...subject }),
      tokens.sign({ kind: 'order', ...subject }, old),
      app.nest
        .get(JwtService, { strict: false })
        .sign(
          { sub: id, shop: shop.id, typ: 'order' },
          { issuer: 'cliick', audience: 'cliick-customer' },
        ),
    ];
    for (const wrong of refused) {
      const { body } = await follow(id, wrong as string | undefined).expect(401);
      expect(body.code).toBe('unauthenticated');
    }
    await follow(id, other.token).expect(404);
    await follow('nonsense', token).expect(404);
    await follow('MCXX-0001', token).expect(404);
  });
});
