import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aShop, aUser } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aShopBody } from './support/bodies.js';
import { aPicture, dataUrlOf } from './support/pictures.js';

let app: TestApp;

beforeAll(async () => {
  app = await createTestApp();
});

afterAll(() => app.close());

describe('shops', () => {
  it('opens a shop whose owner is the caller, whatever the body says', async () => {
    const owner = await aUser(app);
    const stranger = await aUser(app);
    const sent = { ...aShopBody(), ownerId: stranger.userId, team: [], items: [], seq: 99 };
    const { body } = await owner.post('/api/shops', sent).expect(201);
    expect(body.data).toMatchObject({ name: 'Mya Coffee', currency: 'USD', seq: 0 });
    expect(body.data.ownerId).toBe(owner.userId);
    expect(body.data.team).toMatchObject([{ userId: owner.userId, role: 'owner' }]);
  });

  it('lists the shops of the caller, and no others', async () => {
    const shop = await aShop(app);
    const mine = await shop.owner.get('/api/shops').expect(200);
    const theirs = await shop.outsider.get('/api/shops').expect(200);
    expect(mine.body.data.map(({ id }: { id: string }) => id)).toEqual([shop.id]);
    expect(theirs.body.data).toEqual([]);
  });

  it('keeps a time zone as the IANA spells it, however it is written', async () => {
    const owner = await aUser(app);
    const sent = aShopBody({ timeZone: 'europe/BERLIN' });
    const { body } = await owner.post('/api/shops', sent).expect(201);
    expect(body.data.timeZone).toBe('Europe/Berlin');
    const path = `/api/shops/${body.data.id}`;
    const moved = await owner.put(path, { timeZone: 'asia/bangkok' }).expect(200);
    expect(moved.body.data.timeZone).toBe('Asia/Bangkok');
  });

  it('makes a free slug from the name, and refuses one that is taken (409)', async () => {
    const owner = await aUser(app);
    const name = `Café Nº ${Date.now()}`;
    const first = await owner.post('/api/shops', { name, currency: 'MMK' }).expect(201);
    const second = await owner.post('/api/shops', { name, currency: 'MMK' }).expect(201);
    expect(second.body.data.slug).not.toBe(first.body.data.slug);
    const { slug } = first.body.data;
    const paymentMethods = [{ name: 'KBZ', qrCodeUrl: dataUrlOf(await aPicture()) }];
    const sent = { name, currency: 'MMK', slug, paymentMethods };
    const third = await owner.post('/api/shops', sent).expect(409);
    expect(third.body.code).toBe('slug_taken');
    // Nothing was stored for a shop that cannot be.
    expect(await app.connection.db!.collection('media_files').countDocuments({})).toBe(0);
  });

  it.each([
    ['name', { name: '' }],
    ['name', { name: 'x'.repeat(101) }],
    ['currency', { currency: 'XXX' }],
    ['currency', { currency: ['USD'] }],
    ['slug', { slug: 'Not A Slug' }],
    ['timeZone', { timeZone: 'Asia/Nowhere' }],
    ['timeZone', { timeZone: '+06:30' }],
    ['timeZone', { timeZone: ['UTC'] }],
  ])('refuses a wrong %s (400)', async (field, overrides) => {
    const owner = await aUser(app);
    const { body } = await owner.post('/api/shops', aShopBody(overrides)).expect(400);
    expect(body.details).toEqual([{ field, message: expect.any(String) }]);
  });
});
