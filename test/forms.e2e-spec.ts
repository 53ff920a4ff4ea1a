import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aForm } from './support/bodies.js';

let app: TestApp;
let shop: ShopWorld;
let forms: string;

beforeAll(async () => {
  app = await createTestApp();
  shop = await aShop(app);
  forms = `${shop.path}/forms`;
});

afterAll(() => app.close());

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
        { ...fields[0], options: [], itemIds: [] },
        { ...fields[1], id: expect.any(String), required: false, placeholder: '', itemIds: [] },
      ],
      published: true,
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
