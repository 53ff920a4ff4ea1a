// `npm run bench`: each figure beside its bare reference, in the same run, on the same database.
// BENCH_SECONDS (2) and BENCH_ROUNDS (3) set how long, BENCH_DOCUMENTS (1000000) how large the large
// shop is, BENCH_AREAS (all) what is run; the report is text, and JSON at the end. With BENCH_OUT it is
// kept in that directory, as report.json and the chart of its ratios.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedEngine } from '../../dist/platform/database/embedded-engine.js';
import { chart } from './chart.mjs';
import { commerce } from './commerce.mjs';
import { makeWorld, ratios, rounds, seconds, startApi, startBare } from './harness.mjs';
import { inbox } from './inbox.mjs';
import { identity } from './identity.mjs';
import { startPush } from './bench-push.mjs';
import { startStripe } from './bench-stripe.mjs';
import { media } from './media.mjs';
import { notifications } from './notifications.mjs';
import { payments } from './payments.mjs';
import { start } from './start.mjs';

const AREAS = { start, identity, commerce, inbox, payments, notifications, media };
const wanted = (process.env.BENCH_AREAS ?? Object.keys(AREAS).join()).split(',');
const quiet = { info() {}, warn() {}, error: (text) => process.stderr.write(`${text}\n`) };

const directory = await mkdtemp(join(tmpdir(), 'cliick-bench-'));
const engine = await EmbeddedEngine.start({
  directory: join(directory, 'mongodb'),
  cacheDirectory: join(directory, 'cache'),
  env: process.env,
  log: quiet,
});
const mongodbUri = engine.uri.replace('/?', '/bench?');
const stripe = await startStripe();
const push = await startPush();
const variables = { ...stripe.variables, ...push.variables };
const api = await startApi({ mongodbUri, directory, variables });
const world = await makeWorld(api.url);
const bare = await startBare({ mongodbUri, shopId: world.shopId });
try {
  const report = {
    machine: `${cpus().length} x ${cpus()[0].model}`,
    node: process.version,
    versions: await versions(),
    at: new Date().toISOString().slice(0, 10),
    rounds,
    secondsEach: seconds,
  };
  for (const area of wanted)
    report[area] = await AREAS[area]({ api, bare, world, mongodbUri, directory, push, variables });
  await keep({ ...report, ratios });
} finally {
  bare.child.disconnect();
  api.child.kill('SIGTERM');
  await Promise.all([api.exited, bare.exited]);
  stripe.stop();
  push.stop();
  await engine.stop();
  await rm(directory, { recursive: true, force: true });
}

async function versions() {
  const require = createRequire(import.meta.url);
  const names = ['@nestjs/core', 'express', 'mongoose', 'mongodb', 'socket.io'];
  return Object.fromEntries(names.map((name) => [name, require(`${name}/package.json`).version]));
}

async function keep(report) {
  const json = `${JSON.stringify(report, null, 2)}\n`;
  process.stdout.write(`\n${json}`);
  const { BENCH_OUT: out } = process.env;
  if (!out) return;
  await mkdir(out, { recursive: true });
  await writeFile(join(out, 'report.json'), json);
  await writeFile(join(out, 'ratios.svg'), chart(report));
}
