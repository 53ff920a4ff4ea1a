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

async function openShop(): Promise<void> {
  shop = await aShop(app);
  front = `/api/public/shops/${shop.slug}`;
}

afterAll(() => app.close());

async function addProduct(overrides: Record<string, unknown> = {}): Promise<string> {
  const { body } = await shop.owner.post(`${shop.path}/products`, aProduct(overrides)).expect(201);
  return body.data.id;
}

async function addForm(overrides: Record<string, unknown> = {}): Promise<string> {
  const { body } = await shop.owner.post(`${shop.path}/forms`, aForm(overrides)).expect(201);
  return body.data.id;
}

const submit = (formId: string, body: object) =>
  app.request.post(`${front}/forms/${formId}/submissions`).send(body);

const aSubmission = (productId: string, overrides: object = {}) => ({
  answers: {},
  items: [{ productId, quantity: 1 }],
  customer: { name: 'Aung Aung' },
  ...overrides,
});

describe('answers to a form', () => {
  beforeAll(openShop);

  it.each([
    '[]',
    '"note"',
    JSON.stringify(Object.fromEntries(Array.from({ length: 101 }, (_, key) => [key, 'x']))),
    JSON.stringify({ ['k'.repeat(65)]: 'x' }),
  ])('refuses answers that are no flat object (400)', async (answers) => {
    const sent = aSubmission(await addProduct(), { answers: JSON.parse(answers) });
    const { body } = await submit(await addForm(), sent).expect(400);
    expect(body.details).toEqual([{ field: 'answers', message: expect.any(String) }]);
  });

  it.each([
    '{"$gt":""}',
    '[{"a":1}]',
    JSON.stringify('x'.repeat(5001)),
    JSON.stringify(['x'.repeat(201)]),
    JSON.stringify(Array.from({ length: 501 }, String)),
  ])('names the answer that is of no kind, or too long for any (400)', async (note) => {
    const answers = { gift: 'yes', note: JSON.parse(note) };
    const sent = aSubmission(await addProduct(), { answers });
    const { body } = await submit(await addForm(), sent).expect(400);
    const message = expect.stringMatching(/^answers.note must be a text of at most 5000/);
    expect(body.details).toEqual([{ field: 'answers', message }]);
  });

  it('takes null for no answer', async () => {
    const sent = aSubmission(await addProduct(), { answers: { note: null } });
    await submit(await addForm(), sent).expect(201);
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then'])(
    'drops an answer named %s',
    async (key) => {
      const productId = await addProduct();
      const formId = await addForm();
      const items = `[{"productId":"${productId}","quantity":1}]`;
      for (const value of ['"x"', '["x"]']) {
        const text = `{"answers":{"${key}":${value},"note":"kept"},"items":${items},"customer":{"name":"A"}}`;
        await app.request
          .post(`${front}/forms/${formId}/submissions`)
          .set('Content-Type', 'application/json')
          .send(text)
          .expect(201);
      }
      const { body } = await shop.owner.get(`${shop.path}/orders?limit=1`);
      expect(body.data[0].fields).toEqual([{ id: 'note', label: 'Note', value: 'kept' }]);
    },
  );
});

/** As an app keeps them: more than customers see, in any shape. */
const PAYMENT_METHODS = [
  {
    id: 'kbz',
    name: ' KBZ Pay ',
    type: 'transfer',
    instructions: 'Name your order.',
    accountNumber: 4200,
    qrCodeUrl: 'https://media.example.com/qr.png',
    requiresProof: true,
    internal: 'CANARY',
  },
  { name: 'Cash', qrCodeUrl: 'javascript:alert(1)', note: 'CANARY' },
  { id: 'off', name: 'Cheque', enabled: false },
  { id: 'no-name' },
  'By post',
  null,
  42,
  ['CANARY'],
];

describe('storefront', () => {
  beforeEach(openShop);

  it('shows a shop by its address and by its id, and nothing of its inside', async () => {
    await shop.owner
      .put(shop.path, {
        description: 'From the hills.',
        timeZone: 'Asia/Yangon',
        assistantConfig: { prompt: 'CANARY prompt' },
        savedReplies: ['CANARY reply'],
        quickNote: 'CANARY note',
        paymentMethods: PAYMENT_METHODS,
      })
      .expect(200);
    for (const name of [shop.slug, shop.id]) {
      const { body, text } = await app.request.get(`/api/public/shops/${name}`).expect(200);
      expect(body.data).toEqual({
        id: shop.id,
        name: 'Mya Coffee',
        slug: shop.slug,
        description: 'From the hills.',
        currency: 'USD',
        timeZone: 'Asia/Yangon',
        phone: '',
        email: '',
        address: '',
        paymentMethods: [
          {
            id: 'kbz',
            name: 'KBZ Pay',
            type: 'transfer',
            instructions: 'Name your order.',
            accountNumber: '4200',
            qrCodeUrl: 'https://media.example.com/qr.png',
            requiresProof: true,
          },
          { id: 'Cash', name: 'Cash', requiresProof: false },
          { id: 'By post', name: 'By post', requiresProof: false },
        ],
      });
      expect(text).not.toMatch(new RegExp(`CANARY|${shop.owner.userId}|${shop.agent.userId}`));
    }
    await app.request.get('/api/public/shops/no-such-shop').expect(404);
    await app.request.get('/api/public/shops/6741c0c0a5f2d13b8c9e0aaa').expect(404);
  });

  it('is gone with its shop (404), the order of a customer too', async () => {
    const [productId, formId] = [await addProduct(), await addForm()];
    const { body } = await submit(formId, aSubmission(productId)).expect(201);
    await shop.owner.delete(shop.path).expect(200);
    for (const path of ['', '/products', `/products/${productId}`, '/forms', `/forms/${formId}`]) {
      for (const name of [shop.slug, shop.id]) {
        await app.request.get(`/api/public/shops/${name}${path}`).expect(404);
      }
    }
    await submit(formId, aSubmission(productId)).expect(404);
    await app.request
      .get(`/api/public/orders/${body.data.id}`)
      .set('Authorization', `Bearer ${body.data.token}`)
      .expect(404);
  });

  it('shows the products of this shop only, without what the seller paid', async () => {
    const id = await addProduct({ originalPrice: 11.5, sku: 'SECRET', promoPrice: 17.5 });
    const other = await aShop(app);
    await other.owner.post(`${other.path}/products`, aProduct()).expect(201);
    const { body } = await app.request.get(`${front}/products`).expect(200);
    expect(body.data).toEqual([
      {
        id,
        name: 'Coffee beans',
        description: 'One kilo, roasted this week.',
        retailPrice: 19.99,
        currentPrice: 17.5,
        promoPrice: 17.5,
        promoStartDate: null,
        promoEndDate: null,
        stock: 10,
        imageUrl: '',
        thumbnailUrl: '',
        category: '',
        itemType: 'product',
        warranty: '',
        duration: '',
        location: '',
        formId: null,
        currency: 'USD',
      },
    ]);
    expect(body.meta).toEqual({ nextCursor: null });
  });

  it('shows a form only once it is published (else 404), and none of another shop', async () => {
    const published = await addForm();
    const draft = await addForm({ published: false });
    const { body } = await app.request.get(`${front}/forms/${published}`).expect(200);
    expect(Object.keys(body.data).sort()).toEqual(['fields', 'id', 'name']);
    const other = await aShop(app);
    await app.request.get(`${front}/forms/${draft}`).expect(404);
    await app.request.get(`${front}/forms/nonsense`).expect(404);
    await app.request.get(`/api/public/shops/${other.slug}/forms/${published}`).expect(404);
    await submit(draft, aSubmission(await addProduct())).expect(404);
  });

  it('lists the published forms of this shop, page by page', async () => {
    const ids = [await addForm(), await addForm({ published: false }), await addForm()];
    const path = `${front}/forms`;
    const first = await app.request.get(`${path}?limit=1`).expect(200);
    const { nextCursor } = first.body.meta;
    const second = await app.request.get(`${path}?limit=1&cursor=${nextCursor}`).expect(200);
    const listed = [...first.body.data, ...second.body.data];
    expect(listed.map(({ id }) => id)).toEqual([ids[0], ids[2]]);
    expect(second.body.meta.nextCursor).toBeNull();
    const one = await app.request.get(`${path}/${ids[0]}`).expect(200);
    expect(listed[0]).toEqual(one.body.data);
  });

  it('makes an order of a submission, with a token of its own to follow it', async () => {
    const productId = await addProduct({ originalPrice: 11.5 });
    const formId = await addForm({
      fields: [
        { id: 'mail', type: 'Email', label: 'E-mail', required: true },
        { id: 'what', type: 'Item Selector', label: 'What', required: true },
        { id: 'pay', type: 'Payment Selector', label: 'Payment', required: true },
      ],
    });
    const { body } = await submit(formId, {
      answers: { mail: ' aung@example.com ' },
      items: [{ productId, quantity: 2, price: 0.01 }],
      customer: { name: 'Aung Aung', phone: '09 123 456' },
      paymentMethod: 'Cash',
      totalAmount: 0.01,
    }).expect(201);
    expect(body.data).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      orderId: 'MCXX-0001',
      shopId: shop.id,
      items: [{ productId, productName: 'Coffee beans', quantity: 2, price: 19.99 }],
      totalAmount: 39.98,
      currency: 'USD',
      status: 'pending',
      paymentStatus: 'unpaid',
      paymentMethod: 'Cash',
      history: [{ at: expect.any(String), status: 'pending' }],
      submittedAt: expect.any(String),
      updatedAt: expect.any(String),
      token: expect.any(String),
    });
    const subject = await app.nest.get(CustomerTokens).verify(body.data.token, 'order');
    expect(subject).toMatchObject({ shopId: shop.id, subjectId: body.data.id });
    const seen = await shop.agent.get(`${shop.path}/orders/MCXX-0001`).expect(200);
    expect(seen.body.data).toMatchObject({
      formId,
      fields: [{ id: 'mail', label: 'E-mail', value: 'aung@example.com' }],
      paymentMethod: 'Cash',
      history: [{ by: null, from: null, to: 'pending' }],
    });
  });

  it('names every wrong and missing answer, and takes no stock for them (400)', async () => {
    const productId = await addProduct();
    const formId = await addForm({
      fields: [
        { id: 'name', type: 'Short Text', label: 'Name', required: true },
        { id: 'day', type: 'Date', label: 'Day' },
        { id: 'note', type: 'Text Area', label: 'Note' },
      ],
    });
    const answers = { day: 'tomorrow', note: 'fine' };
    const { body } = await submit(formId, aSubmission(productId, { answers })).expect(400);
    expect(body.details).toEqual([
      { field: 'answers.name', message: 'Name is required' },
      { field: 'answers.day', message: 'Day must be a date YYYY-MM-DD' },
    ]);
    const { body: catalogue } = await app.request.get(`${front}/products`);
    expect(catalogue.data[0].stock).toBe(10);
  });

  it('never sells more than there is: 50 submissions at once on a stock of 10', async () => {
    const productId = await addProduct({ stock: 10 });
    const formId = await addForm();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => submit(formId, aSubmission(productId))),
    );
    const sold = answers.filter(({ status }) => status === 201);
    const refused = answers.filter(({ status }) => status === 409);
    expect([sold.length, refused.length]).toEqual([10, 40]);
    expect(refused[0]?.body).toMatchObject({
      code: 'out_of_stock',
      error: 'Coffee beans: none is left.',
    });
    expect(new Set(sold.map(({ body }) => body.data.orderId)).size).toBe(10);
    const { body } = await app.request.get(`${front}/products`);
    expect(body.data[0].stock).toBe(0);
    const orders = await shop.owner.get(`${shop.path}/orders`);
    expect(orders.body.data).toHaveLength(10);
  });

  it('gives back the first line each time the second is missing, whatever else runs', async () => {
    const beans = await addProduct({ stock: 10 });
    const mug = await addProduct({ name: 'Mug', stock: 3 });
    const formId = await addForm();
    const items = [
      { productId: beans, quantity: 2 },
      { productId: mug, quantity: 1 },
    ];
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => submit(formId, aSubmission(beans, { items }))),
    );
    const sold = answers.filter(({ status }) => status === 201).length;
    const { body } = await app.request.get(`${front}/products`);
    const stocks = body.data.map(({ stock }: { stock: number }) => stock);
    expect(stocks).toEqual([10 - 2 * sold, 3 - sold]);
    expect(sold).toBeGreaterThan(0);
  });

  it('limits submissions of one address more closely than reading', async () => {
    const strict = await createTestApp({ RATE_LIMITS: 'on' });
    try {
      const path = '/api/public/shops/nowhere/forms/6741c0c0a5f2d13b8c9e0aaa/submissions';
      const statuses: number[] = [];
      for (let index = 0; index < 31; index++) {
        statuses.push((await strict.request.post(path).send({})).status);
      }
      expect(statuses).toEqual([...Array.from({ length: 30 }, () => 400), 429]);
      await strict.request.get('/api/public/shops/nowhere').expect(404);
    } finally {
      await strict.close();
    }
  });
});
