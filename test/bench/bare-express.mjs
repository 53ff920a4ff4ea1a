// The reference: what Express and the driver alone cost for the same work on the same database.
import express from 'express';
import mongoose from 'mongoose';
import { median } from './load.mjs';

const { MONGODB_URI, SHOP_ID } = process.env;
const { ObjectId, MongoClient } = mongoose.mongo;
const client = await MongoClient.connect(MONGODB_URI, { writeConcern: { w: 1, j: true } });
const [products, shops, orders] = ['products', 'shops', 'bare_orders'].map((name) =>
  client.db().collection(name),
);
const shopId = new ObjectId(SHOP_ID);
await orders.createIndex({ shopId: 1, orderId: 1 }, { unique: true });
await orders.createIndex({ shopId: 1, submittedAt: -1 });

/** What an order cannot do without: the product, its stock, a number, and the order itself. */
const STEPS = {
  'read the product': (id) => products.findOne({ shopId, _id: id }),
  'read the shop': () => shops.findOne({ _id: shopId }),
  'take the stock': (id) =>
    products.findOneAndUpdate({ shopId, _id: id, stock: { $gte: 1 } }, { $inc: { stock: -1 } }),
  'take a number': () => shops.findOneAndUpdate({ _id: shopId }, { $inc: { benchCounter: 1 } }),
  'write the order': (id, number = Math.random()) =>
    orders.insertOne({
      shopId,
      orderId: `BARE-${number}`,
      items: [{ productId: id, productName: 'Ordered', quantity: 1, price: 999 }],
      totalAmount: 999,
      submittedAt: new Date(),
    }),
};

const webhooks = client.db().collection('bare_webhooks');
await webhooks.createIndex({ eventId: 1 }, { unique: true });

const app = express();
app.post('/webhooks', express.raw({ type: () => true }), async ({ body }, response) => {
  const { id: eventId } = JSON.parse(body.toString());
  await webhooks.insertOne({ eventId, body: body.toString() });
  response.json({ success: true, data: null });
});
app.use(express.json());
app.get('/live', (_, response) => response.json({ success: true, data: { status: 'live' } }));
app.get('/products', async (_, response) => {
  const rows = await products.find({ shopId }).sort({ _id: 1 }).limit(50).toArray();
  response.json({ success: true, data: rows.map(({ _id, __v, ...row }) => ({ id: _id, ...row })) });
});
app.post('/orders', async ({ query }, response) => {
  const id = new ObjectId(query.productId);
  const product = await STEPS['read the product'](id);
  await STEPS['read the shop']();
  const taken = await STEPS['take the stock'](id);
  if (!product || !taken) return response.status(409).json({ success: false });
  const { benchCounter = 0 } = await STEPS['take a number']();
  const { insertedId } = await STEPS['write the order'](id, benchCounter);
  response.status(201).json({ success: true, data: { id: insertedId } });
});
app.get('/steps', async ({ query }, response) => {
  const id = new ObjectId(query.productId);
  const breakdown = {};
  for (const [name, step] of Object.entries(STEPS)) {
    const times = [];
    for (let turn = 0; turn < 200; turn++) {
      const startedAt = performance.now();
      await step(id);
      times.push(performance.now() - startedAt);
    }
    breakdown[name] = Number(median(times).toFixed(2));
  }
  response.json(breakdown);
});
const server = app.listen(0, () => process.send({ port: server.address().port }));
process.once('disconnect', () => process.exit(0));
