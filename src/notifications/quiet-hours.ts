/** A time of each day in which a person is told nothing by push; `from` may be later than `to`. */
export interface QuietHours {
  /** `HH:MM` */
  from: string;
  to: string;
  /** IANA. */
  timeZone: string;
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;

/** When the quiet that `at` is in ends; null when it is in none. */
export function quietUntil({ from, to, timeZone }: QuietHours, at: Date): Date | null {
  const [begin, end, now] = [minutesOf(from), minutesOf(to), minutesIn(timeZone, at)];
  const isQuiet = begin <= end ? now >= begin && now < end : now >= begin || now < end;
  if (!isQuiet) return null;
  const left = (end - now + DAY_MINUTES) % DAY_MINUTES;
  const guess = new Date(Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS + left * MINUTE_MS);
  // A night in which the clocks are changed is an hour longer, or shorter.
  const off = ((minutesIn(timeZone, guess) - end + 1.5 * DAY_MINUTES) % DAY_MINUTES) - 720;
  const corrected = new Date(guess.getTime() - off * MINUTE_MS);
  return corrected > at ? corrected : guess;
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

function minutesIn(timeZone: string, at: Date): number {
  const format = { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  return minutesOf(new Intl.DateTimeFormat('en-GB', format).format(at));
}
