import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Types } from 'mongoose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MediaService } from '../src/media/media.service.js';
import { MediaSweepService } from '../src/media/media-sweep.service.js';
import { FileKeeper } from '../src/platform/files/file-keeper.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, databaseUri, type TestApp, testVariables } from './support/app.js';
import { aProduct } from './support/bodies.js';
import { anOrder } from './support/orders.js';
import { aPicture, dataUrlOf } from './support/pictures.js';
import { startServer } from './support/server-process.js';

const BASE = 'https://api.example';
const DAY_MS = 24 * 60 * 60_000;
/** A process that has to start on a busy machine. */
const DEADLINE_MS = 60_000;

let app: TestApp;
let dataDirectory: string;
let variables: ReturnType<typeof testVariables>;

beforeAll(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'cliick-media-'));
  const MONGODB_URI = databaseUri(`media_removal_${process.pid}`);
  variables = testVariables({ MONGODB_URI, DATA_DIR: dataDirectory, PUBLIC_URL: BASE });
  app = await createTestApp(variables);
});

afterAll(async () => {
  await app.close();
  await rm(dataDirectory, { recursive: true, force: true });
});

const statusOf = async (url: string) => (await fetch(app.url + url.slice(BASE.length))).status;
const sweep = (days: number) =>
  app.nest.get(MediaSweepService, { strict: false }).sweep(new Date(Date.now() + days * DAY_MS));
/** Two looks, so that what nothing names goes. */
const sweepTwice = async (days = 0) => {
  await sweep(days + 1.1);
  await sweep(days + 2.2);
};
const files = () => app.connection.db!.collection('media_files');

async function aFile(shop: ShopWorld, query = ''): Promise<{ id: string; url: string }> {
  const { body } = await app.request
    .post(`${shop.path}/media${query}`)
    .set('Authorization', `Bearer ${shop.owner.token}`)
    .attach('files', await aPicture(), 'a.jpg')
    .expect(201);
  return body.data[0];
}

/** Everything in the storage. */
async function stored(): Promise<string[]> {
  const entries = await readdir(join(dataDirectory, 'media', 'files'), {
    recursive: true,
    withFileTypes: true,
  }).catch(() => []);
  return entries.filter((one) => one.isFile()).map(({ name }) => name);
}

/** A shop in which every kind of document names a file, and their addresses. */
async function aFurnishedShop() {
  const shop = await aShop(app);
  const [product, logo, code, face, said, slip] = await Promise.all(
    Array.from({ length: 6 }, async () => dataUrlOf(await aPicture())),
  );
  const made = await shop.owner
    .post(`${shop.path}/products`, aProduct({ imageUrl: product }))
    .expect(201);
  const changes = { logoUrl: logo, paymentMethods: [{ name: 'KBZ', qrCodeUrl: code }] };
  const changed = (await shop.owner.put(shop.path, changes).expect(200)).body.data;
  const me = `/api/auth/users/${shop.owner.userId}`;
  const avatar = (await shop.owner.put(me, { avatarUrl: face }).expect(200)).body.data.avatarUrl;
  const chat = await shop.owner
    .post(`${shop.path}/conversations`, { customerName: 'Su Su', phone: '+95 9 123 456 789' })
    .expect(201);
  const messages = `${shop.path}/conversations/${chat.body.data.id}/messages`;
  const attachment = { type: 'image', url: said };
  const message = await shop.owner.post(messages, { text: '', attachment }).expect(201);
  const order = await anOrder(app, shop);
  const transfer = await app.request
    .post(`/api/public/orders/${order.id}/transfer`)
    .set('Authorization', `Bearer ${order.token}`)
    .send({ picture: slip })
    .expect(200);
  const proofPath = `${shop.path}/payments/${transfer.body.data.id}/proof`;
  const proof = (await shop.owner.get(proofPath).expect(200)).body.data.picture;
  return {
    shop,
    order,
    me,
    productId: made.body.data.id as string,
    customerId: chat.body.data.customerId as string,
    proofPath,
    urls: {
      product: made.body.data.imageUrl,
      logo: changed.logoUrl,
      code: changed.paymentMethods[0].qrCodeUrl,
      avatar,
      said: message.body.data.message.attachment.url,
      proof,
    } as Record<string, string>,
  };
}

async function statuses(urls: Record<string, string>): Promise<Record<string, number>> {
  const all = Object.entries(urls).map(async ([name, url]) => [name, await statusOf(url)]);
  return Object.fromEntries(await Promise.all(all));
}

