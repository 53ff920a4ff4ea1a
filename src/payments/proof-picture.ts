import { createHash } from 'node:crypto';
import { AppError } from '../platform/http/app-error.js';

const MAX_PICTURE_BYTES = 5 * 1024 * 1024;
/** Base64 has four characters for three bytes, and the beginning of a data URL. */
export const MAX_PICTURE_CHARACTERS = Math.ceil(MAX_PICTURE_BYTES / 3) * 4 + 40;
/** Its beginning alone: over millions of characters an expression runs out of stack. */
export const PICTURE_DATA_URL = /^data:image\/(?:png|jpeg|webp);base64,/;

export interface ProofPicture {
  bytes: Buffer;
  type: string;
  /** SHA-256, in hex: the same picture is known again. */
  digest: string;
}

/** By its content, whatever it says of itself. */
const SIGNATURES: { type: string; matches: (bytes: Buffer) => boolean }[] = [
  {
    type: 'image/png',
    matches: (bytes) => bytes.subarray(0, 8).toString('hex') === '89504e470d0a1a0a',
  },
  { type: 'image/jpeg', matches: (bytes) => bytes.subarray(0, 3).toString('hex') === 'ffd8ff' },
  {
    type: 'image/webp',
    matches: (bytes) =>
      bytes.subarray(0, 4).toString('latin1') === 'RIFF' &&
      bytes.subarray(8, 12).toString('latin1') === 'WEBP',
  },
];

/** @throws AppError `validation_failed` for what is no picture, or a larger one */
export function readPicture(dataUrl: string): ProofPicture {
  const text = dataUrl.slice(dataUrl.indexOf(',') + 1);
  const bytes = Buffer.from(text, 'base64');
  const type = SIGNATURES.find(({ matches }) => matches(bytes))?.type;
  // What is no base64 is skipped by the decoder, and then missing.
  const isWhole = bytes.toString('base64') === text;
  if (!type || !isWhole || bytes.length > MAX_PICTURE_BYTES) {
    const message = 'must be a PNG, JPEG or WebP picture of at most 5 MB';
    throw AppError.validation([{ field: 'picture', message }]);
  }
  return { bytes, type, digest: createHash('sha256').update(bytes).digest('hex') };
}

/** A bank's number as it is compared: letters and digits alone; empty when there are none. */
export function plainReference(reference: string): string {
  return reference
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toUpperCase();
}
