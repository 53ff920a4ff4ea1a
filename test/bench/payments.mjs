import { io } from 'socket.io-client';
import { webhook } from './bench-stripe.mjs';
import { ratio, rounds, say, send } from './harness.mjs';
import { median, quantile } from './load.mjs';

const BURST = 1_000;
const SENDERS = 50;
const ORDERS = 60;

/** What a burst of webhooks waits for its acknowledgement, and a seller for the news of one. */
export async function payments({ api, bare, world }) {
  const bursts = { 'bare insert': [], 'webhook acknowledged': [] };
  for (let round = 1; round <= rounds; round++) {
    bursts['bare insert'].push(await burst(`${bare.url}/webhooks`));
    bursts['webhook acknowledged'].push(await burst(`${api.url}/webhook/stripe`));
  }
  const p99 = (name) => median(bursts[name].map((figure) => figure.p99));
  for (const name of Object.keys(bursts)) {
    const perSecond = Math.round(median(bursts[name].map((figure) => figure.perSecond)));
    say(`${name}, burst of ${BURST}`, `${perSecond}/s  p99 ${p99(name).toFixed(1)} ms`);
  }
  ratio('webhook p99 / bare insert p99', p99('webhook acknowledged') / p99('bare insert'), {
    atMost: 2,
  });
  return { bursts, untilSocket: await untilSocket({ api, world }) };
}

async function burst(url) {
  const deliveries = Array.from({ length: BURST }, (_, index) =>
    webhook({ id: `pi_unknown_${index}`, amount: 999, currency: 'usd', metadata: {} }),
  );
  const latencies = [];
  const startedAt = performance.now();
  const sender = async () => {
    for (let next = deliveries.pop(); next; next = deliveries.pop()) {
      const from = performance.now();
      const { status } = await fetch(url, { method: 'POST', ...next });
      if (status !== 200) throw new Error(`${url} answered ${status}`);
      latencies.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  const perSecond = BURST / ((performance.now() - startedAt) / 1_000);
  latencies.sort((a, b) => a - b);
  return { perSecond, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
}

/** From the delivery of a webhook to `order:update` on a socket of the team, one after the other. */
async function untilSocket({ api, world }) {
  const { shopId, token } = world;
  const shop = `${api.url}/api/shops/${shopId}`;
  const product = { name: 'Paid', retailPrice: 9.99, stock: null, itemType: 'service' };
  const { id: productId } = await send('POST', `${shop}/products`, product, token);
  const socket = io(api.url, { auth: { token }, transports: ['websocket'] });
  await new Promise((resolve) => socket.on('connect', resolve));
  await socket.emitWithAck('shop:join', { shopId });
  const latencies = [];
  for (let turn = 0; turn < ORDERS; turn++) {
    const items = [{ productId, quantity: 1 }];
    const order = await send('POST', `${shop}/orders`, { customer: { name: 'A' }, items }, token);
    const begun = { orderId: order.id, provider: 'stripe' };
    const { providerId } = await send('POST', `${shop}/payments/intent`, begun, token);
    const told = new Promise((resolve) => {
      const listen = (update) => {
        if (update.id !== order.id || update.paymentStatus !== 'paid') return;
        socket.off('order:update', listen);
        resolve(undefined);
      };
      socket.on('order:update', listen);
    });
    const from = performance.now();
    const delivery = webhook({ id: providerId, amount: 999, currency: 'usd', metadata: {} });
    await fetch(`${api.url}/webhook/stripe`, { method: 'POST', ...delivery });
    await told;
    latencies.push(performance.now() - from);
  }
  socket.close();
  latencies.sort((a, b) => a - b);
  const figure = { p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95) };
  say(
    'from webhook to order:update',
    `p50 ${figure.p50.toFixed(1)} ms  p95 ${figure.p95.toFixed(1)} ms`,
  );
  return figure;
}
