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
  const wanted = new URLSearchParams({ slug, formId: form.id, productId: product.id });
  const bareSubmissions = `${bare.url}/submissions?${wanted}&withRecords=true`;
  const bareOrders = `${bare.url}/submissions?${wanted}`;
  const submissions = `${publicShop}/forms/${form.id}/submissions`;
  const members = `${shop}/products?limit=50`;
  const figures = await compare({
    'bare list of 50': list(`${bare.url}/products`),
    'bare member list of 50': list(`${bare.url}/shops/${shopId}/products`, authorised),
    'member list of 50, never cached': list(members, authorised),
    'bare member list of 50, one client': list(
      `${bare.url}/shops/${shopId}/products`,
      authorised,
      1,
    ),
    'member list of 50, one client': list(members, authorised, 1),
    'public list of 50': list(catalogue),
    'public list of 50, unchanged (304)': list(catalogue, { 'If-None-Match': etag }),
    'bare submission': order(bareSubmissions),
    'bare submission without stock log and feed': order(bareOrders),
    'submission of a form': order(submissions),
    'bare submission, one client': order(bareSubmissions, { clients: 1 }),
    'bare submission without stock log and feed, one client': order(bareOrders, { clients: 1 }),
    'submission, one client': order(submissions, { clients: 1 }),
  });
  const breakdown = await (await fetch(`${bare.url}/steps?${wanted}`)).json();
  for (const [step, ms] of Object.entries(breakdown)) say(`  step: ${step}`, `${ms} ms`);
  const beside = (name, reference, aims) => {
    const [own, other] = [figures[name], figures[reference]];
    ratio(`${name} / ${reference}`, own.perSecond / other.perSecond, aims.perSecond);
    if (aims.p99) ratio(`${name} / ${reference}: p99`, own.p99ms / other.p99ms, aims.p99);
  };
  const sameWork = { perSecond: { atLeast: 0.9 }, p99: { atMost: 2 } };
  const cached = { perSecond: { atLeast: 3 } };
  beside('member list of 50, never cached', 'bare member list of 50', sameWork);
  beside('member list of 50, one client', 'bare member list of 50, one client', sameWork);
  beside('public list of 50', 'bare list of 50', cached);
  beside('public list of 50, unchanged (304)', 'bare list of 50', cached);
  beside('submission of a form', 'bare submission', sameWork);
  beside('submission of a form', 'bare submission without stock log and feed', {});
  beside('submission, one client', 'bare submission, one client', sameWork);
  beside('submission, one client', 'bare submission without stock log and feed, one client', {});
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
