import { setTimeout as sleep } from 'node:timers/promises';
import { ratio, residentMb, rounds, say, startApi } from './harness.mjs';
import { median } from './load.mjs';

const READY_MS = 1_500;
const IDLE_MB = 150;
const SETTLING_MS = 5_000;

/** From the start of the built server to its readiness, beside the database that runs; what it holds then. */
export async function start({ mongodbUri, directory, variables }) {
  const readyMs = [];
  let idleMb = 0;
  for (let round = 0; round < rounds; round++) {
    const startedAt = performance.now();
    const api = await startApi({ mongodbUri, directory, variables });
    readyMs.push(Math.round(performance.now() - startedAt));
    if (round === rounds - 1) {
      await sleep(SETTLING_MS);
      idleMb = await residentMb(api.child.pid);
    }
    api.child.kill('SIGTERM');
    await api.exited;
  }
  say('from start to ready', `${median(readyMs)} ms`);
  say('memory when idle', `${idleMb} MB`);
  ratio(`start to ready / ${READY_MS} ms`, median(readyMs) / READY_MS, { atMost: 1 });
  ratio(`memory when idle / ${IDLE_MB} MB`, idleMb / IDLE_MB, { atMost: 1 });
  return { readyMs, idleMb };
}
