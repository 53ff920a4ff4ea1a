// What every area of the bench shares: the two servers, the clients, medians and the report's lines.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { median } from './load.mjs';

export const seconds = Number(process.env.BENCH_SECONDS ?? 2);
export const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
/** Documents of the large shop whose lists are compared with those of a shop of a thousand. */
export const documents = Number(process.env.BENCH_DOCUMENTS ?? 1_000_000);
export const CLIENTS = 20;
export const JSON_TYPE = { 'Content-Type': 'application/json' };

/** Both servers know the same tokens. */
export const JWT_SECRET = 'bench: a secret of more than thirty-two characters';

/** Medians over the rounds; the cases of a round run in turn, so that a slow moment hits them all. */
export async function compare(cases) {
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
        p95ms: Number(median(of('p95')).toFixed(2)),
        p99ms: Number(median(of('p99')).toFixed(2)),
      };
      say(
        name,
        `${figure.perSecond}/s  p50 ${figure.p50ms} ms  p95 ${figure.p95ms} ms  p99 ${figure.p99ms} ms`,
      );
      return [name, figure];
    }),
  );
}

/** One call of the API; what it answers as `data`. */
export async function send(method, url, body, token) {
  const headers = { ...JSON_TYPE, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!answer.success) throw new Error(`${method} ${url}: ${answer.error}`);
  return answer.data;
}

/** An owner with a shop of 50 products. */
export async function makeWorld(url) {
  const post = (path, body, token) => send('POST', url + path, body, token);
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

/** The built server in a process of its own. */
export async function startApi({ mongodbUri, directory, variables = {} }) {
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
        JWT_SECRET,
        ...variables,
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

/** The bare reference in a process of its own, on the same database. */
export async function startBare({ mongodbUri, shopId }) {
  const child = fork(fileURLToPath(new URL('./bare-express.mjs', import.meta.url)), {
    env: {
      PATH: process.env.PATH,
      MONGODB_URI: mongodbUri,
      SHOP_ID: shopId,
      JWT_SECRET,
      NODE_ENV: 'production',
    },
  });
  const exited = once(child, 'exit');
  const [{ port }] = await once(child, 'message');
  return { child, exited, url: `http://localhost:${port}` };
}

export function say(name, figure) {
  process.stdout.write(`${name.padEnd(58)} ${figure}\n`);
}

/** Every ratio of this run, in the order of the report. */
export const ratios = [];

/**
 * @param aim `{ atLeast }` or `{ atMost }`
 * @param spread the ratio of each round, where there are several
 */
export function ratio(name, value, aim = {}, spread) {
  const [[word, bound] = []] = Object.entries(aim);
  const wanted = bound === undefined ? '' : `  (aim: ${word === 'atLeast' ? '>=' : '<='} ${bound})`;
  say(name, `${value.toFixed(2)}${wanted}`);
  ratios.push({
    name,
    value: rounded(value),
    ...aim,
    ...(spread && { spread: spread.map(rounded) }),
  });
  return rounded(value);
}

const rounded = (value) => Number(value.toFixed(2));

/** Resident memory of a process, in MB. */
export async function residentMb(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024);
}