describe('a file', () => {
  it('goes when two looks have found nothing that names it, and stays while it is named', async () => {
    const { shop, urls, me, productId } = await aFurnishedShop();
    const unused = await aFile(shop);
    const ok = Object.fromEntries(Object.keys(urls).map((name) => [name, 200]));
    await sweep(0.9);
    await sweep(1.1);
    expect(await statuses({ ...urls, unused: unused.url })).toEqual({ ...ok, unused: 200 });
    // As by a look before they were named.
    const all = { checkAt: { $exists: true } };
    await files().updateMany(all, { $set: { unnamedAt: new Date() } }, { hint: { _id: 1 } });
    await sweep(2.2);
    expect(await statuses({ ...urls, unused: unused.url })).toEqual({ ...ok, unused: 404 });
    await shop.owner.put(`${shop.path}/products/${productId}`, { imageUrl: '' }).expect(200);
    await shop.owner.put(shop.path, { logoUrl: '', paymentMethods: [] }).expect(200);
    await shop.owner.put(me, { avatarUrl: '' }).expect(200);
    // Named at the last look, and until a moment ago.
    await sweep(3.3);
    expect(await statuses(urls)).toEqual(ok);
    await shop.owner.put(shop.path, { logoUrl: urls['logo'] }).expect(200);
    await sweep(4.4);
    const gone = { product: 404, code: 404, avatar: 404 };
    expect(await statuses(urls)).toEqual({ ...ok, ...gone });
  });

  it('that was named between two looks, and is no more, has all its time again', async () => {
    const shop = await aShop(app);
    const { url } = await aFile(shop);
    await sweep(1.1);
    const made = await shop.owner.post(`${shop.path}/products`, aProduct({ imageUrl: url }));
    await shop.owner.delete(`${shop.path}/products/${made.body.data.id}`).expect(200);
    await sweep(2.2);
    expect(await statusOf(url)).toBe(200);
    await sweep(3.3);
    expect(await statusOf(url)).toBe(404);
  });

  it('that somebody wants at the very moment of its removal stays', async () => {
    const shop = await aShop(app);
    const { url, id } = await aFile(shop);
    await sweep(1.1);
    let taken = 0;
    // Asked after the file was found, and before it goes.
    app.nest.get(FileKeeper, { strict: false }).addReferences(async (fileIds) => {
      if (fileIds.includes(id) && taken++ === 0) {
        await shop.owner.post(`${shop.path}/products`, aProduct({ imageUrl: url })).expect(201);
      }
      return [];
    });
    await sweep(2.2);
    expect(taken).toBe(1);
    expect(await statusOf(url)).toBe(200);
    await sweepTwice(2.2);
    expect(await statusOf(url)).toBe(200);
  });

  it('goes with its shop', async () => {
    const { shop, urls } = await aFurnishedShop();
    await shop.owner.delete(shop.path).expect(200);
    await sweep(1.1);
    const { avatar, ...others } = await statuses(urls);
    expect(avatar).toBe(200);
    expect(new Set(Object.values(others).map((status) => status >= 400))).toEqual(new Set([true]));
  });

  it('that is shown by others too is theirs as a copy, and goes without them', async () => {
    const [shop, other] = await Promise.all([aShop(app), aShop(app)]);
    const { url } = await aFile(shop);
    const me = `/api/auth/users/${shop.agent.userId}`;
    const face = await shop.agent.put(me, { avatarUrl: url }).expect(200);
    const products = `${other.path}/products`;
    const made = await other.owner.post(products, aProduct({ imageUrl: url })).expect(201);
    const methods = [{ name: 'KBZ', qrCodeUrl: url }];
    const settings = { paymentMethods: methods };
    const changed = (await other.owner.put(other.path, settings).expect(200)).body.data;
    const copies = {
      avatar: face.body.data.avatarUrl,
      product: made.body.data.imageUrl,
      code: changed.paymentMethods[0].qrCodeUrl,
    };
    expect(Object.values(copies)).not.toContain(url);
    expect(copies.code).toBe(copies.product);
    const again = await shop.agent.put(me, face.body.data).expect(200);
    expect(again.body.data.avatarUrl).toBe(copies.avatar);
    await shop.owner.delete(shop.path).expect(200);
    await sweepTwice();
    expect(await statuses({ ...copies, url })).toEqual({
      avatar: 200,
      product: 200,
      code: 200,
      url: 404,
    });
    const late = await other.owner.post(products, aProduct({ imageUrl: url })).expect(400);
    expect(late.body.details[0].message).toContain('upload it again');
  });

  it('of another shop is shown by its whole address alone, read once, and by its variants too', async () => {
    const [shop, other] = await Promise.all([aShop(app), aShop(app)]);
    const { url, id } = await aFile(shop);
    const products = `${other.path}/products`;
    const guessed = `${BASE}/media/${id}/${'0'.repeat(32)}.jpg`;
    await other.owner.post(products, aProduct({ imageUrl: guessed })).expect(400);
    const first = await other.owner.post(products, aProduct({ imageUrl: url })).expect(201);
    const read = vi.spyOn(MediaService.prototype, 'read');
    const second = await other.owner.post(products, aProduct({ imageUrl: url })).expect(201);
    expect(second.body.data.imageUrl).toBe(first.body.data.imageUrl);
    const small = url.replace('.jpg', '-240.webp');
    const settings = { paymentMethods: [{ name: 'KBZ', qrCodeUrl: small, hint: guessed }] };
    const { body } = await other.owner.put(other.path, settings).expect(200);
    expect(body.data.paymentMethods).toEqual([
      {
        name: 'KBZ',
        qrCodeUrl: first.body.data.imageUrl.replace('.jpg', '-240.webp'),
        hint: guessed,
      },
    ]);
    expect(read).not.toHaveBeenCalled();
    read.mockRestore();
    expect(await statusOf(body.data.paymentMethods[0].qrCodeUrl)).toBe(200);
  });

  it('goes with the person who has sent it or got it', async () => {
    const { shop, urls, customerId, order, proofPath } = await aFurnishedShop();
    const orders = app.connection.db!.collection('orders');
    const assigned = await orders.updateOne(
      { _id: Types.ObjectId.createFromHexString(order.id) },
      { $set: { customerId: Types.ObjectId.createFromHexString(customerId) } },
    );
    expect(assigned.modifiedCount).toBe(1);
    await shop.owner.post(`${shop.path}/customers/${customerId}/erase`).expect(200);
    const proof = (await shop.owner.get(proofPath).expect(200)).body.data;
    expect(proof).toMatchObject({ picture: null, reference: '' });
    await sweepTwice();
    expect(await statuses(urls)).toMatchObject({ said: 404, proof: 404, product: 200 });
  });

  it('whose removal broke off goes at the next', async () => {
    const shop = await aShop(app);
    const { id, url } = await aFile(shop);
    const other = await aFile(shop);
    await files().updateMany(
      { state: 'stored', checkAt: { $exists: true }, digest: digestOf(url) },
      { $set: { state: 'removing', checkAt: new Date() }, $unset: { sameAs: '' } },
      { hint: { _id: 1 } },
    );
    const refused = await shop.owner
      .post(`${shop.path}/products`, aProduct({ imageUrl: url }))
      .expect(400);
    expect(refused.body.details[0].message).toContain('upload it again');
    await sweep(0.1);
    expect(await statusOf(url)).toBe(404);
    expect(await statusOf(other.url)).toBe(200);
    expect(await files().findOne({ digest: digestOf(url) }, { hint: { _id: 1 } })).toBeNull();
    expect(id).not.toBe(other.id);
  });
});

