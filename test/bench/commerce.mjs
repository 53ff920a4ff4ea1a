import { randomUUID } from 'node:crypto';
import mongoose from 'mongoose';
import { CLIENTS, compare, JSON_TYPE, ratio, say, seconds, send } from './harness.mjs';
import { load } from './load.mjs';
import { listCosts } from './list-costs.mjs';

/** The catalogue, orders, and what a list costs in a shop of a million. */
export async function commerce({ api, bare, world, mongodbUri }) {
  const catalogue = await catalogueAndOrders({ api, bare, world });
  const client = await mongoose.mongo.MongoClient.connect(mongodbUri);
  try {
    const lists = await listCosts({ api, world, db: client.db() });
    return { ...catalogue, lists };
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
    (url, headers = {}, clients = CLIENTS) =>
    () =>
      load(url, { clients, seconds, headers });
  const authorised = { Authorization: `Bearer ${token}` };
  const catalogue = `${publicShop}/products?limit=50`;
  const { headers } = await fetch(catalogue);
  const etag = headers.get('etag') ?? randomUUID();
  const figures = await compare({
    'bare list of 50': list(`${bare.url}/products`),
    'member list of 50, never cached': list(`${shop}/products?limit=50`, authorised),
    'bare list of 50, one client': list(`${bare.url}/products`, {}, 1),
    'member list of 50, one client': list(`${shop}/products?limit=50`, authorised, 1),
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
  const beside = (name, reference, aim) =>
    ratio(`${name} / ${reference}`, perSecond(name) / perSecond(reference), aim);
  beside('member list of 50, never cached', 'bare list of 50', { atLeast: 1 });
  beside('member list of 50, one client', 'bare list of 50, one client');
  beside('public list of 50', 'bare list of 50', { atLeast: 3 });
  beside('public list of 50, unchanged (304)', 'bare list of 50', { atLeast: 3 });
  beside('submission of a form', 'bare order');
  return { figures, breakdownMs: breakdown };
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
