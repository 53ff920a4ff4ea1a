import { AppError } from '../platform/http/app-error.js';

/** A whole JSON text value that is a data URL; base64 has no character that JSON escapes but `/`. */
const DATA_URL_START = /^data:[a-z]+\/[\w.+-]+;base64,/;

/**
 * The bytes of a data URL, whatever type it says.
 * @throws AppError `validation_failed` for what is not base64 to its end
 */
export function bytesOfDataUrl(url: string, field: string): Buffer {
  const [start = ''] = DATA_URL_START.exec(url.slice(0, 100)) ?? [];
  const text = url.slice(start.length);
  const bytes = Buffer.from(text, 'base64');
  // What is no base64 is skipped by the decoder, and then missing.
  if (start && bytes.length > 0 && bytes.toString('base64') === text) return bytes;
  throw AppError.validation([{ field, message: `${field} must be whole base64 behind data:` }]);
}
