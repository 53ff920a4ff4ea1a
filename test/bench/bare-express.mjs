// The reference: what Express and the driver alone cost for the same work on the same database.
import compression from 'compression';
import express from 'express';
import mongoose from 'mongoose';
import { copyIndexes, memberCheck } from './bare-work.mjs';
import { median } from './load.mjs';

const { MONGODB_URI, SHOP_ID } = process.env;
const { ObjectId, MongoClient } = mongoose.mongo;
const client = await MongoClient.connect(MONGODB_URI, { writeConcern: { w: 1, j: true } });
const [products, shops, forms, settings] = ['products', 'shops', 'forms', 'shop_settings'].map(
  (name) => client.db().collection(name),
);
const WRITTEN = ['orders', 'stock_movements', 'notifications'];
const [orders, movements, notifications] = WRITTEN.map((name) =>
  client.db().collection(`bare_${name}`),
);
for (const name of WRITTEN) await copyIndexes(client.db(), name, `bare_${name}`);
const shopId = new ObjectId(SHOP_ID);
const { team } = await shops.findOne({ _id: shopId });

/** What the submission of a form cannot do without, in its order. */
const STEPS = {
  'read the shop': ({ slug }) => shops.findOne({ slug }),
  'read the form': ({ formId }) => forms.findOne({ shopId, _id: formId }),
  'read the ways to pay': () => settings.findOne({ shopId, group: 'paymentMethods' }),
  'read the product': ({ productId }) => products.findOne({ shopId, _id: productId }),
  'take the stock': ({ productId }) =>
    products.findOneAndUpdate(
      { shopId, _id: productId, stock: { $gte: 1 } },
      { $inc: { stock: -1 } },
    ),
  'take a number': () =>
    shops.findOneAndUpdate({ _id: shopId }, { $inc: { benchCounter: 1, benchSeq: 2 } }),
  'write the order': ({ productId, formId }, number = Math.random()) => {
    const order = {
      shopId,
      orderId: `BARE-${number}`,
      seq: Date.now(),
      customer: { name: 'Aung Aung', phone: '', email: '', address: '' },
      customerId: null,
      channel: 'web',
      status: 'pending',
      paymentStatus: 'unpaid',
      formId,
      fields: [],
      items: [{ productId, productName: 'Ordered', quantity: 1, price: 999 }],
      totalAmount: 999,
      searchWords: ['bare', String(number), 'aung'],
      submittedAt: new Date(),
    };
    return orders.insertOne(order).then(() => order);
  },
  'write the stock log': ({ productId }, orderId = new ObjectId()) =>
    movements.insertOne({
      shopId,
      productId,
      orderId,
      change: -1,
      newStock: 999,
      reason: 'order',
      version: Date.now() + Math.random(),
      by: null,
      note: '',
      at: new Date(),
    }),
  'tell the team': (_, orderId = new ObjectId()) =>
    notifications.insertMany(
      team.map(({ userId }) => ({
        shopId,
        userId,
        kind: 'new_order',
        key: `order:${orderId.toHexString()}`,
        version: 1,
        title: 'New order',
        message: 'Aung Aung: 9.99',
        about: { orderId },
        count: 1,
        isRead: false,
        isShown: true,
        seq: Date.now(),
        at: new Date(),
      })),
    ),
};

const webhooks = client.db().collection('bare_webhooks');
await webhooks.createIndex({ eventId: 1 }, { unique: true });

const app = express();
app.use(compression({ level: 3 }));
app.post('/webhooks', express.raw({ type: () => true }), async ({ body }, response) => {
  const { id: eventId } = JSON.parse(body.toString());
  await webhooks.insertOne({ eventId, body: body.toString() });
  response.json({ success: true, data: null });
});
app.use(express.json());
app.get('/live', (_, response) => response.json({ success: true, data: { status: 'live' } }));
app.get('/products', list);
app.get('/shops/:shopId/products', memberCheck(client.db()), list);
app.post('/submissions', async ({ query, body }, response) => {
  const wanted = wantedBy(query);
  const shop = await STEPS['read the shop'](wanted);
  const [form, , product] = await Promise.all([
    STEPS['read the form'](wanted),
    STEPS['read the ways to pay'](wanted),
    STEPS['read the product'](wanted),
  ]);
  const isComplete = form?.published && product && body.items[0].productId === query.productId;
  if (!shop || !isComplete) return response.status(400).json({ success: false });
  const taken = await STEPS['take the stock'](wanted);
  if (!taken) return response.status(409).json({ success: false });
  const { benchCounter = 0 } = await STEPS['take a number'](wanted);
  const { _id: id, ...order } = await STEPS['write the order'](wanted, benchCounter);
  // Without anything that would find them missing after a crash, they are written before the answer.
  if (query.withRecords) {
    const records = ['write the stock log', 'tell the team'];
    await Promise.all(records.map((step) => STEPS[step](wanted, id)));
  }
  response.status(201).json({ success: true, data: { id, ...order } });
});
app.get('/steps', async ({ query }, response) => {
  const wanted = wantedBy(query);
  const breakdown = {};
  for (const [name, step] of Object.entries(STEPS)) {
    const times = [];
    for (let turn = 0; turn < 200; turn++) {
      const startedAt = performance.now();
      await step(wanted);
      times.push(performance.now() - startedAt);
    }
    breakdown[name] = Number(median(times).toFixed(2));
  }
  response.json(breakdown);
});
const server = app.listen(0, () => process.send({ port: server.address().port }));
process.once('disconnect', () => process.exit(0));

async function list(_, response) {
  const rows = await products.find({ shopId }).sort({ _id: 1 }).limit(50).toArray();
  response.json({ success: true, data: rows.map(({ _id, __v, ...row }) => ({ id: _id, ...row })) });
}

function wantedBy({ slug, formId, productId }) {
  return { slug, formId: new ObjectId(formId), productId: new ObjectId(productId) };
}
