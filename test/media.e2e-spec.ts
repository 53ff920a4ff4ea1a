import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { Types } from 'mongoose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import sharp from 'sharp';
import { AppConfig } from '../src/platform/config/app-config.js';
import { aShop, type Actor, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aProduct } from './support/bodies.js';
import { eventually } from './support/eventually.js';
import { anOrder } from './support/orders.js';
import { aBomb, aGif, aPicture, CAMERA_OWNER, dataUrlOf } from './support/pictures.js';

/** As an operator sets it: addresses must not depend on the port that a test happens to have. */
const BASE = 'https://api.example';
const PDF = Buffer.from('%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n'.repeat(3));
const MP4 = Buffer.concat([Buffer.from('\0\0\0\x18ftypisom\0\0\x02\0isomiso2'), Buffer.alloc(200)]);
/** How a refusal goes on after `files.0 must `: each for its own reason, not for any. */
const TYPE = 'be one of these: ';
const BROKEN = 'be a whole picture';
const TOO_MANY_PIXELS = 'have at most 40 megapixels';

/** When the last of a request is gone, on a busy machine. */
const LEFT_MS = 10_000;

let app: TestApp;
let shop: ShopWorld;

beforeAll(async () => {
  app = await createTestApp({ PUBLIC_URL: BASE });
  shop = await aShop(app);
});

// Whatever a test has sent, and however it was answered.
afterEach(() =>
  eventually(async () => {
    const left = await coming();
    if (left.length > 0) throw new Error(`left on the disk: ${left.join(' ')}`);
  }, LEFT_MS),
);

afterAll(() => app.close());

/** What is on the disk of files that were not stored yet. */
const coming = () =>
  readdir(join(app.nest.get(AppConfig).dataDirectory, 'media', 'incoming')).catch(() => []);
const files = () => app.connection.db!.collection('media_files');

/** Fetches an address of ours from the application under test. */
const open = (url: string, headers: Record<string, string> = {}, method = 'GET') => {
  expect(url.startsWith(`${BASE}/media/`), url).toBe(true);
  return fetch(app.url + url.slice(BASE.length), { headers, method });
};

const upload = (path: string, token: string, ...files: [Buffer, string][]) =>
  files.reduce(
    (sent, [bytes, name]) => sent.attach('files', bytes, name),
    app.request.post(path).set('Authorization', `Bearer ${token}`),
  );

