// BENCH_PICTURES (1000) of BENCH_PICTURE_KB (500) are uploaded and served, beside Express's static
// files of the same directory; the memory of the API is told as it goes.
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { ratio, residentMb, rounds, say } from './harness.mjs';
import { median } from './load.mjs';

const pictures = Number(process.env.BENCH_PICTURES ?? 1_000);
const kilobytes = Number(process.env.BENCH_PICTURE_KB ?? 500);
const UPLOADS_AT_ONCE = 4;
const READS_AT_ONCE = 20;
const MARKS = 5;

export async function media({ api, world, directory }) {
  const picture = await aPicture(kilobytes * 1_024);
  const urls = [];
  const memory = [await residentMb(api.child.pid)];
  const startedAt = performance.now();
  for (let mark = 1; mark <= MARKS; mark++) {
    const until = Math.round((pictures * mark) / MARKS);
    await inParallel(until - urls.length, UPLOADS_AT_ONCE, async () => {
      urls.push(await upload(api.url, world, picture));
    });
    memory.push(await residentMb(api.child.pid));
  }
  const uploadsPerSecond = (urls.length * 1_000) / (performance.now() - startedAt);
  say(`uploads of ${Math.round(picture.length / 1_024)} KB`, `${uploadsPerSecond.toFixed(1)}/s`);
  const bare = await startStatic(join(directory, 'media', 'files', 'public'));
  try {
    const figures = {
      uploadsPerSecond,
      pictureBytes: picture.length,
      ...(await serve(api, bare, urls)),
    };
    memory.push(await residentMb(api.child.pid));
    say('memory of the API, in MB, from before to after', memory.join(' '));
    const { perSecond } = figures;
    ratio('pictures served / bare static', perSecond['API served'] / perSecond['bare static']);
    // The first uploads load the library, so the growth is counted from then on.
    ratio('memory after all uploads / after the first fifth', memory.at(-2) / memory[1], {
      atMost: 1.2,
    });
    return { figures, memoryMegabytes: memory };
  } finally {
    bare.child.disconnect();
    await bare.exited;
  }
}

async function serve(api, bare, urls) {
  const paths = urls.map((url) => new URL(url).pathname);
  const cases = {
    'bare static': paths.map((path) => bare.url + bare.pathOf(path)),
    'API served': paths.map((path) => api.url + path),
  };
  const results = { 'bare static': [], 'API served': [] };
  for (let round = 1; round <= rounds; round++) {
    for (const [name, all] of Object.entries(cases)) results[name].push(await readAll(all));
  }
  const perSecond = Object.fromEntries(
    Object.entries(results).map(([name, all]) => [name, Math.round(median(all))]),
  );
  for (const [name, figure] of Object.entries(perSecond)) say(`${name}, pictures`, `${figure}/s`);
  return { perSecond };
}

/** Noise, which no encoder makes small; the size is met by its side. */
async function aPicture(bytes) {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 };
  for (let side = 256; ; side += 64) {
    const create = { width: side, height: side, channels: 3, background: '#888', noise };
    const picture = await sharp({ create }).jpeg({ quality: 92 }).toBuffer();
    if (picture.length >= bytes) return picture;
  }
}

/** The same picture with another end is another file. */
async function upload(url, { token, shopId }, picture) {
  const form = new FormData();
  form.append('files', new Blob([picture, randomBytes(16)]), 'picture.jpg');
  const headers = { Authorization: `Bearer ${token}` };
  const options = { method: 'POST', headers, body: form };
  const answer = await (await fetch(`${url}/api/shops/${shopId}/media`, options)).json();
  if (!answer.success) throw new Error(`upload: ${answer.error}`);
  return answer.data[0].url;
}

async function readAll(urls) {
  const agent = new Agent({ keepAlive: true, maxSockets: READS_AT_ONCE });
  const waiting = [...urls];
  const startedAt = performance.now();
  await inParallel(urls.length, READS_AT_ONCE, () => read(waiting.pop(), agent));
  agent.destroy();
  return (urls.length * 1_000) / (performance.now() - startedAt);
}

function read(url, agent) {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent }, (response) => {
      response.resume();
      if (response.statusCode !== 200) reject(new Error(`${url}: ${response.statusCode}`));
      response.once('end', resolve);
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
}

async function inParallel(count, atOnce, work) {
  let begun = 0;
  const worker = async () => {
    while (begun++ < count) await work();
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function startStatic(directory) {
  const script = fileURLToPath(new URL('./bare-static.mjs', import.meta.url));
  const env = { PATH: process.env.PATH, DIRECTORY: directory, NODE_ENV: 'production' };
  const child = fork(script, { env });
  const exited = once(child, 'exit');
  const [{ port }] = await once(child, 'message');
  return {
    child,
    exited,
    url: `http://localhost:${port}`,
    pathOf: (path) => {
      const [, , id, name] = path.split('/');
      return `/${id.slice(-2)}/${id}/${name}`;
    },
  };
}
