import mongoose from 'mongoose';
import { documents, ratio, rounds, send } from './harness.mjs';
import { median } from './load.mjs';

const SMALL = 1_000;
const BATCH = 10_000;
const TURNS = 60;
const WORDS = 10;

/** Makes the documents of a shop; written past the API, since a million calls would take an hour. */
const COLLECTIONS = {
  products: (shopId, index) => ({
    shopId,
    name: `Product ${String(index).padStart(7, '0')}`,
    description: '',
    retailPrice: index % 10_000,
    originalPrice: null,
    promoPrice: null,
    stock: index % 100,
    stockVersion: 0,
    category: `Category ${index % WORDS}`,
    itemType: 'product',
    currency: 'USD',
    searchWords: [`word${index % WORDS}`, `p${index}`],
    pendingStockChanges: [],
    createdAt: new Date(index),
    updatedAt: new Date(index),
  }),
  orders: (shopId, index) => ({
    shopId,
    orderId: `BENC-${String(index).padStart(7, '0')}`,
    customer: { name: 'Aung', phone: '', email: '', address: '' },
    customerId: null,
    channel: 'web',
    formName: '',
    fields: [],
    items: [],
    totalAmount: index,
    currency: 'USD',
    status: index % 2 === 0 ? 'pending' : 'completed',
    paymentStatus: 'unpaid',
    history: [],
    seq: index,
    searchWords: [`word${index % WORDS}`, `o${index}`],
    submittedAt: new Date(index),
    updatedAt: new Date(index),
  }),
  customers: (shopId, index) => ({
    shopId,
    name: `Customer ${index}`,
    phones: [],
    emails: [],
    keys: [`phone:${index}`],
    state: 'active',
    address: '',
    notes: '',
    tags: [],
    searchWords: [`word${index % WORDS}`, `c${index}`],
    createdAt: new Date(index),
    updatedAt: new Date(index),
  }),
};

/** The lists that are compared, by their query. */
const LISTS = {
  products: ['', 'sort=name', 'category=Category%207', 'q=word7'],
  orders: ['', 'status=pending', 'q=word7'],
  customers: ['', 'q=word7'],
};

/** Each list's median in a shop of a million beside that of a shop of a thousand. */
export async function listCosts({ api, world, db }) {
  const small = await makeShop({ api, world, db }, 'small', SMALL);
  const large = await makeShop({ api, world, db }, 'large', documents);
  const costs = {};
  for (const [name, queries] of Object.entries(LISTS)) {
    for (const query of queries) {
      const path = `/${name}?limit=50${query && `&${query}`}`;
      const spread = [];
      for (let round = 0; round < rounds; round++) {
        const [few, many] = await inTurn([small + path, large + path], world.token);
        spread.push(many / few);
      }
      const title = `list ${path}, ${documents} / ${SMALL} documents`;
      costs[path] = ratio(title, median(spread), { atMost: 1.2 }, spread);
    }
  }
  return { documents, ratios: costs };
}

/** Medians in milliseconds of addresses that are asked in turn, so that a slow moment hits all. */
async function inTurn(urls, token) {
  const times = urls.map(() => []);
  const headers = { Authorization: `Bearer ${token}` };
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [index, url] of urls.entries()) {
      const startedAt = performance.now();
      const response = await fetch(url, { headers });
      const { data } = await response.json();
      if (data?.length !== 50) throw new Error(`${url} answered ${response.status}`);
      times[index].push(performance.now() - startedAt);
    }
  }
  return times.map(median);
}

async function makeShop({ api, world, db }, name, count) {
  const body = { name, slug: `bench-${name}`, currency: 'USD' };
  const { id } = await send('POST', `${api.url}/api/shops`, body, world.token);
  const shopId = new mongoose.mongo.ObjectId(id);
  for (const [collection, make] of Object.entries(COLLECTIONS)) {
    for (let start = 0; start < count; start += BATCH) {
      const length = Math.min(BATCH, count - start);
      const batch = Array.from({ length }, (_, index) => make(shopId, start + index));
      await db.collection(collection).insertMany(batch, { ordered: false });
    }
  }
  return `${api.url}/api/shops/${id}`;
}
