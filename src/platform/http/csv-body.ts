import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AppError } from './app-error.js';
import { MEBIBYTE, tooLarge } from './body-limits.js';

export const CSV_BODY_LIMIT = 5 * MEBIBYTE;
export const ACCEPTS_CSV = 'accepts-csv';

/** The body of this route is a file of type text/csv, and nothing else. */
export const AcceptsCsv = () => SetMetadata(ACCEPTS_CSV, true);

/** The file that is sent, as a stream: on a route that `@AcceptsCsv()`. */
export const CsvBody = createParamDecorator((_: unknown, context: ExecutionContext): Readable => {
  return readBody(context.switchToHttp().getRequest<Request>());
});

/**
 * Takes the body as fast as it comes: whoever works on it row by row may need longer than a client
 * has to send its request. What waits is bounded by the size of the whole.
 */
function readBody(request: Request): Readable {
  const body = new PassThrough({ highWaterMark: CSV_BODY_LIMIT });
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > CSV_BODY_LIMIT) body.destroy(tooLarge(CSV_BODY_LIMIT));
    else if (!body.destroyed) body.write(chunk);
  });
  request.once('end', () => {
    if (!body.destroyed) body.end();
  });
  request.once('close', () => {
    if (!request.complete)
      body.destroy(new AppError('bad_request', 'The file did not come whole.'));
  });
  // Its reader meets the error; where nobody reads any more it must not end the process.
  body.on('error', () => {});
  return body;
}

/** Answers a CSV file while it is made. What fails before its first lines is answered as usual. */
export async function answerCsv(
  response: Response,
  fileName: string,
  lines: AsyncGenerator<string>,
): Promise<void> {
  const first = await lines.next();
  response.setHeader('Content-Type', 'text/csv; charset=utf-8');
  response.setHeader('Content-Disposition', `attachment; filename="${fileName}"`);
  const whole = async function* (): AsyncGenerator<string> {
    if (!first.done) yield first.value;
    yield* lines;
  };
  try {
    await pipeline(Readable.from(whole()), response);
  } catch (error) {
    // Who hung up wants no answer; anything else is told by a connection that breaks.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}
