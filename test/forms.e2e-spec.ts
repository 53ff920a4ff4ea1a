import { Types } from 'mongoose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aForm, aProduct } from './support/bodies.js';

let app: TestApp;
let shop: ShopWorld;
let forms: string;

beforeAll(async () => {
  app = await createTestApp();
  shop = await aShop(app);
  forms = `${shop.path}/forms`;
});

afterAll(() => app.close());

async function addForm(overrides: object = {}): Promise<any> {
  const { body } = await shop.manager.post(forms, aForm({ ...overrides })).expect(201);
  return body.data;
}

async function addOrder(formId: string): Promise<string> {
  const product = await shop.owner.post(`${shop.path}/products`, aProduct()).expect(201);
  const order = {
    customer: { name: 'Aung' },
    items: [{ productId: product.body.data.id, quantity: 1 }],
    formId,
    answers: { note: 'ring twice' },
  };
  const { body } = await shop.manager.post(`${shop.path}/orders`, order).expect(201);
  return body.data.id;
}

const aText = (overrides: object = {}) => ({ type: 'Short Text', label: 'Name', ...overrides });

describe('forms', () => {
  it('keeps the ids of fields that have one and makes the others', async () => {
    const fields = [
      aText({ id: 'full-name', required: true, placeholder: 'As on your parcel' }),
      { type: 'Dropdown', label: 'Grind', options: ['Whole', 'Ground'] },
    ];
    const { body } = await shop.manager.post(forms, { name: 'Coffee order', fields }).expect(201);
    expect(body.data).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      name: 'Coffee order',
      fields: [
        { ...fields[0], options: [], itemIds: [], paymentMethodIds: [] },
        {
          ...fields[1],
          id: expect.any(String),
          required: false,
          placeholder: '',
          itemIds: [],
          paymentMethodIds: [],
        },
      ],
      published: true,
      archived: false,
      version: 1,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    const again = await shop.agent.get(`${forms}/${body.data.id}`).expect(200);
    expect(again.body.data).toEqual(body.data);
  });

  it.each([
    ['name', { name: '' }],
    ['fields', { fields: 'none' }],
    ['fields', { fields: Array.from({ length: 101 }, () => aText()) }],
    ['fields.1.id', { fields: [aText({ id: 'a' }), aText({ id: 'a' })] }],
    ['fields.0.id', { fields: [aText({ id: '__proto__' })] }],
    ['fields.0.id', { fields: [aText({ id: 'a.b' })] }],
    ['fields.0.id', { fields: [aText({ id: { $ne: '' } })] }],
    ['fields.0.type', { fields: [aText({ type: 'Signature' })] }],
    ['fields.0.label', { fields: [aText({ label: '' })] }],
    ['fields.0.options', { fields: [aText({ type: 'Dropdown' })] }],
    ['fields.0.options', { fields: [aText({ options: [1] })] }],
    ['fields.0.itemIds', { fields: [aText({ type: 'Item Selector', itemIds: ['beans'] })] }],
    ['fields.0.paymentMethodIds', { fields: [aText({ paymentMethodIds: [''] })] }],
    ['published', { published: 'yes' }],
  ])('refuses a wrong %s (400)', async (field, overrides) => {
    const { body } = await shop.owner.post(forms, aForm(overrides)).expect(400);
    expect(body.code).toBe('validation_failed');
    expect(new Set(body.details.map((detail: { field: string }) => detail.field))).toEqual(
      new Set([field]),
    );
  });

  it('pages through all forms, each once', async () => {
    const own = await aShop(app);
    const path = `${own.path}/forms`;
    const created: string[] = [];
    for (let index = 0; index < 5; index++) {
      const { body } = await own.owner.post(path, aForm({ name: `Form ${index}` })).expect(201);
      created.push(body.data.id);
    }
    const first = await own.agent.get(`${path}?limit=3`).expect(200);
    const { nextCursor } = first.body.meta;
    const second = await own.agent.get(`${path}?limit=3&cursor=${nextCursor}`).expect(200);
    const listed = [...first.body.data, ...second.body.data].map(({ id }) => id);
    expect(listed).toEqual(created);
    expect(second.body.meta.nextCursor).toBeNull();
  });

  it('refuses an agent who makes a form (403), a stranger hears of none (404)', async () => {
    const { body } = await shop.owner.post(forms, aForm()).expect(201);
    await shop.agent.post(forms, aForm()).expect(403);
    await shop.outsider.post(forms, aForm()).expect(404);
    await shop.outsider.get(forms).expect(404);
    await shop.outsider.get(`${forms}/${body.data.id}`).expect(404);
  });

  it("does not find another shop's form or a malformed id (404)", async () => {
    const other = await aShop(app);
    const { body } = await other.owner.post(`${other.path}/forms`, aForm()).expect(201);
    for (const id of [body.data.id, 'nonsense']) {
      const answer = await shop.owner.get(`${forms}/${id}`).expect(404);
      expect(answer.body.error).toBe('There is no such form: check its id.');
    }
  });
});

