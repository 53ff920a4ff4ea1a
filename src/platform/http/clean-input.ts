import { AppError } from './app-error.js';

/** Deeper than any DTO; beyond it, checks that call themselves would be a way to end the process. */
const MAX_DEPTH = 20;
/** More than any form or setting has; what is made of a body takes its time for each. */
const MAX_KEYS = 1_000;
const MAX_VALUES = 50_000;

/**
 * Refuses what no text of a person holds: NUL, which databases and C libraries cut at, and halves
 * of surrogate pairs, which come back as other bytes than were stored; and what is too deep or too
 * much.
 * @param field name of the value in the request, empty for a whole body
 * @throws AppError `validation_failed` naming the field
 */
export function requireClean(value: unknown, field: string): void {
  const waiting = [{ value, field, depth: 0 }];
  let values = 0;
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value: current, field: name, depth } = next;
    if (typeof current === 'string') requireCleanText(current, name);
    if (typeof current !== 'object' || current === null) continue;
    if (depth === MAX_DEPTH) {
      // The path would be as long as the nesting: its beginning tells enough.
      refuse(name.split('.')[0] ?? '', `must not nest deeper than ${MAX_DEPTH} levels`);
    }
    const entries = Object.entries(current);
    if (!Array.isArray(current) && entries.length > MAX_KEYS) {
      refuse(name, `must not have more than ${MAX_KEYS} fields`);
    }
    values += entries.length;
    if (values > MAX_VALUES) refuse(field, `must not hold more than ${MAX_VALUES} values`);
    for (const [key, inner] of entries) {
      requireCleanText(key, name);
      waiting.push({ value: inner, field: name ? `${name}.${key}` : key, depth: depth + 1 });
    }
  }
}

function requireCleanText(text: string, field: string): void {
  if (text.includes('\0')) refuse(field, 'must not contain the character NUL');
  if (!text.isWellFormed()) refuse(field, 'must not contain half of a surrogate pair');
}

function refuse(field: string, rule: string): never {
  const name = field || 'body';
  throw AppError.validation([{ field: name, message: `${name} ${rule}` }]);
}
