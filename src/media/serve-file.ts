import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { AppError } from '../platform/http/app-error.js';
import { rangeOf } from './byte-range.js';
import { type FileType, typeOfExtension } from './file-kinds.js';
import type { ByteRange, MediaStorage, StoredObject } from './storage/storage.js';

interface ServedFile {
  key: string;
  /** For the browser's own copies. */
  cacheControl: string;
  /** As its sender has named it. */
  name?: string;
}

/** Nothing in a file may run, load or be sent from, wherever it is opened. */
const POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'";

/**
 * Answers a stored file or a part of it, as it comes from the storage.
 * @throws AppError `not_found`, or `range_not_satisfiable`
 */
export async function serveFile(
  { request, response }: { request: Request; response: Response },
  storage: MediaStorage,
  { key, cacheControl, name = '' }: ServedFile,
): Promise<void> {
  const fileName = key.split('/').at(-1) ?? '';
  const [digest = '', extension = ''] = fileName.split('.');
  const type = typeOfExtension(extension);
  if (!type) throw AppError.notFound('file');
  // Its name is its content: what was kept of it is good without a look at the storage.
  const etag = `"${digest}"`;
  const headers = { type, etag, cacheControl, disposition: dispositionOf(type, name) };
  if (isKept(request, etag)) {
    setHeaders(response, headers);
    response.status(304).end();
    return;
  }
  const object = await storage.open(key);
  if (!object) throw AppError.notFound('file');
  const { size } = object;
  const isOfThis = [undefined, etag].includes(request.get('if-range'));
  const range = isOfThis ? rangeOf(request.get('range'), size) : undefined;
  if (range === null) {
    await object.close();
    response.setHeader('Content-Range', `bytes */${size}`);
    throw new AppError(
      'range_not_satisfiable',
      `The file has ${size} bytes: ask for some of them.`,
    );
  }
  setHeaders(response, headers);
  await send({ request, response }, object, range);
}

async function send(
  { request, response }: { request: Request; response: Response },
  object: StoredObject,
  range: ByteRange | undefined,
): Promise<void> {
  const { size } = object;
  if (range) response.setHeader('Content-Range', `bytes ${range.start}-${range.end}/${size}`);
  response.status(range ? 206 : 200);
  response.setHeader('Content-Length', range ? range.end - range.start + 1 : size);
  if (request.method === 'HEAD') {
    await object.close();
    response.end();
    return;
  }
  try {
    await pipeline(await object.read(range), response);
  } catch (error) {
    // Who hung up wants no answer; anything else is told by a connection that breaks.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

function setHeaders(
  response: Response,
  {
    type,
    etag,
    cacheControl,
    disposition,
  }: Record<'etag' | 'cacheControl' | 'disposition', string> & {
    type: FileType;
  },
): void {
  response.setHeader('Content-Type', type);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Content-Security-Policy', POLICY);
  response.setHeader('Content-Disposition', disposition);
  // Pages of the app and of shops show them, from other origins.
  response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
  response.setHeader('Cache-Control', cacheControl);
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('ETag', etag);
}

/** A browser shows pictures and videos; a PDF file may hold programs, and is only saved. */
function dispositionOf(type: FileType, name: string): string {
  const kind = type === 'application/pdf' ? 'attachment' : 'inline';
  if (!name) return kind;
  // RFC 8187: what is no token character is escaped.
  const escaped = encodeURIComponent(name).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${kind}; filename*=UTF-8''${escaped}`;
}

function isKept(request: Request, etag: string): boolean {
  const known = (request.get('if-none-match') ?? '').split(',').map((one) => one.trim());
  return known.includes('*') || known.includes(etag) || known.includes(`W/${etag}`);
}
