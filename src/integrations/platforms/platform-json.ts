export type Json = Record<string, unknown>;

/** A text, or a number whole: within either nothing else is looked for. */
const TEXT_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** JavaScript would round it. */
const LARGE = /^-?\d{16,}$/;
const SECRET = /^[\x21-\x7e]{1,4096}$/;
const ID = /^[\w.:=+/-]{1,128}$/;
const MAX_NAME_CHARACTERS = 200;
const SECOND_MS = 1_000;

/** An object whose large numbers, ids all of them, are texts; undefined for anything else. */
export function parseObject(text: string): Json | undefined {
  const safe = text.replace(TEXT_OR_NUMBER, (found) => (LARGE.test(found) ? `"${found}"` : found));
  try {
    return objectOf(JSON.parse(safe));
  } catch {
    return undefined;
  }
}

export function objectOf(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : undefined;
}

export function listOf(value: unknown): Json[] {
  const all: unknown[] = Array.isArray(value) ? value : [];
  return all.map(objectOf).filter((one) => one !== undefined);
}

/** A token that can stand in a header; undefined for anything else. */
export function secretOf(value: unknown): string | undefined {
  return typeof value === 'string' && SECRET.test(value) ? value : undefined;
}

/** An id, whether it was sent as text or as a number. */
export function idOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && ID.test(text) ? text : undefined;
}

export function nameOf(...values: unknown[]): string {
  const texts = values.map((value) => (typeof value === 'string' ? value.trim() : ''));
  return (texts.find(Boolean) ?? '').slice(0, MAX_NAME_CHARACTERS);
}

/** Scopes, however a platform writes them: a list, or one text with commas or spaces. */
export function scopesOf(value: unknown): string[] {
  const texts: unknown[] = typeof value === 'string' ? value.split(/[,\s]+/) : [value].flat();
  return texts.filter((one): one is string => typeof one === 'string' && ID.test(one));
}

/** `seconds` from `now`; undefined where it is no time. */
export function after(seconds: unknown, now: Date): Date | undefined {
  const valid = typeof seconds === 'number' && seconds > 0 && seconds < 1e10;
  return valid ? new Date(now.getTime() + seconds * SECOND_MS) : undefined;
}

/** A moment in seconds; undefined for 0, which means never. */
export function momentOf(seconds: unknown): Date | undefined {
  return after(seconds, new Date(0));
}
