// The reference: what Express and the driver alone cost for the same work on the same database.
import express from 'express';
import mongoose from 'mongoose';

const { MONGODB_URI, SHOP_ID } = process.env;
const client = await mongoose.mongo.MongoClient.connect(MONGODB_URI);
const products = client.db().collection('products');
const shopId = new mongoose.Types.ObjectId(SHOP_ID);

const app = express();
app.get('/live', (_, response) => response.json({ success: true, data: { status: 'live' } }));
app.get('/products', async (_, response) => {
  const rows = await products.find({ shopId }).sort({ _id: 1 }).limit(50).toArray();
  response.json({ success: true, data: rows.map(({ _id, __v, ...row }) => ({ id: _id, ...row })) });
});
const server = app.listen(0, () => process.send({ port: server.address().port }));
process.once('disconnect', () => process.exit(0));
