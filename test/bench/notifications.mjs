import { request } from 'node:http';
import webPush from 'web-push';
import { CLIENTS, compare, JSON_TYPE, ratio, say, seconds, send } from './harness.mjs';
import { load, quantile } from './load.mjs';

const ORDERS = 100;
const BURST = 100;
const DEVICES = 10;
/** Orders of the burst that are posted at a time, and bare pushes: as many as the API sends. */
const IN_FLIGHT = 16;

/** What a seller's phone waits for an order, what a burst of pushes takes, and what a push service that hangs costs. */
export async function notifications({ api, world, push }) {
  const place = await aForm({ api, world });
  const post = (path, body) =>
    send('POST', `${api.url}/api/notifications/${path}`, body, world.token);
  const untilPush = await timeToPush({ place, post, push });
  const jobs = await burst({ place, post, push });
  const hanging = await whileItHangs({ place, post, push });
  return { untilPush, jobs, hanging };
}

/** How a customer's order is placed. */
async function aForm({ api, world }) {
  const shop = `${api.url}/api/shops/${world.shopId}`;
  const product = { name: 'Told', retailPrice: 9.99, stock: null, itemType: 'service' };
  const { id: productId } = await send('POST', `${shop}/products`, product, world.token);
  const form = { name: 'Orders', published: true, fields: [] };
  const { id: formId } = await send('POST', `${shop}/forms`, form, world.token);
  const url = `${api.url}/api/public/shops/${world.slug}/forms/${formId}/submissions`;
  const body = { items: [{ productId, quantity: 1 }], customer: { name: 'Aung' } };
  return { url, body, once: () => send('POST', url, body) };
}

/** From the POST of an order to the request at the push service, one after the other. */
async function timeToPush({ place, post, push }) {
  await post('subscribe', push.subscription('timed'));
  const latencies = [];
  for (let turn = 0; turn < ORDERS; turn++) {
    const arrived = push.arrival(1);
    const startedAt = performance.now();
    await Promise.all([place.once(), arrived]);
    latencies.push(performance.now() - startedAt);
  }
  await post('unsubscribe', {});
  latencies.sort((a, b) => a - b);
  const figure = { p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95) };
  say('from order to push', `p50 ${figure.p50.toFixed(1)} ms  p95 ${figure.p95.toFixed(1)} ms`);
  return figure;
}

/** Jobs of a burst, beside the same pushes encrypted and sent by this process, kept nowhere. */
async function burst({ place, post, push }) {
  const devices = Array.from({ length: DEVICES }, (_, index) => push.subscription(`burst${index}`));
  for (const device of devices) await post('subscribe', device);
  const total = BURST * DEVICES;
  const jobs = await perSecond(push, total, BURST, place.once);
  await post('unsubscribe', {});
  const vapidDetails = { subject: 'mailto:bench@example.com', ...webPush.generateVAPIDKeys() };
  const bare = await perSecond(push, total, total, (index) => {
    const payload = JSON.stringify({ title: 'New order', body: 'x'.repeat(200) });
    const options = { vapidDetails, contentEncoding: 'aes128gcm' };
    const device = devices[index % DEVICES];
    return sendBare(webPush.generateRequestDetails(device, payload, options));
  });
  say('push jobs', `${jobs}/s`);
  say('the same pushes without jobs', `${bare}/s`);
  ratio('push jobs / the same pushes without jobs', jobs / bare);
  return { jobsPerSecond: jobs, barePerSecond: bare };
}

async function perSecond(push, pushes, turns, work) {
  const all = push.arrival(pushes);
  const startedAt = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < turns) await work(next++);
  };
  await Promise.all([...Array.from({ length: IN_FLIGHT }, worker), all]);
  return Math.round(pushes / ((performance.now() - startedAt) / 1_000));
}

function sendBare({ endpoint, headers, body }) {
  return new Promise((resolve, reject) => {
    const outgoing = request(endpoint, { method: 'POST', headers }, (response) => {
      response.resume().on('end', resolve);
    });
    outgoing.on('error', reject).end(body);
  });
}

/** The path of a request must not know how the push service does. */
async function whileItHangs({ place, post, push }) {
  const orders = async (device, hangs) => {
    push.hangs = hangs;
    await post('subscribe', push.subscription(device));
    const body = JSON.stringify(place.body);
    const options = { clients: CLIENTS, seconds, method: 'POST', headers: JSON_TYPE, body };
    const figure = await load(place.url, options);
    // What waits finds no device any more, and ends.
    await post('unsubscribe', {});
    push.hangs = false;
    push.drop();
    return figure;
  };
  const figures = await compare({
    'orders, the push service answers': () => orders('answers', false),
    'orders, the push service hangs': () => orders('hangs', true),
  });
  const [answers, hangs] = Object.values(figures);
  ratio('p95 of orders, push service hanging / answering', hangs.p95ms / answers.p95ms, {
    atMost: 1.2,
  });
  return figures;
}
