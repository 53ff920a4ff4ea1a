// `npm run bench`: each figure beside its bare reference, in the same run, on the same database.
// BENCH_SECONDS (2) and BENCH_ROUNDS (3) set how long; the report is text, and JSON at the end.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedEngine } from '../../dist/platform/database/embedded-engine.js';
import { load, median } from './load.mjs';

const seconds = Number(process.env.BENCH_SECONDS ?? 2);
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const CLIENTS = 20;
const JSON_TYPE = { 'Content-Type': 'application/json' };
const quiet = { info() {}, warn() {}, error: (text) => process.stderr.write(`${text}\n`) };

const directory = await mkdtemp(join(tmpdir(), 'cliick-bench-'));
const engine = await EmbeddedEngine.start({
  directory: join(directory, 'mongodb'),
  cacheDirectory: join(directory, 'cache'),
  env: process.env,
  log: quiet,
});
const mongodbUri = engine.uri.replace('/?', '/bench?');
const api = await startApi();
const world = await makeWorld(api.url);
const bare = await startBare(world.shopId);
try {
  const report = {
    machine: `${cpus().length} x ${cpus()[0].model}`,
    node: process.version,
    rounds,
    secondsEach: seconds,
    ...(await identity()),
  };
  process.stdout.write(`\n${JSON.stringify(report, null, 2)}\n`);
} finally {
  bare.child.disconnect();
  api.child.kill('SIGTERM');
  await Promise.all([api.exited, bare.exited]);
  await engine.stop();
  await rm(directory, { recursive: true, force: true });
}

/** Sign-ins, what they cost everybody else, and what knowing the caller costs a request. */
async function identity() {
  const login = {
    method: 'POST',
    headers: JSON_TYPE,
    body: JSON.stringify({ email: world.account.email, password: world.account.password }),
  };
  const authorised = { Authorization: `Bearer ${world.token}` };
  const figures = await compare({
    'sign-ins, 100 at once': () =>
      load(`${api.url}/api/auth/login`, { ...login, clients: 100, seconds }),
    '/health/live, quiet': () => load(`${api.url}/health/live`, { clients: 1, seconds }),
    '/health/live during 100 sign-ins at once': async () => {
      const logins = load(`${api.url}/api/auth/login`, { ...login, clients: 100, seconds });
      const live = await load(`${api.url}/health/live`, { clients: 1, seconds });
      await logins;
      return live;
    },
    'bare /live': () => load(`${bare.url}/live`, { clients: CLIENTS, seconds }),
    'API /health/live': () => load(`${api.url}/health/live`, { clients: CLIENTS, seconds }),
    'who am I (token, session, user)': () =>
      load(`${api.url}/api/auth/me`, { clients: CLIENTS, seconds, headers: authorised }),
    'bare list of 50 products': () => load(`${bare.url}/products`, { clients: CLIENTS, seconds }),
    'public list of 50 products': () =>
      load(`${api.url}/api/public/shops/${world.slug}/products?limit=50`, {
        clients: CLIENTS,
        seconds,
      }),
    'member list of 50 products (token, session, membership)': () =>
      load(`${api.url}/api/shops/${world.shopId}/products?limit=50`, {
        clients: CLIENTS,
        seconds,
        headers: authorised,
      }),
  });
  const perSecond = (name) => figures[name].perSecond;
  const ratios = {
    'API live / bare live': perSecond('API /health/live') / perSecond('bare /live'),
    'member list / bare list':
      perSecond('member list of 50 products (token, session, membership)') /
      perSecond('bare list of 50 products'),
    'member list / public list':
      perSecond('member list of 50 products (token, session, membership)') /
      perSecond('public list of 50 products'),
  };
  for (const [name, ratio] of Object.entries(ratios)) say(name, ratio.toFixed(2));
  return { figures, ratios };
}

/** Medians over the rounds; the cases of a round run in turn, so that a slow moment hits them all. */
async function compare(cases) {
  const results = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [name, run] of Object.entries(cases)) results[name].push(await run());
  }
  return Object.fromEntries(
    Object.entries(results).map(([name, all]) => {
      const of = (key) => all.map((result) => result[key]);
      const figure = {
        perSecond: Math.round(median(of('perSecond'))),
        spread: of('perSecond').map(Math.round),
        p50ms: Number(median(of('p50')).toFixed(2)),
        p99ms: Number(median(of('p99')).toFixed(2)),
      };
      say(name, `${figure.perSecond}/s  p50 ${figure.p50ms} ms  p99 ${figure.p99ms} ms`);
      return [name, figure];
    }),
  );
}

async function makeWorld(url) {
  const post = async (path, body, token) => {
    const headers = { ...JSON_TYPE, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
    const response = await fetch(url + path, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!answer.success) throw new Error(answer.error);
    return answer.data;
  };
  const account = {
    email: 'bench@example.com',
    password: 'bench: a pass phrase',
    username: 'bench',
  };
  const { token } = await post('/api/auth/register', account);
  const shop = await post('/api/shops', { name: 'Bench', slug: 'bench', currency: 'USD' }, token);
  for (let index = 0; index < 50; index++) {
    const product = { name: `Product ${index}`, retailPrice: 9.99, stock: 10, itemType: 'product' };
    await post(`/api/shops/${shop.id}/products`, product, token);
  }
  return { account, token, shopId: shop.id, slug: shop.slug };
}

async function startApi() {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('../../dist/main.js', import.meta.url))],
    {
      env: {
        PATH: process.env.PATH,
        PORT: '0',
        DATA_DIR: directory,
        MONGODB_URI: mongodbUri,
        RATE_LIMITS: 'off',
        LOG_LEVEL: 'warn',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const exited = once(child, 'exit');
  const url = await new Promise((resolve, reject) => {
    void exited.then(() => reject(new Error('The API did not start')));
    child.stdout.setEncoding('utf8').on('data', (text) => {
      const [, found] = /^ +API +(\S+)\/api$/m.exec(text) ?? [];
      if (found) resolve(found);
    });
  });
  return { child, exited, url };
}

async function startBare(shopId) {
  const child = fork(fileURLToPath(new URL('./bare-express.mjs', import.meta.url)), {
    env: {
      PATH: process.env.PATH,
      MONGODB_URI: mongodbUri,
      SHOP_ID: shopId,
      NODE_ENV: 'production',
    },
  });
  const exited = once(child, 'exit');
  const [{ port }] = await once(child, 'message');
  return { child, exited, url: `http://localhost:${port}` };
}

function say(name, figure) {
  process.stdout.write(`${name.padEnd(58)} ${figure}\n`);
}
