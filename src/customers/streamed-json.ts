import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';

/**
 * JSON that is sent while it is made. When making it fails on the way, the connection is cut: what
 * has arrived must not look whole.
 */
export function streamedJson(pieces: AsyncIterable<string>): StreamableFile {
  const file = new StreamableFile(Readable.from(pieces, { objectMode: false }), {
    type: 'application/json; charset=utf-8',
  });
  return file.setErrorHandler((_, response) => {
    (response as unknown as ServerResponse).destroy();
  });
}