describe('a change of a form', () => {
  it('takes the whole form back as it was read: nothing changes, unknown fields are dropped', async () => {
    const form = await addForm();
    const whole = { ...form, shopId: 'x', responses: [1], version: 9, id: 'other' };
    const { body } = await shop.manager.put(`${forms}/${form.id}`, whole).expect(200);
    expect(body.data).toEqual({ ...form, updatedAt: expect.any(String) });
  });

  it.each(['put', 'patch'] as const)('changes by %s only what is given', async (method) => {
    const form = await addForm();
    const change = (sent: object) =>
      app.request[method](`${forms}/${form.id}`)
        .set('Authorization', `Bearer ${shop.manager.token}`)
        .send(sent);
    const renamed = await change({ name: 'Tea order', fields: null, published: null }).expect(200);
    expect(renamed.body.data).toEqual({
      ...form,
      name: 'Tea order',
      updatedAt: expect.any(String),
    });
    const closed = await change({ published: false }).expect(200);
    expect(closed.body.data).toMatchObject({ name: 'Tea order', published: false, version: 1 });
  });

  it('counts every change of the questions, keeps their ids, and shows each version', async () => {
    const form = await addForm();
    const [note] = form.fields;
    const second = [{ ...note, label: 'Your note' }, aText({ label: 'Street' })];
    const { body } = await shop.manager.put(`${forms}/${form.id}`, { fields: second }).expect(200);
    expect(body.data.version).toBe(2);
    expect(body.data.fields).toMatchObject([{ id: 'note' }, { id: expect.stringMatching(/./) }]);
    const third = [body.data.fields[1]];
    const path = `${forms}/${form.id}`;
    await shop.manager.put(path, { name: 'Last', fields: third }).expect(200);
    const shown = await Promise.all(
      [1, 2, 3].map((version) => shop.agent.get(`${path}/versions/${version}`).expect(200)),
    );
    const asked = [form.fields, body.data.fields, third];
    expect(shown.map((answer) => answer.body.data)).toEqual(
      asked.map((fields, index) => ({
        formId: form.id,
        version: index + 1,
        name: index < 2 ? 'Order' : 'Last',
        fields,
      })),
    );
    for (const none of ['4', '0', '-1', '1.5', 'x', '99999999999']) {
      await shop.agent.get(`${path}/versions/${none}`).expect(404);
    }
    await shop.outsider.get(`${path}/versions/1`).expect(404);
  });

  it('gives an order the version that it answered, to be read when the form asks something else', async () => {
    const form = await addForm();
    const orderId = await addOrder(form.id);
    await shop.manager.put(`${forms}/${form.id}`, { fields: [aText({ id: 'other' })] }).expect(200);
    const { body } = await shop.agent.get(`${shop.path}/orders/${orderId}`).expect(200);
    const { formId, formVersion, fields } = body.data;
    expect(formVersion).toBe(1);
    expect(fields).toEqual([{ id: 'note', label: 'Note', value: 'ring twice' }]);
    const path = `${forms}/${formId}/versions/${formVersion}`;
    const version = await shop.agent.get(path).expect(200);
    expect(version.body.data.fields).toEqual(form.fields);
  });

  it('makes one version of each of several changes at once, without a gap', async () => {
    const form = await addForm();
    const path = `${forms}/${form.id}`;
    const labels = ['a', 'b', 'c', 'd', 'e', 'f'];
    const changed = await Promise.all(
      labels.map((label) =>
        shop.manager.put(path, { fields: [aText({ id: 'q', label })] }).expect(200),
      ),
    );
    const versions = changed.map(({ body }) => body.data.version).sort((a, b) => a - b);
    expect(versions).toEqual([2, 3, 4, 5, 6, 7]);
    for (const { body } of changed) {
      const { version, fields } = body.data;
      const shown = await shop.agent.get(`${path}/versions/${version}`).expect(200);
      expect(shown.body.data.fields).toEqual(fields);
    }
  });

  it('goes on after a process died between keeping the old version and making the new one', async () => {
    const form = await addForm();
    const versions = app.connection.collection('form_versions');
    const shopId = new Types.ObjectId(shop.id);
    const formId = new Types.ObjectId(form.id as string);
    const { name, fields } = form;
    await versions.insertOne({ shopId, formId, version: 1, name, fields });
    const path = `${forms}/${form.id}`;
    const { body } = await shop.manager.put(path, { fields: [aText({ id: 'q' })] }).expect(200);
    expect(body.data.version).toBe(2);
    const first = await shop.agent.get(`${path}/versions/1`).expect(200);
    expect(first.body.data.fields).toEqual(form.fields);
    expect(await versions.countDocuments({ shopId, formId })).toBe(1);
  });

  it.each([
    ['name', { name: '' }],
    ['fields.1.id', { fields: [aText({ id: 'a' }), aText({ id: 'a' })] }],
    ['archived', { archived: 'yes' }],
  ])('refuses a wrong %s (400), and changes nothing', async (field, change) => {
    const form = await addForm();
    const { body } = await shop.manager.put(`${forms}/${form.id}`, change).expect(400);
    expect(body.details).toEqual([{ field, message: expect.any(String) }]);
    const again = await shop.agent.get(`${forms}/${form.id}`).expect(200);
    expect(again.body.data).toEqual(form);
  });

  it('is not for an agent (403)', async () => {
    const path = `${forms}/${(await addForm()).id}`;
    await shop.agent.put(path, { name: 'Mine' }).expect(403);
    await shop.agent.delete(path).expect(403);
    await shop.agent.post(`${path}/publish`).expect(403);
    await shop.agent.post(`${path}/duplicate`).expect(403);
  });
});

