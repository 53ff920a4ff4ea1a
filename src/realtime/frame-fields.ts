import { AppError } from '../platform/http/app-error.js';
import { isObjectIdHex } from '../platform/http/object-id.pipe.js';

type Fields = Record<string, unknown>;

/** What a frame carries as its `data`: an object, whatever was sent. */
export function fieldsOf(data: unknown): Fields {
  return typeof data === 'object' && data !== null ? (data as Fields) : {};
}

/** @throws AppError `validation_failed` naming `field` */
export function requireId(fields: Fields, field: string, thing: string): string {
  const value = fields[field];
  if (typeof value === 'string' && isObjectIdHex(value)) return value.toLowerCase();
  if (typeof value === 'string') throw AppError.notFound(thing);
  throw AppError.validation([{ field, message: `${field} must be the id of a ${thing}` }]);
}

/** @throws AppError `validation_failed` for anything but a number a client may have seen, or none */
export function readSince({ since }: Fields): number | undefined {
  if (since === undefined || since === null) return undefined;
  if (Number.isSafeInteger(since) && (since as number) >= 0) return since as number;
  const message = 'since must be the highest seq you have seen, a whole number from 0';
  throw AppError.validation([{ field: 'since', message }]);
}