/** A request that says how large it is, and sends nothing yet. */
const announcing = (bytes: number) =>
  request(`${app.url}${shop.path}/media`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${shop.owner.token}`,
      'Content-Type': 'multipart/form-data; boundary=x',
      'Content-Length': bytes,
    },
  });

/** How it is answered. */
const announced = (bytes: number) =>
  new Promise<number | undefined>((resolve, reject) => {
    const outgoing = announcing(bytes);
    outgoing.once('error', reject).once('response', ({ statusCode }) => {
      resolve(statusCode);
      outgoing.destroy();
    });
    outgoing.flushHeaders();
  });

const uploadAs = ({ token }: Actor, bytes: Buffer, query = '') =>
  upload(`${shop.path}/media${query}`, token, [bytes, 'a.bin']);

async function aChat() {
  const { body } = await app.request
    .post(`/api/public/shops/${shop.slug}/conversations`)
    .send({ customerName: 'Su Su', text: 'Hello' })
    .expect(201);
  const { conversation, token } = body.data;
  const path = `/api/public/shops/${shop.slug}/conversations/${conversation.id}`;
  return { id: conversation.id as string, token: token as string, path };
}

describe('an upload', () => {
  it('takes several files, by their content, and answers each', async () => {
    const picture = await aPicture('jpeg', { width: 400, height: 300 });
    const files: [Buffer, string][] = [
      [picture, 'C:\\photos\\beans "1".png'],
      [MP4, 'clip.mp4'],
      [PDF, 'price list.pdf'],
    ];
    const { body } = await upload(`${shop.path}/media`, shop.agent.token, ...files).expect(201);
    expect(body.data).toMatchObject([
      { type: 'image/jpeg', width: 400, height: 300, name: 'beans 1.png', visibility: 'public' },
      { type: 'video/mp4', width: null, size: MP4.length, name: 'clip.mp4' },
      { type: 'application/pdf', size: PDF.length, name: 'price list.pdf' },
    ]);
    const [{ url, thumbnailUrl, size }] = body.data;
    const served = Buffer.from(await (await open(url)).arrayBuffer());
    expect(served).toHaveLength(size);
    expect(picture.includes(CAMERA_OWNER)).toBe(true);
    expect(served.includes(CAMERA_OWNER)).toBe(false);
    const thumbnail = Buffer.from(await (await open(thumbnailUrl)).arrayBuffer());
    expect(await sharp(thumbnail).metadata()).toMatchObject({ format: 'webp', width: 240 });
  });

  it('of the same content is the same file', async () => {
    const picture = await aPicture('webp');
    const first = await uploadAs(shop.owner, picture).expect(201);
    const [{ id, url }] = first.body.data;
    const twice = await Promise.all([1, 2].map(() => uploadAs(shop.agent, picture).expect(201)));
    expect(twice.map(({ body }) => body.data[0])).toMatchObject([
      { id, url },
      { id, url },
    ]);
    const other = await aShop(app);
    const theirs = await upload(`${other.path}/media`, other.owner.token, [picture, 'a.webp']);
    expect(theirs.body.data[0].id).not.toBe(id);
  });

  it.each([
    [
      'a page that calls itself a picture',
      Buffer.from('<script>alert(1)</script>'.repeat(9)),
      TYPE,
    ],
    ['a drawing with scripts', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), TYPE],
    ['nothing', Buffer.alloc(0), TYPE],
    ['a JPEG that is none inside', Buffer.from(`ffd8ff${'00'.repeat(500)}`, 'hex'), BROKEN],
    ['a GIF that is a page inside', Buffer.from(`GIF89a/*${'<html>'.repeat(40)}`), BROKEN],
    ['a PNG of 900 megapixels in some bytes', aBomb(30_000), TOO_MANY_PIXELS],
    ['a GIF of two frames of 25 megapixels', aGif(5_000, 2), TOO_MANY_PIXELS],
  ])('refuses %s, naming the file', async (_, bytes, rule) => {
    const before = process.memoryUsage().rss;
    const { body } = await uploadAs(shop.owner, bytes).expect(400);
    expect(body.details).toEqual([
      { field: 'files.0', message: expect.stringContaining(`files.0 must ${rule}`) },
    ]);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });

  it('refuses half a picture, and nothing of it stays', async () => {
    const whole = await aPicture('png', { width: 300, height: 300 });
    await uploadAs(shop.owner, whole.subarray(0, whole.length / 2)).expect(400);
    expect(await files().countDocuments({ checkAt: { $gt: new Date(0) }, state: 'storing' })).toBe(
      0,
    );
  });

  it('refuses all when one is refused, and when the client is gone', async () => {
    const page = Buffer.from('<html>'.repeat(40));
    const sent: [Buffer, string][] = [
      [await aPicture(), 'a.jpg'],
      [page, 'b.jpg'],
      [PDF, 'c.pdf'],
    ];
    const { body } = await upload(`${shop.path}/media`, shop.owner.token, ...sent).expect(400);
    expect(body.details[0].field).toBe('files.1');
    expect(await coming()).toEqual([]);
    const outgoing = announcing(1_024 * 1_024);
    outgoing.on('error', () => undefined);
    outgoing.write('--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n');
    outgoing.write(PDF);
    await eventually(async () => expect(await coming()).toHaveLength(1));
    outgoing.destroy();
    await eventually(async () => expect(await coming()).toEqual([]));
  });

  it('refuses what is too large, with the number (413)', async () => {
    const large = Buffer.alloc(10 * 1024 * 1024 + 1);
    (await aPicture()).copy(large);
    const { body } = await uploadAs(shop.owner, large).expect(413);
    expect(body.error).toContain('10 MB');
    const many = Array.from({ length: 11 }, (): [Buffer, string] => [PDF, 'a.pdf']);
    const refused = await upload(`${shop.path}/media`, shop.owner.token, ...many).expect(413);
    expect(refused.body.error).toContain('10');
    expect(await announced(101 * 1024 * 1024)).toBe(413);
  });

  it('refuses what is no form with files', async () => {
    const path = `${shop.path}/media`;
    await shop.owner.post(path, {}).expect(415);
    const form = (body: string, type = 'multipart/form-data; boundary=x') =>
      app.request
        .post(path)
        .set('Authorization', `Bearer ${shop.owner.token}`)
        .set('Content-Type', type)
        .send(body);
    expect((await form('', 'multipart/form-data').expect(400)).body.code).toBe('malformed_body');
    expect((await form('--x\r\n').expect(400)).body.code).toBe('malformed_body');
    const field = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n';
    expect((await form(field).expect(400)).body.details[0].field).toBe('files');
    await uploadAs(shop.outsider, PDF).expect(404);
  });
});

describe('a served file', () => {
  it('is for ever, in ranges, and can run nothing', async () => {
    const { body } = await uploadAs(shop.owner, await aPicture()).expect(201);
    const [{ url, size }] = body.data;
    const whole = await open(url);
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'content-length': String(size),
      'cache-control': 'public, max-age=31536000, immutable',
      'content-disposition': 'inline',
      'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
      'accept-ranges': 'bytes',
    });
    const etag = whole.headers.get('etag')!;
    expect((await open(url, { 'If-None-Match': etag })).status).toBe(304);
    const part = await open(url, { Range: 'bytes=10-19' });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes 10-19/${size}`);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(10, 20));
    const other = await open(url, { Range: 'bytes=10-19', 'If-Range': '"another"' });
    expect(other.status).toBe(200);
    const several = await open(url, { Range: 'bytes=0-1,5-6' });
    expect([several.status, several.headers.get('content-length')]).toEqual([200, String(size)]);
    const beyond = await open(url, { Range: `bytes=${size}-` });
    expect(beyond.status).toBe(416);
    expect(beyond.headers.get('content-range')).toBe(`bytes */${size}`);
    const head = await open(url, {}, 'HEAD');
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(size)]);
  });

  it.each(['public', 'private'])(
    'is saved and not opened, when it is a %s PDF file',
    async (to) => {
      const { body } = await uploadAs(shop.owner, PDF, `?visibility=${to}`).expect(201);
      const { headers } = await open(body.data[0].url);
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-type': 'application/pdf',
        'content-disposition': expect.stringMatching(/^attachment(?:; filename\*=UTF-8''a\.bin)?$/),
        'content-security-policy': expect.stringContaining('sandbox;'),
        'x-content-type-options': 'nosniff',
        'cache-control': expect.stringMatching(
          to === 'public' ? /^public, .*immutable$/ : /^private, max-age=\d{1,3}$/,
        ),
      });
    },
  );

  it('is found under its own address alone (404)', async () => {
    const { body } = await uploadAs(shop.owner, await aPicture()).expect(201);
    const [{ id, url }] = body.data;
    const name = url.split('/').at(-1);
    for (const path of [
      `/media/${id}/..%2f..%2f..%2fdev-secrets.json`,
      `/media/..%2f..%2fdev-secrets.json/${name}`,
      `/media/${id}/%2e%2e`,
      `/media/${id}/${name}%00.jpg`,
      `/media/${id}/${name}.html`,
      `/media/${id.toUpperCase()}x/${name}`,
      `/media/6741c0c0a5f2d13b8c9e0fff/${name}`,
      `/media/${id}/${'0'.repeat(32)}.jpg`,
    ]) {
      const answer = await fetch(app.url + path);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
  });

  it('that is private needs a signature of ours, for this file and this time (403)', async () => {
    const { body } = await uploadAs(shop.owner, await aPicture(), '?visibility=private');
    const [{ url, id }] = body.data;
    expect((await open(url)).status).toBe(200);
    const address = new URL(url);
    const changed = (name: string, value: string): string => {
      const copy = new URL(address);
      copy.searchParams.set(name, value);
      return copy.href;
    };
    const expires = Number(address.searchParams.get('expires'));
    expect(expires - Date.now() / 1_000).toBeLessThanOrEqual(15 * 60);
    for (const forged of [
      changed('expires', String(expires + 3_600)),
      changed('signature', '0'.repeat(32)),
      changed('signature', ''),
      url.replace(/(\w+)\.jpg/, '$1-240.webp'),
    ]) {
      expect([forged, (await open(forged)).status]).toEqual([forged, 403]);
    }
    expect((await open(address.origin + address.pathname)).status).toBe(400);
    const another = await aShop(app);
    const sent = await upload(`${another.path}/media?visibility=private`, another.owner.token, [
      await aPicture(),
      'b.jpg',
    ]).expect(201);
    const theirs = new URL(sent.body.data[0].url);
    expect((await open(theirs.origin + theirs.pathname + address.search)).status).toBe(403);
    const publicly = url.replace('/private', '').replace(/\?.*/, '');
    expect((await open(publicly)).status).toBe(404);
    expect(app.logs.map((line) => JSON.stringify(line)).join()).not.toContain(
      address.searchParams.get('signature'),
    );
    expect(id).toMatch(/^[0-9a-f]{24}$/);
  });
});

describe('a private file', () => {
  it('is served and sent along only while it is stored, whoever has its address', async () => {
    const { body } = await uploadAs(shop.owner, await aPicture(), '?visibility=private');
    const [{ url, id }] = body.data;
    const row = { _id: Types.ObjectId.createFromHexString(id) };
    const chat = await aChat();
    const messages = `${shop.path}/conversations/${chat.id}/messages`;
    const message = { text: '', attachment: { type: 'image', url } };
    for (const [state, status, answer] of [
      ['storing', 404, 400],
      ['removing', 404, 400],
      ['stored', 200, 201],
    ] as const) {
      await files().updateOne(row, { $set: { state } });
      expect([state, (await open(url)).status]).toEqual([state, status]);
      await shop.agent.post(messages, message).expect(answer);
    }
  });

  it("is nobody's picture to show, nor is one that is not stored (400)", async () => {
    const other = await aShop(app);
    const uploadTheirs = async (visibility: string) => {
      const path = `${other.path}/media?visibility=${visibility}`;
      const sent = await upload(path, other.owner.token, [await aPicture(), 'a.jpg']).expect(201);
      return sent.body.data[0] as { id: string; url: string };
    };
    const secret = await uploadTheirs('private');
    const [storing, removing] = [await uploadTheirs('public'), await uploadTheirs('public')];
    for (const [{ id }, state] of [
      [storing, 'storing'],
      [removing, 'removing'],
    ] as const) {
      await files().updateOne({ _id: Types.ObjectId.createFromHexString(id) }, { $set: { state } });
    }
    const chat = await aChat();
    const messages = `${shop.path}/conversations/${chat.id}/messages`;
    const shown = (await uploadTheirs('public')).url.replace('/media/', '/media/private/');
    const urls = [secret.url, secret.url.replace('/private', ''), storing.url, removing.url, shown];
    for (const url of urls.map((one) => one.split('?')[0]!).concat(secret.url)) {
      // Neither theirs nor ours.
      for (const one of [shop, other]) {
        const path = `/api/auth/users/${one.owner.userId}`;
        const avatar = await one.owner.put(path, { avatarUrl: url }).expect(400);
        expect(avatar.body.details[0].field).toBe('avatarUrl');
        const logo = await one.owner.put(one.path, { logoUrl: url }).expect(400);
        expect(logo.body.details[0].message).toContain('upload it again');
      }
      await app.request
        .post(`${chat.path}/messages`)
        .set('Authorization', `Bearer ${chat.token}`)
        .send({ text: '', attachment: { url } })
        .expect(400);
      await shop.agent.post(messages, { text: '', attachment: { type: 'image', url } }).expect(400);
    }
  });
});

describe('a picture that the app writes into a body', () => {
  const isStored = (url: string) => {
    expect(url).toMatch(/^https:\/\/api\.example\/media\/[0-9a-f]{24}\/[0-9a-f]{32}\.\w+$/);
    return open(url).then(({ status }) => expect(status).toBe(200));
  };

  it("becomes a stored file: a product's, and stays when the product is sent back", async () => {
    const picture = dataUrlOf(await aPicture());
    const products = `${shop.path}/products`;
    const made = await shop.owner.post(products, aProduct({ imageUrl: picture })).expect(201);
    const { id, imageUrl, thumbnailUrl } = made.body.data;
    await isStored(imageUrl);
    expect((await open(thumbnailUrl)).headers.get('content-type')).toBe('image/webp');
    const same = await shop.owner.put(`${products}/${id}`, made.body.data).expect(200);
    expect(same.body.data.imageUrl).toBe(imageUrl);
    const again = await shop.owner.put(`${products}/${id}`, { imageUrl: picture }).expect(200);
    expect(again.body.data.imageUrl).toBe(imageUrl);
    const gone = `${BASE}/media/6741c0c0a5f2d13b8c9e0fff/${'0'.repeat(32)}.jpg`;
    const refused = await shop.owner.put(`${products}/${id}`, { imageUrl: gone }).expect(400);
    expect(refused.body.details[0].field).toBe('imageUrl');
    const catalogue = await app.request.get(`/api/public/shops/${shop.slug}/products`).expect(200);
    const shown = catalogue.body.data.find((one: { id: string }) => one.id === id);
    expect(shown).toMatchObject({ imageUrl, thumbnailUrl });
  });

  it('becomes a stored file: a logo, a QR code, an avatar', async () => {
    const [logo, code, avatar] = await Promise.all([aPicture(), aPicture('png'), aPicture()]);
    const sent = {
      logoUrl: dataUrlOf(logo),
      paymentMethods: [{ name: 'KBZ Pay', qrCodeUrl: dataUrlOf(code, 'image/png') }],
      receiptConfig: { footer: 'see "data:image/png;base64," for more' },
    };
    await shop.owner.put(shop.path, { receiptConfig: sent.receiptConfig }).expect(400);
    const { logoUrl, paymentMethods } = sent;
    const { body } = await shop.owner.put(shop.path, { logoUrl, paymentMethods }).expect(200);
    await isStored(body.data.logoUrl);
    const [method] = body.data.paymentMethods;
    await isStored(method.qrCodeUrl);
    expect((await shop.owner.put(shop.path, body.data).expect(200)).body.data).toMatchObject({
      logoUrl: body.data.logoUrl,
      paymentMethods: [method],
    });
    const shown = (await app.request.get(`/api/public/shops/${shop.slug}`).expect(200)).body.data;
    expect(shown.paymentMethods[0].qrCodeUrl).toBe(method.qrCodeUrl);
    const path = `/api/auth/users/${shop.agent.userId}`;
    const me = await shop.agent.put(path, { avatarUrl: dataUrlOf(avatar) }).expect(200);
    await isStored(me.body.data.avatarUrl);
    const none = await shop.agent.put(path, { avatarUrl: '' }).expect(200);
    expect(none.body.data).not.toHaveProperty('avatarUrl');
  });

  it('is refused after 20 of a person, with the number (413)', async () => {
    const row = {
      shopId: null,
      personId: Types.ObjectId.createFromHexString(shop.admin.userId),
      storedBytes: 1,
      checkAt: new Date(Date.now() + 3_600_000),
    };
    const rows = Array.from({ length: 19 }, (_, index) => ({ ...row, sameAs: `public::${index}` }));
    await files().insertMany(rows);
    const show = async (actor: Actor, status: number) => {
      const avatarUrl = dataUrlOf(await aPicture());
      return actor.put(`/api/auth/users/${actor.userId}`, { avatarUrl }).expect(status);
    };
    await show(shop.admin, 200);
    expect((await show(shop.admin, 413)).body.error).toContain('20');
    await show(shop.agent, 200);
  });

  it('is in no document', async () => {
    const collections = await app.connection.db!.listCollections().toArray();
    for (const { name } of collections) {
      const rows = app.connection.db!.collection(name).find({ _id: { $exists: true } });
      const text = JSON.stringify(await rows.hint({ _id: 1 }).toArray());
      expect([name, text.includes('base64,')]).toEqual([name, false]);
      expect([name, text.includes('signature=')]).toEqual([
        name,
        // An answer that is remembered is signed anew when it is given again.
        name === 'idempotency_keys' && text.includes('signature='),
      ]);
    }
  });
});

describe('an attachment', () => {
  it("is the customer's own upload, seen by both sides for some minutes", async () => {
    const chat = await aChat();
    const picture = await aPicture();
    const sent = await upload(`${chat.path}/media`, chat.token, [picture, 'me.jpg']).expect(201);
    const [{ url, visibility }] = sent.body.data;
    expect(visibility).toBe('private');
    const key = { 'Idempotency-Key': `attachment-${chat.id}` };
    const say = (path: string, token: string, attachment: object) =>
      app.request
        .post(`${path}/messages`)
        .set('Authorization', `Bearer ${token}`)
        .set(key)
        .send({ text: '', attachment });
    const said = await say(chat.path, chat.token, { url, name: 'me.jpg' }).expect(201);
    expect(said.body.data.attachment).toMatchObject({ type: 'image', name: 'me.jpg' });
    const again = await say(chat.path, chat.token, { url, name: 'me.jpg' }).expect(201);
    expect((await open(again.body.data.attachment.url)).status).toBe(200);
    const seen = await shop.agent.get(`${shop.path}/conversations/${chat.id}`).expect(200);
    const shown = seen.body.data.messages.at(-1).attachment.url;
    expect((await open(shown)).status).toBe(200);
    const changes = await shop.agent.get(`${shop.path}/changes?since=0`).expect(200);
    const told = changes.body.data.messages.at(-1).attachment.url;
    expect((await open(told)).status).toBe(200);
    const stranger = await aChat();
    for (const other of [url, 'https://elsewhere.example/a.jpg']) {
      const refused = await say(stranger.path, stranger.token, { url: other }).expect(400);
      expect(refused.body.details[0].field).toBe('attachment.url');
    }
    await upload(`${chat.path}/media`, stranger.token, [picture, 'a.jpg']).expect(404);
  });

  it('is refused after 50 files of a customer, with the number (413)', async () => {
    const chat = await aChat();
    const row = {
      shopId: Types.ObjectId.createFromHexString(shop.id),
      subject: `conversation:${chat.id}`,
      storedBytes: 1,
      checkAt: new Date(Date.now() + 3_600_000),
    };
    await files().insertMany(Array.from({ length: 49 }, () => ({ ...row })));
    const send = (bytes: Buffer) => upload(`${chat.path}/media`, chat.token, [bytes, 'a.pdf']);
    await send(PDF).expect(201);
    const { body } = await send(Buffer.concat([PDF, PDF])).expect(413);
    expect(body.error).toContain('50');
    await uploadAs(shop.owner, PDF).expect(201);
  });

  it("is the team's data URL, of the kind that it is", async () => {
    const chat = await aChat();
    const path = `${shop.path}/conversations/${chat.id}/messages`;
    const attachment = { type: 'image', url: dataUrlOf(MP4, 'image/png'), name: 'clip' };
    const { body } = await shop.agent.post(path, { text: '', attachment }).expect(201);
    expect(body.data.message.attachment).toMatchObject({ type: 'video', name: 'clip' });
    expect((await open(body.data.message.attachment.url)).status).toBe(200);
    const broken = { type: 'image', url: 'data:image/png;base64,AAAA' };
    await shop.agent.post(path, { text: '', attachment: broken }).expect(400);
  });

  it('is a proof, uploaded under the order and shown to the team alone', async () => {
    const order = await anOrder(app, shop);
    const uploads = `/api/public/orders/${order.id}/media`;
    const sent = await upload(uploads, order.token, [await aPicture(), 'slip.jpg']).expect(201);
    const show = (picture: string) =>
      app.request
        .post(`/api/public/orders/${order.id}/transfer`)
        .set('Authorization', `Bearer ${order.token}`)
        .send({ picture });
    const { body } = await show(sent.body.data[0].url).expect(200);
    const path = `${shop.path}/payments/${body.data.id}/proof`;
    const proof = await shop.agent.get(path).expect(200);
    expect((await open(proof.body.data.picture)).status).toBe(200);
    const foreign = await upload(`${shop.path}/media?visibility=private`, shop.owner.token, [
      await aPicture(),
      'a.jpg',
    ]).expect(201);
    await show(foreign.body.data[0].url).expect(400);
  });
});