describe('publishing', () => {
  const seen = (id: string) => app.request.get(`/api/public/shops/${shop.slug}/forms/${id}`);

  it('opens a form to customers and closes it again', async () => {
    const { id } = await addForm({ published: false });
    await seen(id).expect(404);
    const { body } = await shop.manager.post(`${forms}/${id}/publish`).expect(200);
    expect(body.data.published).toBe(true);
    await seen(id).expect(200);
    await shop.manager.post(`${forms}/${id}/unpublish`).expect(200);
    await seen(id).expect(404);
    await shop.manager.put(`${forms}/${id}`, { published: true }).expect(200);
    await seen(id).expect(200);
  });

  it('is refused of an archived form (409), until it is taken out of the archive', async () => {
    const { id } = await addForm();
    const archived = await shop.manager.put(`${forms}/${id}`, { archived: true }).expect(200);
    expect(archived.body.data).toMatchObject({ archived: true, published: false });
    await seen(id).expect(404);
    const refused = await shop.manager.post(`${forms}/${id}/publish`).expect(409);
    expect(refused.body).toMatchObject({
      code: 'conflict',
      error: 'This form is archived: set archived to false as well.',
    });
    const back = { archived: false, published: true };
    await shop.manager.put(`${forms}/${id}`, back).expect(200);
    await seen(id).expect(200);
  });
});

describe('a copy of a form', () => {
  it('is a draft of its own with the same questions', async () => {
    const form = await addForm({ name: 'x'.repeat(200) });
    const { body } = await shop.manager.post(`${forms}/${form.id}/duplicate`).expect(201);
    expect(body.data).toMatchObject({ fields: form.fields, published: false, version: 1 });
    expect(body.data.name).toBe(`${'x'.repeat(193)} (copy)`);
    const fields = [aText({ id: 'q' })];
    await shop.manager.put(`${forms}/${body.data.id}`, { fields }).expect(200);
    const again = await shop.agent.get(`${forms}/${form.id}`).expect(200);
    expect(again.body.data).toEqual(form);
  });
});

