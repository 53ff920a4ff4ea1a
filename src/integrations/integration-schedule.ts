import type { Integration } from './integration.schema.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Tokens are renewed in the last sixth of their life: 4 hours of a day, 10 days of 60. */
const LAST_PART = 6;
const ASK_DAYS_BEFORE = 7;
const LONGEST_PAUSE_MS = 6 * HOUR_MS;

type Times = Pick<Integration, 'expiresAt' | 'renewedAt' | 'reconnectBy' | 'askedAt'>;

/** When to renew the tokens; undefined when they have no end. */
export function refreshAt({ expiresAt, renewedAt }: Times): Date | undefined {
  if (!expiresAt) return undefined;
  const life = Math.max(0, expiresAt.getTime() - (renewedAt ?? expiresAt).getTime());
  return new Date(expiresAt.getTime() - life / LAST_PART);
}

/** When to ask the team to connect again; undefined when nobody has to, or was asked. */
export function askAt({ reconnectBy, askedAt }: Times): Date | undefined {
  if (!reconnectBy || askedAt) return undefined;
  return new Date(reconnectBy.getTime() - ASK_DAYS_BEFORE * DAY_MS);
}

/** Whether nobody has to be asked yet; what is put off by less leaves those asked who were. */
export function isFarOff(reconnectBy: Date | undefined, now: Date): boolean {
  const at = askAt({ reconnectBy });
  return at !== undefined && at > now;
}

/** When to look after a connection that is well: at the latest in a day, to see that it lives. */
export function nextDue(times: Times, now: Date): Date {
  const moments = [refreshAt(times), askAt(times), new Date(now.getTime() + DAY_MS)];
  const soonest = Math.min(...moments.map((one) => one?.getTime() ?? Infinity));
  // What is late already, and could not be helped, waits like a failure.
  return new Date(Math.max(soonest, now.getTime() + MINUTE_MS));
}

/** How long to wait after `failures` in a row, in ms. */
export function pauseAfter(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, MINUTE_MS * 2 ** Math.max(0, failures - 1));
}
