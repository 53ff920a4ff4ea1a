const CHAT_RETENTION_DAYS = 30;
const DAY_MS = 24 * 3_600_000;

/** A chat is kept open to its customer for 30 days after its last message: at `now`, those since then. */
export function openSince(now: Date): Date {
  return new Date(now.getTime() - CHAT_RETENTION_DAYS * DAY_MS);
}
