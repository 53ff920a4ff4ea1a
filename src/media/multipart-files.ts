import busboy from 'busboy';
import type { Request } from 'express';
import { AppError } from '../platform/http/app-error.js';
import { tooLarge } from '../platform/http/body-limits.js';
import { FILES_BODY_LIMIT, MAX_FILES } from '../platform/http/files-body.js';
import type { IncomingFiles, ReceivedFile } from './incoming-files.service.js';

const LIMITS = { files: MAX_FILES, fields: 20, parts: 40, fieldSize: 1_024, headerPairs: 50 };

/**
 * Writes the files of a request down while they come. The first that is refused ends it: what comes
 * after it is read and thrown away, so that the client hears why.
 * @throws AppError for a request that is broken, too large, or without files
 */
export async function receiveFiles(
  request: Request,
  incoming: IncomingFiles,
): Promise<ReceivedFile[]> {
  const running: Promise<ReceivedFile>[] = [];
  try {
    await readParts(request, (file, name) => {
      const receiving = incoming.receive(file, name, `files.${running.length}`);
      running.push(receiving);
      return receiving;
    });
    const received = await Promise.all(running);
    if (received.length > 0) return received;
    throw AppError.validation([{ field: 'files', message: 'files must hold at least one file' }]);
  } catch (error) {
    const ended = await Promise.allSettled(running);
    const written = ended.flatMap((one) => (one.status === 'fulfilled' ? one.value.path : []));
    await incoming.discard(written);
    throw error;
  }
}

function readParts(
  request: Request,
  receive: (file: AsyncIterable<Buffer>, name: string) => Promise<unknown>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const parser = parserOf(request);
    let size = 0;
    const fail = (error: unknown): void => {
      request.unpipe(parser);
      parser.destroy();
      request.resume();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    parser.on('file', (_, file, { filename }) => {
      // A part without a name of a file is a field.
      receive(file, filename ?? '').catch(fail);
    });
    parser.on('filesLimit', () => fail(tooMany()));
    parser.on('error', () => fail(malformed()));
    parser.once('close', resolve);
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > FILES_BODY_LIMIT) fail(tooLarge(FILES_BODY_LIMIT));
    });
    request.once('close', () => {
      if (!request.complete) fail(new AppError('bad_request', 'The files did not come whole.'));
    });
    request.pipe(parser);
  });
}

function parserOf({ headers }: Request): busboy.Busboy {
  try {
    return busboy({ headers, limits: LIMITS, defParamCharset: 'utf8' });
  } catch {
    throw malformed();
  }
}

function malformed(): AppError {
  return new AppError(
    'malformed_body',
    'The body is not whole multipart/form-data: send it again.',
  );
}

function tooMany(): AppError {
  const sentence = `There are too many files: send at most ${MAX_FILES} at a time.`;
  return new AppError('payload_too_large', sentence);
}
