import { setTimeout as sleep } from 'node:timers/promises';
import { ratio, residentMb, rounds, say, startApi } from './harness.mjs';
import { median } from './load.mjs';

const READY_MS = 1_500;
const IDLE_MB = 150;
const SAMPLE_MS = 5_000;
/** V8 gives back what the start has left behind in steps, within this time. */
const IDLE_AFTER_MS = 75_000;

/**
 * From the start of the built server to its readiness, beside the database that runs, and what it holds
 * then. As it starts without any variable of a provider: their libraries are loaded where one is set.
 */
export async function start({ mongodbUri, directory }) {
  const readyMs = [];
  let memoryMb = [];
  for (let round = 0; round < rounds; round++) {
    const startedAt = performance.now();
    const api = await startApi({ mongodbUri, directory });
    readyMs.push(Math.round(performance.now() - startedAt));
    if (round === rounds - 1) memoryMb = await sample(api.child.pid);
    api.child.kill('SIGTERM');
    await api.exited;
  }
  const [startedMb, idleMb] = [memoryMb.at(0), memoryMb.at(-1)];
  say('from start to ready', `${median(readyMs)} ms`);
  say(`memory right after start (${SAMPLE_MS / 1_000} s)`, `${startedMb} MB`);
  say(`memory when idle (${IDLE_AFTER_MS / 1_000} s, after V8 gave back)`, `${idleMb} MB`);
  ratio(`start to ready / ${READY_MS} ms`, median(readyMs) / READY_MS, { atMost: 1 });
  ratio(`memory when idle / ${IDLE_MB} MB`, idleMb / IDLE_MB, { atMost: 1 });
  return { readyMs, memoryMb };
}

/** The resident memory of a process that nobody asks anything. */
async function sample(pid) {
  const samples = [];
  for (let at = SAMPLE_MS; at <= IDLE_AFTER_MS; at += SAMPLE_MS) {
    await sleep(SAMPLE_MS);
    samples.push(await residentMb(pid));
  }
  return samples;
}
