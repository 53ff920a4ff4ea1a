import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aShop, type ShopWorld } from './support/actors.js';
import { DomainEvents } from '../src/events/domain-events.js';
import type { DomainEventMap } from '../src/events/event-catalogue.js';
import {
  MAX_SETTINGS_KB,
  SETTINGS_DEFAULTS,
  SETTINGS_GROUPS,
  type SettingsGroup,
} from '../src/shops/shop-settings.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aProduct, aShopBody } from './support/bodies.js';
import { openSocketIo } from './support/sockets.js';

let app: TestApp;
let shop: ShopWorld;

beforeAll(async () => {
  app = await createTestApp();
});

afterAll(() => app.close());

const get = async () => (await shop.agent.get(shop.path).expect(200)).body.data;
const put = (change: object) => shop.admin.put(shop.path, change);

/** A value of that group whose JSON has as many bytes as it may have, and `more`. */
function filled(group: SettingsGroup, more: number): unknown {
  const wrap = (text: string): unknown => {
    const example: unknown = SETTINGS_DEFAULTS[group];
    if (Array.isArray(example)) return [text];
    return typeof example === 'string' ? text : { text };
  };
  const frame = JSON.stringify(wrap('')).length;
  return wrap('x'.repeat(MAX_SETTINGS_KB[group] * 1024 - frame + more));
}

describe('the settings that the app keeps in a shop', () => {
  beforeAll(async () => {
    shop = await aShop(app);
  });

  it('have defaults, so that no screen meets nothing', async () => {
    expect(await get()).toMatchObject({
      subscription: { plan: 'Trial' },
      items: [],
      forms: [],
      formSubmissions: [],
      liveConversations: [],
      savedReplies: [],
      paymentMethods: [],
      assistantConfig: { responseDelay: 0 },
      knowledgeBase: { userDefined: '' },
      orderManagementFlowConfig: { strings: {} },
    });
  });

  it('come back unchanged under their names, whatever their keys are', async () => {
    const odd = JSON.parse(
      '{"$set":{"x":1},"a.b":[{"c":null}],"":0,"__proto__":{"isAdmin":true},"toString":1,' +
        '"constructor":{"prototype":{"isAdmin":true}},"deep":[{"__proto__":"x","prototype":2}]}',
    );
    const settings = {
      assistantConfig: odd,
      savedReplies: [{ id: 'r1', text: 'Thank you! 🙏' }],
      receiptConfig: { footer: '$name' },
      onboarding: { done: ['logo'] },
      customerEntryPoint: { type: 'chat' },
      paymentMethods: [{ name: 'KBZ Pay', instructions: 'Write the number.' }],
      quickNote: 'call Su Su',
    };
    const { body } = await put(settings).expect(200);
    const kept = await get();
    for (const [group, value] of Object.entries(settings)) {
      expect(JSON.stringify(kept[group])).toBe(JSON.stringify(value));
      expect(JSON.stringify(body.data[group])).toBe(JSON.stringify(value));
    }
  });

  it('stay when they are left out, and two members change two groups at once', async () => {
    await Promise.all([
      put({ onboarding: { step: 2 } }).expect(200),
      shop.owner.put(shop.path, { savedReplies: [{ text: 'Hi' }] }).expect(200),
    ]);
    expect(await get()).toMatchObject({
      onboarding: { step: 2 },
      savedReplies: [{ text: 'Hi' }],
      quickNote: 'call Su Su',
    });
  });

  it.each([
    ['savedReplies', { a: 1 }],
    ['todos', Array.from({ length: 10_001 }, () => 0)],
    ['assistantConfig', []],
    ['assistantConfig', 'x'],
    ['quickNote', { $gt: '' }],
    ['knowledgeBase', { text: 'x'.repeat(300_000) }],
    ['paymentMethods', [{ qr: 'data:image/png;base64,AAAA' }]],
    ['paymentMethods', [{ qr: '\n DATA:image/svg+xml;utf8,<svg>' }]],
    ['receiptConfig', { logo: '\ndata:;base64,AAAA' }],
    ['receiptConfig', { html: '<img src="data:image/png;base64,AAAA">' }],
    ['receiptConfig', { 'url(data:image/png,A)': 1 }],
    ['timeZone', 'Mars/Base'],
    ['timeZone', '+06:30'],
    ['logoUrl', 'data:image/png;base64,AAAA'],
    ['currency', 'XXX'],
    ['name', ' '],
    ['slug', 'Not A Slug'],
    ['slug', '6741c0c0a5f2d13b8c9e0001'],
    ['email', 'nobody'],
  ])('refuse a wrong %s (400), naming it, and nothing has changed', async (field, value) => {
    const before = await get();
    const { body } = await put({ [field]: value, description: 'changed?' }).expect(400);
    expect(body.details).toEqual([
      { field, message: expect.stringMatching(new RegExp(`^${field} `)) },
    ]);
    expect(await get()).toEqual(before);
  });

  it('stay when the app sends null for them', async () => {
    const before = await get();
    await put({ savedReplies: null, assistantConfig: null, quickNote: null }).expect(200);
    expect(await get()).toEqual({ ...before, updatedAt: expect.any(String) });
  });

  it('fit into one body when every group is full, and no group gets fuller', async () => {
    shop = await aShop(app);
    for (const group of SETTINGS_GROUPS) await put({ [group]: filled(group, 0) }).expect(200);
    const whole = await get();
    // Room for the team, the texts, and what else the app sends along.
    expect(JSON.stringify(whole).length).toBeLessThan(800 * 1024);
    expect((await put(whole).expect(200)).body.data).toEqual({
      ...whole,
      updatedAt: expect.any(String),
    });
    for (const group of SETTINGS_GROUPS) {
      const { body } = await put({ [group]: filled(group, 1) }).expect(400);
      expect(body.details).toMatchObject([{ field: group }]);
    }
  });

  it('are kept from the first shop that the app sends whole', async () => {
    const sent = { ...aShopBody(), paymentMethods: [{ name: 'Cash' }], items: [{ id: 'x' }] };
    const { body } = await shop.outsider.post('/api/shops', sent).expect(201);
    expect(body.data).toMatchObject({ paymentMethods: [{ name: 'Cash' }], items: [] });
  });
});

