import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { AppConfig } from '../platform/config/app-config.js';
import { AppError } from '../platform/http/app-error.js';
import {
  type FileType,
  fileTypeOf,
  kindOf,
  MAX_MEGABYTES,
  maxBytesOf,
  SIGNATURE_BYTES,
  TAKEN,
} from './file-kinds.js';

/** A file that has come whole and is of a type that is taken; nothing else is known of it. */
export interface ReceivedFile {
  /** Of a file of ours that goes when the request is done. */
  path: string;
  name: string;
  type: FileType;
  size: number;
  /** SHA-256 of what was sent, in hex. */
  digest: string;
}

const LEFT_MS = 60 * 60 * 1_000;
const MAX_NAME_CHARACTERS = 200;

/** What is being sent, on the disk and never in the memory, until it is stored or refused. */
@Injectable()
export class IncomingFiles implements OnApplicationBootstrap {
  private readonly directory: string;

  constructor({ dataDirectory }: AppConfig) {
    this.directory = join(dataDirectory, 'media', 'incoming');
  }

  /** Takes away what processes that died have left. */
  async onApplicationBootstrap(): Promise<void> {
    const names = await readdir(this.directory).catch(() => []);
    for (const name of names) {
      const path = join(this.directory, name);
      const { mtimeMs = Infinity } = (await stat(path).catch(() => undefined)) ?? {};
      if (mtimeMs < Date.now() - LEFT_MS) await rm(path, { force: true });
    }
  }

  /** A path for something of ours. */
  async reserve(): Promise<string> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    return join(this.directory, randomUUID());
  }

  async discard(paths: string[]): Promise<void> {
    await Promise.all(paths.map((path) => rm(path, { force: true })));
  }

  /**
   * Writes down what comes, as far as it is taken: its first bytes tell the type, the type how much.
   * @throws AppError `validation_failed` or `payload_too_large`, as soon as it is known
   */
  async receive(chunks: AsyncIterable<Buffer>, name: string, field: string): Promise<ReceivedFile> {
    const path = await this.reserve();
    const file = await open(path, 'wx', 0o600);
    try {
      const read = await writeDown(chunks, field, (chunk) => file.writeFile(chunk));
      return { path, name: plainName(name), ...read };
    } catch (error) {
      await this.discard([path]);
      throw error;
    } finally {
      await file.close();
    }
  }
}

async function writeDown(
  chunks: AsyncIterable<Buffer>,
  field: string,
  write: (chunk: Buffer) => Promise<void>,
): Promise<Pick<ReceivedFile, 'type' | 'size' | 'digest'>> {
  const sum = createHash('sha256');
  let head = Buffer.alloc(0);
  let type: FileType | undefined;
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (!type) {
      head = Buffer.concat([head, chunk.subarray(0, SIGNATURE_BYTES - head.length)]);
      if (head.length === SIGNATURE_BYTES) type = fileTypeOf(head) ?? refuseType(field);
    }
    if (type && size > maxBytesOf(type)) throw tooMuch(type, field);
    sum.update(chunk);
    await write(chunk);
  }
  type ??= fileTypeOf(head) ?? refuseType(field);
  return { type, size, digest: sum.digest('hex') };
}

function refuseType(field: string): never {
  throw AppError.validation([{ field, message: `${field} must be one of these: ${TAKEN}` }]);
}

function tooMuch(type: FileType, field: string): AppError {
  const limit = MAX_MEGABYTES[kindOf(type)];
  return new AppError(
    'payload_too_large',
    `The ${kindOf(type)} in ${field} is too large: send at most ${limit} MB.`,
  );
}

/** For people: without what belongs to paths, headers and other lines. */
function plainName(name: string): string {
  const last = name.split(/[\\/]/).at(-1) ?? '';
  return (
    last
      // As browsers write what would end the name (HTML, multipart form data).
      .replace(/%(?:22|0D|0A)/gi, '')
      .replace(/[\p{Cc}\p{Cf}"<>|*?:]/gu, '')
      .trim()
      .slice(0, MAX_NAME_CHARACTERS)
      // Also where the cut went through a character.
      .toWellFormed()
  );
}
