/** An object of an answer whose fields are not checked yet. */
export type Json = Record<string, unknown>;

const MAX_TEXT = 2_000;

/** Undefined where `text` is not the JSON of one object. */
export function parseObject(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The object that `value` is, or an empty one. */
export function objectOf(value: unknown): Json {
  return isObject(value) ? value : {};
}

/** The objects of a list, without what else is in it. */
export function objectsOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** A text that is there and of a length that an id, a word or a sentence may have. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT ? value : undefined;
}

/** The address of the first of PayPal's `links` with one of these relations. */
export function linkOf(links: unknown, ...relations: string[]): string | undefined {
  const link = objectsOf(links).find(({ rel }) => relations.includes(String(rel)));
  const href = textOf(link?.['href']);
  return href && /^https?:\/\//.test(href) ? href : undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
