import { randomUUID } from 'node:crypto';
import mongoose from 'mongoose';
import { CLIENTS, compare, JSON_TYPE, say, seconds, send } from './harness.mjs';
import { load } from './load.mjs';
import { listCosts } from './list-costs.mjs';

/** The catalogue, orders, and what a list costs in a shop of a million. */
export async function commerce({ api, bare, world, mongodbUri }) {
  const { figures, ratios } = await catalogueAndOrders({ api, bare, world });
  const client = await mongoose.mongo.MongoClient.connect(mongodbUri);
  try {
    const lists = await listCosts({ api, world, db: client.db() });
    return { figures, ratios, lists };
  } finally {
    await client.close();
  }
}

async function catalogueAndOrders({ api, bare, world }) {
  const { shopId, slug, token } = world;
  const shop = `${api.url}/api/shops/${shopId}`;
  const publicShop = `${api.url}/api/public/shops/${slug}`;
  const form = await send('POST', `${shop}/forms`, aForm(), token);
  const product = await send('POST', `${shop}/products`, aProduct(), token);
  const submission = {
    answers: {},
    customer: { name: 'Aung Aung' },
    items: [{ productId: product.id, quantity: 1 }],
  };
  const order = (url, { clients = CLIENTS } = {}) => {
    const body = JSON.stringify(submission);
    return () => load(url, { clients, seconds, method: 'POST', headers: JSON_TYPE, body });
  };
  const list =
    (url, headers = {}) =>
    () =>
      load(url, { clients: CLIENTS, seconds, headers });
  const catalogue = `${publicShop}/products?limit=50`;
  const { headers } = await fetch(catalogue);
  const etag = headers.get('etag') ?? randomUUID();
  const figures = await compare({
    'bare list of 50': list(`${bare.url}/products`),
    'member list of 50, never cached': list(`${shop}/products?limit=50`, {
      Authorization: `Bearer ${token}`,
    }),
    'public list of 50': list(catalogue),
    'public list of 50, unchanged (304)': list(catalogue, { 'If-None-Match': etag }),
    'bare order': order(`${bare.url}/orders?productId=${product.id}`),
    'submission of a form': order(`${publicShop}/forms/${form.id}/submissions`),
    'bare order, one client': order(`${bare.url}/orders?productId=${product.id}`, { clients: 1 }),
    'submission, one client': order(`${publicShop}/forms/${form.id}/submissions`, { clients: 1 }),
  });
  const breakdown = await (await fetch(`${bare.url}/steps?productId=${product.id}`)).json();
  for (const [step, ms] of Object.entries(breakdown)) say(`  step: ${step}`, `${ms} ms`);
  const perSecond = (name) => figures[name].perSecond;
  const bareList = perSecond('bare list of 50');
  const ratios = {
    'member list / bare list': perSecond('member list of 50, never cached') / bareList,
    'public list / bare list': perSecond('public list of 50') / bareList,
    'unchanged public list / bare list': perSecond('public list of 50, unchanged (304)') / bareList,
    'submission / bare order': perSecond('submission of a form') / perSecond('bare order'),
  };
  for (const [name, ratio] of Object.entries(ratios)) say(name, ratio.toFixed(2));
  return { figures, breakdownMs: breakdown, ratios };
}

const aForm = () => ({
  name: 'Order',
  published: true,
  fields: [{ id: 'note', type: 'Short Text', label: 'Note', required: false }],
});

const aProduct = () => ({
  name: 'Ordered',
  retailPrice: 9.99,
  stock: 1_000_000,
  itemType: 'product',
});