const digestOf = (url: string) => url.split('/').at(-1)!.split('.')[0]!;

describe('a process killed while it stores a picture', () => {
  it.each([
    ['when the file is named', 'media_files.insertOne:after:1'],
    ['when it is stored, and nobody knows yet', 'media_files.findOneAndUpdate:before:2'],
    ['before the product is written', 'products.insertOne:before:1'],
  ])(
    '%s: leaves no broken reference, the repetition works, and the rest goes',
    async (_, crashAt) => {
      const shop = await aShop(app);
      const sent = aProduct({ imageUrl: dataUrlOf(await aPicture()) });
      const server = await startServer({
        ...variables,
        NODE_ENV: 'development',
        // It then tells where it can be reached.
        PUBLIC_URL: undefined,
        CRASH_AT: crashAt,
      });
      const died = new Promise((resolve) => server.child.once('exit', resolve));
      const request = fetch(`${server.url}${shop.path}/products`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          Authorization: `Bearer ${shop.owner.token}`,
        },
        body: JSON.stringify(sent),
      });
      await expect(request).rejects.toThrow('fetch failed');
      await died;
      const list = await shop.owner.get(`${shop.path}/products`).expect(200);
      expect(list.body.data).toEqual([]);
      const again = await shop.owner.post(`${shop.path}/products`, sent).expect(201);
      const { imageUrl, thumbnailUrl, id } = again.body.data;
      expect([await statusOf(imageUrl), await statusOf(thumbnailUrl)]).toEqual([200, 200]);
      await shop.owner.delete(`${shop.path}/products/${id}`).expect(200);
      await sweepTwice();
      expect(await statusOf(imageUrl)).toBe(404);
      expect((await stored()).filter((name) => name.startsWith(digestOf(imageUrl)))).toEqual([]);
    },
    DEADLINE_MS,
  );
});
