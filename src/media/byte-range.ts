import type { ByteRange } from './storage/storage.js';

/**
 * What a `Range` asks for: undefined for the whole, also when it is none that we serve (RFC 9110,
 * 14.2: it may be ignored); null when nothing of it is there.
 * @param size of the whole, in bytes
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | undefined | null {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? null : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= size ? null : { start, end };
}
