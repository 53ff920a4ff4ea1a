/** How finely a report counts, and how many days it then may cover. */
export const MAX_DAYS = { hour: 31, day: 366, week: 1_830, month: 3_660 } as const;
export const SALES_INTERVALS = ['hour', 'day', 'week', 'month'] as const;
export type SalesInterval = (typeof SALES_INTERVALS)[number];

/** What the clocks of a time zone show. */
interface Clock {
  /** `YYYY-MM-DD` */
  day: string;
  hour: string;
  minute: string;
  /** `+06:30` */
  offset: string;
}

/** An hour, day, week or month of a report; it ends where the next one begins. */
export interface Span {
  /** The first moment in it. */
  at: Date;
  /** That moment as the clocks show it there. */
  start: string;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Every change of clocks there has been this century falls on one. */
const QUARTER_MS = 15 * MINUTE_MS;
/** No clock is further from UTC. */
const MAX_OFFSET_MINUTES = 15 * 60;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Days from `from` to `to`, both included; not above 0 when `to` is before `from`. */
export function countDays(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
}

/** The day after. */
export function dayAfter(day: string): string {
  return asDay(Date.parse(day) + DAY_MS);
}

/** The first moment of a day, which is not 0:00 where the clocks go forward over midnight. */
export function startOfDay(day: string, timeZone: string): Date {
  const midnight = Date.parse(day);
  let before = -MAX_OFFSET_MINUTES;
  let reached = MAX_OFFSET_MINUTES;
  while (reached - before > 1) {
    const middle = Math.floor((before + reached) / 2);
    const isReached = clockAt(new Date(midnight + middle * MINUTE_MS), timeZone).day >= day;
    if (isReached) reached = middle;
    else before = middle;
  }
  return new Date(midnight + reached * MINUTE_MS);
}

/** Every span of a range of days, the first and the last as far as they lie in it. */
export function spansOf(
  { from, to, timeZone }: { from: string; to: string; timeZone: string },
  interval: SalesInterval,
): Span[] {
  const starts = new Map<string, Date>();
  if (interval === 'hour') {
    const end = startOfDay(dayAfter(to), timeZone).getTime();
    for (let at = startOfDay(from, timeZone).getTime(); at < end; at += QUARTER_MS) {
      const key = hourKey(clockAt(new Date(at), timeZone));
      if (!starts.has(key)) starts.set(key, new Date(at));
    }
  } else {
    for (let day = from; day <= to; day = dayAfter(day)) {
      const key = spanKey(day, interval);
      if (!starts.has(key)) starts.set(key, startOfDay(day, timeZone));
    }
  }
  return [...starts.values()].map((at) => ({ at, start: asText(clockAt(at, timeZone)) }));
}

/** The same for all days of a span. */
function spanKey(day: string, interval: SalesInterval): string {
  if (interval === 'month') return day.slice(0, 'YYYY-MM'.length);
  if (interval !== 'week') return day;
  const sinceMonday = (new Date(day).getUTCDay() + 6) % 7;
  return asDay(Date.parse(day) - sinceMonday * DAY_MS);
}

/** With its offset, the hour that comes twice when clocks go back is two. */
function hourKey({ day, hour, offset }: Clock): string {
  return `${day}T${hour}${offset}`;
}

function asText({ day, hour, minute, offset }: Clock): string {
  return `${day}T${hour}:${minute}:00${offset}`;
}

function asDay(time: number): string {
  return new Date(time).toISOString().slice(0, 'YYYY-MM-DD'.length);
}

function clockAt(at: Date, timeZone: string): Clock {
  const known = formats.get(timeZone);
  const format = known ?? clockFormat(timeZone);
  if (!known) formats.set(timeZone, format);
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    day: `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`,
    hour: parts.get('hour') ?? '',
    minute: parts.get('minute') ?? '',
    // `GMT+06:30`, and `GMT` alone for none.
    offset: parts.get('timeZoneName')?.slice('GMT'.length) || '+00:00',
  };
}

function clockFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'longOffset',
  });
}
