import { setImmediate as turn } from 'node:timers/promises';

/** A turn of the event loop this short had nothing to do. */
const CALM_MS = 0.1;
const WITHIN_MS = 2_000;

/**
 * Returns at the end of a turn of the event loop that had nothing to do, or soon: the moment to close
 * a port. Connections that the system has established and the process has not yet accepted are reset
 * then, and a proxy may not send such a request again; a calm turn has just accepted all.
 */
export async function calmTurn(): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  // What is left of this turn accepts nothing.
  await turn();
  let now = performance.now();
  let began: number;
  do {
    began = now;
    await turn();
    now = performance.now();
  } while (now - began > CALM_MS && now < deadline);
}
