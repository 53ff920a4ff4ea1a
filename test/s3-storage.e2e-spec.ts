import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MediaSweepService } from '../src/media/media-sweep.service.js';
import { AppConfig } from '../src/platform/config/app-config.js';
import { S3Server } from './providers/s3.server.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aPicture, dataUrlOf } from './support/pictures.js';

const BASE = 'https://api.example';
const DAY_MS = 24 * 60 * 60_000;

let s3: S3Server;
let app: TestApp;
let shop: ShopWorld;

beforeAll(async () => {
  s3 = await S3Server.start();
  app = await createTestApp({ ...s3.variables, PUBLIC_URL: BASE, MEDIA_SHOP_LIMIT_MB: '1' });
  shop = await aShop(app);
});

afterAll(async () => {
  await app.close();
  await s3.stop();
});

const upload = (bytes: Buffer, name: string, to = shop) =>
  app.request
    .post(`${to.path}/media`)
    .set('Authorization', `Bearer ${to.owner.token}`)
    .attach('files', bytes, name);
const open = (url: string, headers: Record<string, string> = {}) =>
  fetch(app.url + url.slice(BASE.length), { headers });

/** Looks at all files so many days from now; what nothing names goes at the second look. */
const sweep = (days: number) =>
  app.nest.get(MediaSweepService, { strict: false }).sweep(new Date(Date.now() + days * DAY_MS));

describe('files at a service that speaks S3', () => {
  it('are put, served in parts and removed by requests with good signatures', async () => {
    const { body } = await upload(await aPicture(), 'a.jpg').expect(201);
    const [{ url, thumbnailUrl, id, size }] = body.data;
    const keys = [...s3.objects.keys()];
    expect(keys).toHaveLength(3);
    expect(keys.every((key) => key.startsWith(`public/${id}/`))).toBe(true);
    expect([...s3.objects.values()].map(({ type }) => type).toSorted()).toEqual([
      'image/jpeg',
      'image/webp',
      'image/webp',
    ]);
    const incoming = join(app.nest.get(AppConfig).dataDirectory, 'media', 'incoming');
    expect(await readdir(incoming)).toEqual([]);
    const whole = Buffer.from(await (await open(url)).arrayBuffer());
    expect(whole).toHaveLength(size);
    const part = await open(url, { Range: 'bytes=5-9' });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(whole.subarray(5, 10));
    expect((await open(thumbnailUrl)).status).toBe(200);
    await sweep(1.1);
    await sweep(2.2);
    expect(s3.objects.size).toBe(0);
    expect((await open(url)).status).toBe(404);
    expect(s3.refused).toEqual([]);
  });

  it('are kept until they can be removed', async () => {
    const { body } = await upload(await aPicture(), 'a.jpg').expect(201);
    await sweep(1.1);
    s3.failing = 3;
    await sweep(2.2);
    expect(s3.objects.size).toBe(3);
    s3.failing = 0;
    await sweep(2.3);
    expect(s3.objects.size).toBe(0);
    expect((await open(body.data[0].url)).status).toBe(404);
  });

  it('go with the customer they were of, and with their shop', async () => {
    const theirs = await aShop(app);
    const chat = await theirs.owner
      .post(`${theirs.path}/conversations`, { customerName: 'Su Su', phone: '+95 9 123 456 789' })
      .expect(201);
    const { id, customerId } = chat.body.data;
    const attachment = { type: 'image', url: dataUrlOf(await aPicture()) };
    const messages = `${theirs.path}/conversations/${id}/messages`;
    await theirs.owner.post(messages, { text: '', attachment }).expect(201);
    const logoUrl = dataUrlOf(await aPicture());
    await theirs.owner.put(theirs.path, { logoUrl }).expect(200);
    const kinds = () => new Set([...s3.objects.keys()].map((key) => key.split('/')[0]));
    await theirs.owner.post(`${theirs.path}/customers/${customerId}/erase`).expect(200);
    await sweep(1.1);
    expect(kinds()).toEqual(new Set(['private', 'public']));
    await sweep(2.2);
    expect(kinds()).toEqual(new Set(['public']));
    await theirs.owner.delete(theirs.path).expect(200);
    await sweep(3.3);
    expect(s3.objects.size).toBe(0);
  });

  it('are refused when the shop has no room left, with the number (413)', async () => {
    const pdf = (mark: string) => Buffer.alloc(700 * 1024, `%PDF-1.7 ${mark} `);
    await upload(pdf('one'), 'one.pdf').expect(201);
    const { body } = await upload(pdf('two'), 'two.pdf').expect(413);
    expect(body.error).toContain('1 MB');
    expect(s3.objects.size).toBe(1);
    await upload(pdf('one'), 'again.pdf').expect(201);
    const other = await aShop(app);
    await upload(pdf('one'), 'one.pdf', other).expect(201);
    await upload(pdf('two'), 'two.pdf', other).expect(413);
    const { status } = await upload(pdf('three').subarray(0, 300 * 1024), 'three.pdf');
    expect(status).toBe(201);
    await upload(pdf('four').subarray(0, 100 * 1024), 'four.pdf').expect(413);
    // What is removed makes room.
    await sweep(1.1);
    await sweep(2.2);
    await upload(pdf('two'), 'two.pdf').expect(201);
  });
});

describe('a service that knows other keys', () => {
  it('is told of to nobody who uploads (500), and nothing is given out', async () => {
    const stranger = await createTestApp({ ...s3.variables, S3_SECRET_ACCESS_KEY: 'another one' });
    const theirs = await aShop(stranger);
    const before = s3.refused.length;
    const { body } = await stranger.request
      .post(`${theirs.path}/media`)
      .set('Authorization', `Bearer ${theirs.owner.token}`)
      .attach('files', await aPicture(), 'a.jpg')
      .expect(500);
    expect(body.code).toBe('internal_error');
    expect(s3.refused.slice(before)).toEqual([expect.stringContaining('SignatureDoesNotMatch')]);
    await stranger.close();
  });
});