describe('deleting a form', () => {
  it('deletes one that no order needs, and only its versions stay to be read', async () => {
    const form = await addForm();
    const path = `${forms}/${form.id}`;
    const { body } = await shop.manager.delete(path).expect(200);
    expect(body.data).toEqual({ id: form.id, outcome: 'deleted' });
    await shop.manager.get(path).expect(404);
    await shop.manager.delete(path).expect(404);
    const version = await shop.agent.get(`${path}/versions/1`).expect(200);
    expect(version.body.data.fields).toEqual(form.fields);
  });

  it.each([
    ['pending', []],
    ['processing', ['processing']],
  ])('archives one that a %s order needs, and deletes it afterwards', async (_, moves) => {
    const { id } = await addForm();
    const orderId = await addOrder(id);
    const move = (status: string) =>
      shop.manager.put(`${shop.path}/orders/${orderId}/status`, { status }).expect(200);
    for (const status of moves) await move(status);
    const first = await shop.manager.delete(`${forms}/${id}`).expect(200);
    expect(first.body.data).toEqual({ id, outcome: 'archived' });
    const { body } = await shop.agent.get(`${forms}/${id}`).expect(200);
    expect(body.data).toMatchObject({ archived: true, published: false });
    await app.request.get(`/api/public/shops/${shop.slug}/forms/${id}`).expect(404);
    await move('cancelled');
    const second = await shop.manager.delete(`${forms}/${id}`).expect(200);
    expect(second.body.data).toEqual({ id, outcome: 'deleted' });
  });

  it('begins no order by one that is archived, by customers (404) or staff (409)', async () => {
    const { id } = await addForm();
    const product = await shop.owner.post(`${shop.path}/products`, aProduct()).expect(201);
    const items = [{ productId: product.body.data.id, quantity: 1 }];
    await shop.manager.put(`${forms}/${id}`, { archived: true }).expect(200);
    const { body } = await shop.manager
      .post(`${shop.path}/orders`, { customer: { name: 'Su' }, items, formId: id })
      .expect(409);
    expect(body.error).toBe('This form is archived: take it out of the archive first.');
    await app.request
      .post(`/api/public/shops/${shop.slug}/forms/${id}/submissions`)
      .send({ customer: { name: 'Su' }, items })
      .expect(404);
    expect((await shop.manager.delete(`${forms}/${id}`).expect(200)).body.data.outcome).toBe(
      'deleted',
    );
  });

  it("does not reach another shop's form (404)", async () => {
    const other = await aShop(app);
    const { id } = await addForm();
    await other.owner.delete(`${other.path}/forms/${id}`).expect(404);
    await shop.agent.get(`${forms}/${id}`).expect(200);
  });
});

describe('the list of forms', () => {
  it('shows what is published, what is not, and what is put away, page by page', async () => {
    const own = await aShop(app);
    const path = `${own.path}/forms`;
    const ids: string[] = [];
    for (const published of [true, false, true, false, true]) {
      const { body } = await own.owner.post(path, aForm({ published })).expect(201);
      ids.push(body.data.id);
    }
    await own.owner.put(`${path}/${ids[4]}`, { archived: true }).expect(200);
    const listed = async (query: string): Promise<string[]> => {
      const { body } = await own.agent.get(`${path}?${query}`).expect(200);
      const found = body.data.map(({ id }: { id: string }) => id);
      const { nextCursor } = body.meta;
      return nextCursor ? [...found, ...(await listed(`${query}&cursor=${nextCursor}`))] : found;
    };
    expect(await listed('limit=2')).toEqual(ids.slice(0, 4));
    expect(await listed('published=true&limit=1')).toEqual([ids[0], ids[2]]);
    expect(await listed('published=false')).toEqual([ids[1], ids[3]]);
    expect(await listed('archived=true')).toEqual([ids[4]]);
    expect(await listed('archived=true&published=true')).toEqual([]);
    const wrong = await own.agent.get(`${path}?published=yes`).expect(400);
    expect(wrong.body.details[0].field).toBe('published');
  });
});
