// Walks the main job as its users do, and prints each step with the real answer.
// Uses the server at DEMO_URL or http://localhost:8080; starts one, on data of its own, if none runs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';

const DEADLINE_MS = 10_000;
const server = await findServer();
try {
  await walk(server.url);
} finally {
  await server.stop();
}

async function walk(url) {
  const suffix = Date.now().toString(36);
  const account = {
    email: `mya.${suffix}@example.com`,
    password: 'a long pass phrase',
    username: `mya-${suffix}`,
  };
  const { token, user } = await step('Mya registers', () =>
    call('POST', '/api/auth/register', account),
  );
  const shop = await step('She opens a shop', () =>
    call('POST', '/api/shops', { name: `Mya Coffee ${suffix}`, currency: 'USD' }, token),
  );
  const path = `/api/shops/${shop.id}`;
  const beans = await step('She adds coffee beans, ten in stock', () =>
    call(
      'POST',
      `${path}/products`,
      { name: 'Coffee beans', retailPrice: 19.99, stock: 10, itemType: 'product' },
      token,
    ),
  );
  const tasting = await step('and a tasting, which is a service', () =>
    call(
      'POST',
      `${path}/products`,
      { name: 'Tasting', retailPrice: 5, itemType: 'service' },
      token,
    ),
  );
  const form = await step('and an order form', () =>
    call(
      'POST',
      `${path}/forms`,
      {
        name: 'Order coffee',
        published: true,
        fields: [
          {
            id: 'grind',
            type: 'Dropdown',
            label: 'Grind',
            required: true,
            options: ['Whole', 'Fine'],
          },
          { id: 'note', type: 'Text Area', label: 'Note' },
        ],
      },
      token,
    ),
  );

  const ko = {
    email: `ko.${suffix}@example.com`,
    password: 'a long pass phrase',
    username: `ko-${suffix}`,
  };
  const { token: kosToken } = await step('Ko registers', () =>
    call('POST', '/api/auth/register', ko),
  );
  await step('Mya takes Ko into her team', () =>
    call('POST', `${path}/team`, { username: ko.username, role: 'Support Agent' }, token),
  );

  const socketIo = await listenSocketIo(token, shop.id);
  const raw = await listenRaw(token, shop.id);

  const publicShop = `/api/public/shops/${shop.slug}`;
  await step('A customer opens the public shop', () => call('GET', publicShop));
  await step('and sees its products', () => call('GET', `${publicShop}/products`));
  await step('and submits the form', () =>
    call('POST', `${publicShop}/forms/${form.id}/submissions`, {
      answers: { grind: 'Fine', note: 'No bag, please.' },
      items: [
        { productId: beans.id, quantity: 2 },
        { productId: tasting.id, quantity: 1 },
      ],
      customer: { name: 'Aung', phone: '+95 9 123 456 789' },
    }),
  );
  await step('Mya sees the order at once, on Socket.IO', () => socketIo.next('order:update'));
  await step('and on the raw /ws', () => raw.next('order:update'));

  const chat = await step('The customer writes in the chat', () =>
    call('POST', `${publicShop}/conversations`, { customerName: 'Aung', text: 'Is it fresh?' }),
  );
  await step('Mya reads it at once, on Socket.IO', () => socketIo.next('message:new'));
  await step('and on the raw /ws', () => raw.next('message:new'));
  const conversation = `conversations/${chat.conversation.id}/messages`;
  await step('Ko answers', () =>
    call('POST', `${path}/${conversation}`, { text: 'Roasted today!' }, kosToken),
  );
  await step('The customer reads the answer', () =>
    call('GET', `${publicShop}/${conversation}`, undefined, chat.token),
  );
  await step("Mya's shop has the order", () => call('GET', `${path}/orders`, undefined, token));
  socketIo.close();
  raw.close();
  say(`Done: ${user.username} runs a shop. Look around at ${url}/docs`);

  async function call(method, at, body, bearer) {
    const headers = { 'Content-Type': 'application/json' };
    if (bearer) headers.Authorization = `Bearer ${bearer}`;
    const response = await fetch(url + at, { method, headers, body: body && JSON.stringify(body) });
    const answer = await response.json();
    say(`  ${method} ${at} -> ${response.status}`);
    if (!answer.success) throw new Error(`${answer.error} ${JSON.stringify(answer.details ?? [])}`);
    return answer.data;
  }

  async function listenSocketIo(bearer, shopId) {
    const socket = io(url, { auth: { token: bearer } });
    const inbox = anInbox('Socket.IO');
    socket.onAny((event, data) => inbox.put(event, data));
    await once(socket, 'connect');
    await step('Her app joins on Socket.IO', () =>
      socket.timeout(DEADLINE_MS).emitWithAck('shop:join', { shopId }),
    );
    return { ...inbox, close: () => socket.close() };
  }

  async function listenRaw(bearer, shopId) {
    const ws = new WebSocket(`${url.replace('http', 'ws')}/ws?token=${bearer}`);
    const inbox = anInbox('/ws');
    ws.on('message', (frame) => {
      const { event, data } = JSON.parse(frame);
      inbox.put(event, data);
    });
    await once(ws, 'open');
    ws.send(JSON.stringify({ event: 'shop:join', data: { shopId } }));
    await step('and on the raw /ws', () => inbox.next('shop:joined'));
    return { ...inbox, close: () => ws.close() };
  }
}

function anInbox(door) {
  const heard = [];
  let wake = () => {};
  return {
    put(event, data) {
      heard.push({ event, data });
      wake();
    },
    async next(event) {
      const end = Date.now() + DEADLINE_MS;
      for (;;) {
        const index = heard.findIndex((entry) => entry.event === event);
        if (index >= 0) {
          say(`  ${door}: ${event}`);
          return heard.splice(index, 1)[0].data;
        }
        if (Date.now() > end) throw new Error(`No ${event} came on ${door}`);
        await new Promise((resolve) => {
          wake = resolve;
          setTimeout(resolve, 100);
        });
      }
    },
  };
}

async function step(title, work) {
  say(`\n${title}`);
  const answer = await work();
  say(`  ${JSON.stringify(answer)}`);
  return answer;
}

/** The running server, or one of our own that ends with the demo. */
async function findServer() {
  const url = process.env.DEMO_URL ?? 'http://localhost:8080';
  const runs = await fetch(`${url}/health/ready`).then(
    (response) => response.ok,
    () => false,
  );
  if (runs) return { url, stop: async () => {} };
  if (process.env.DEMO_URL)
    throw new Error(`No server answers at ${url}: start it, or unset DEMO_URL`);
  say('No server runs: starting one for this demo');
  const directory = await mkdtemp(join(tmpdir(), 'cliick-demo-'));
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, DATA_DIR: directory, PORT: '0', LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const own = await new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text) => {
      const [, found] = /^ +API +(\S+)\/api$/m.exec(text) ?? [];
      if (found) resolve(found);
    });
    void exit.then(() => reject(new Error('The server did not start')));
  });
  return {
    url: own,
    stop: async () => {
      child.kill('SIGTERM');
      await exit;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