describe('a shop', () => {
  it('takes its whole self back, and keeps what does not change this way', async () => {
    shop = await aShop(app);
    const before = await get();
    const { body } = await put({
      ...before,
      id: 'other',
      ownerId: shop.admin.userId,
      team: [],
      subscription: { plan: 'Pro' },
      seq: 0,
      deletedAt: new Date().toISOString(),
      name: 'Mya Coffee & Tea',
      timeZone: 'Asia/Yangon',
      description: 'Coffee',
      phone: '+95 9 123 456',
      email: ' Hello@Mya.Example ',
      logoUrl: 'https://media.example.com/logo.webp',
    }).expect(200);
    expect(body.data).toEqual({
      ...before,
      name: 'Mya Coffee & Tea',
      timeZone: 'Asia/Yangon',
      description: 'Coffee',
      phone: '+95 9 123 456',
      email: 'hello@mya.example',
      logoUrl: 'https://media.example.com/logo.webp',
      updatedAt: expect.any(String),
    });
    await put({ logoUrl: '' }).expect(200);
    expect((await get()).logoUrl).toBeUndefined();
  });

  it('tells the other modules that it or its settings changed, once they are kept', async () => {
    const told: DomainEventMap['shop.updated'][] = [];
    app.nest.get(DomainEvents, { strict: false }).on('shop.updated', (event) => {
      told.push(event);
    });
    await put({ quickNote: 'new' }).expect(200);
    await put({ name: ' ' }).expect(400);
    await put({ name: 'Su Tea' }).expect(200);
    const { updatedAt } = await get();
    expect(told).toMatchObject([
      { shopId: shop.id, shop: { id: shop.id, name: 'Mya Coffee & Tea' } },
      { shopId: shop.id, shop: { id: shop.id, name: 'Su Tea', updatedAt } },
    ]);
  });

  it('gets another address, if that is free', async () => {
    shop = await aShop(app);
    const other = await aShop(app);
    expect((await put({ slug: other.slug }).expect(409)).body.code).toBe('slug_taken');
    const slug = `${shop.slug}-two`;
    await put({ slug }).expect(200);
    await app.request.get(`/api/public/shops/${slug}`).expect(200);
    await app.request.get(`/api/public/shops/${shop.slug}`).expect(404);
  });

  it('keeps its currency once it has products', async () => {
    shop = await aShop(app);
    await put({ currency: 'MMK' }).expect(200);
    await shop.owner.post(`${shop.path}/products`, aProduct({ retailPrice: 20 })).expect(201);
    await put({ currency: 'USD' }).expect(409);
    await put({ currency: 'MMK' }).expect(200);
  });

  it('is changed by admins, and deleted by its owner alone', async () => {
    shop = await aShop(app);
    await shop.manager.put(shop.path, { name: 'Mine' }).expect(403);
    await shop.outsider.put(shop.path, { name: 'Mine' }).expect(404);
    await shop.admin.delete(shop.path).expect(403);
  });

  it('is gone for everybody at once when it is deleted, and its address is free', async () => {
    shop = await aShop(app);
    const client = await openSocketIo(app, { token: shop.agent.token });
    await client.ask('shop:join', { shopId: shop.id });
    const { body } = await shop.owner.delete(shop.path).expect(200);
    expect(body.success).toBe(true);
    expect(await client.next('shop:left')).toMatchObject({ shopId: shop.id });
    client.close();
    for (const member of [shop.owner, shop.agent]) {
      await member.get(shop.path).expect(404);
      const list = await member.get('/api/shops').expect(200);
      expect(list.body.data.map(({ id }: { id: string }) => id)).not.toContain(shop.id);
    }
    await app.request.get(`/api/public/shops/${shop.slug}`).expect(404);
    await app.request.get(`/api/public/shops/${shop.id}`).expect(404);
    await shop.owner.delete(shop.path).expect(404);
    await shop.outsider.post('/api/shops', aShopBody({ slug: shop.slug })).expect(201);
  });
});
