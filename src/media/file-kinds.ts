import { MEBIBYTE } from '../platform/http/body-limits.js';

/** THE table: what is taken, known by its content, and how much of it. */
export const FILE_TYPES = {
  'image/jpeg': { kind: 'image', extension: 'jpg' },
  'image/png': { kind: 'image', extension: 'png' },
  'image/webp': { kind: 'image', extension: 'webp' },
  'image/gif': { kind: 'gif', extension: 'gif' },
  'video/mp4': { kind: 'video', extension: 'mp4' },
  'video/webm': { kind: 'video', extension: 'webm' },
  'application/pdf': { kind: 'file', extension: 'pdf' },
} as const;
export type FileType = keyof typeof FILE_TYPES;
export type FileKind = (typeof FILE_TYPES)[FileType]['kind'];

export const MAX_MEGABYTES: Record<FileKind, number> = { image: 10, gif: 10, video: 50, file: 10 };
export const TAKEN = 'JPEG, PNG, WebP and GIF pictures, MP4 and WebM videos, and PDF files';
/** So many bytes of a file tell its type. */
export const SIGNATURE_BYTES = 64;

const MP4_BRANDS = /^(?:isom|iso[2-9]|mp4[12]|avc1|dash|M4V |MSNV|f4v )$/;

const SIGNATURES: [FileType, (bytes: Buffer) => boolean][] = [
  ['image/jpeg', (bytes) => hex(bytes, 0, 3) === 'ffd8ff'],
  ['image/png', (bytes) => hex(bytes, 0, 8) === '89504e470d0a1a0a'],
  ['image/webp', (bytes) => text(bytes, 0, 4) === 'RIFF' && text(bytes, 8, 12) === 'WEBP'],
  ['image/gif', (bytes) => /^GIF8[79]a$/.test(text(bytes, 0, 6))],
  ['video/mp4', (bytes) => text(bytes, 4, 8) === 'ftyp' && MP4_BRANDS.test(text(bytes, 8, 12))],
  [
    'video/webm',
    (bytes) => hex(bytes, 0, 4) === '1a45dfa3' && text(bytes, 4, SIGNATURE_BYTES).includes('webm'),
  ],
  ['application/pdf', (bytes) => text(bytes, 0, 5) === '%PDF-'],
];

/** By its first bytes, whatever its name or its sender says; undefined for what is not taken. */
export function fileTypeOf(bytes: Buffer): FileType | undefined {
  return SIGNATURES.find(([, matches]) => matches(bytes))?.[0];
}

export function kindOf(type: FileType): FileKind {
  return FILE_TYPES[type].kind;
}

export function maxBytesOf(type: FileType): number {
  return MAX_MEGABYTES[kindOf(type)] * MEBIBYTE;
}

/** The type of a stored file, by the end of a name that we have made. */
export function typeOfExtension(extension: string): FileType | undefined {
  const types = Object.entries(FILE_TYPES) as [FileType, { extension: string }][];
  return types.find(([, one]) => one.extension === extension)?.[0];
}

function hex(bytes: Buffer, from: number, to: number): string {
  return bytes.subarray(from, to).toString('hex');
}

function text(bytes: Buffer, from: number, to: number): string {
  return bytes.subarray(from, to).toString('latin1');
}

/** For the docs of the routes that take files. */
export const UPLOAD_NOTE =
  `Several at a time, answered in their order. Taken by their content: ${TAKEN}. At most ` +
  `${MAX_MEGABYTES.image} MB a picture, ${MAX_MEGABYTES.video} MB a video, ${MAX_MEGABYTES.file} MB ` +
  'a PDF file. Pictures are written anew, upright and without their metadata. The same file again ' +
  'is the same file.';
