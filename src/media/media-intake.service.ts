import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import pLimit from 'p-limit';
import type { Sharp } from 'sharp';
import { AppError } from '../platform/http/app-error.js';
import { type FileType, kindOf } from './file-kinds.js';
import { IncomingFiles, type ReceivedFile } from './incoming-files.service.js';
import { DIGEST_CHARACTERS, VARIANT_SIDES } from './media-paths.js';

/** Something to be stored. */
interface Output {
  path: string;
  type: string;
}

export interface PreparedFile {
  type: FileType;
  /** The file itself, then its variants in the order of `variants`. */
  outputs: Output[];
  digest: string;
  /** Their longest sides, in pixels. */
  variants: number[];
  size: number;
  storedBytes: number;
  width: number | null;
  height: number | null;
}

interface Picture {
  source: ReceivedFile;
  field: string;
  /** A decoder of the source: of all its frames, or of the first. */
  decode: (frames: 'all' | 'first') => Sharp;
}

/** All frames of a picture together; a decoder may hold four bytes of each. */
const MAX_MEGAPIXELS = 40;
const MAX_SIDE = 2_560;
/** Decoders that work at once in a process: with the pixels they bound its memory. */
const AT_ONCE = 2;
const SECONDS = 20;
const JPEG = { quality: 85 };
const WEBP = { quality: 76, effort: 2 };

/**
 * Makes of what was sent what is stored: pictures are decoded and written anew, so that nothing of
 * the original but its look remains; videos and PDF files stay as they are.
 */
@Injectable()
export class MediaIntake {
  private readonly inTurn = pLimit(AT_ONCE);

  constructor(private readonly incoming: IncomingFiles) {}

  /** @throws AppError `validation_failed` for a broken picture, or one of too many pixels */
  async prepare(source: ReceivedFile, field: string): Promise<PreparedFile> {
    const kind = kindOf(source.type);
    if (kind === 'image' || kind === 'gif') return this.inTurn(() => this.redraw(source, field));
    const output = { path: source.path, type: source.type };
    return describe([output], [], { type: source.type, width: null, height: null });
  }

  private async redraw(source: ReceivedFile, field: string): Promise<PreparedFile> {
    const { default: sharp } = await import('sharp');
    // Threads and caches of its own would make the memory depend on what was seen before.
    sharp.concurrency(1);
    sharp.cache(false);
    const decode = (frames: 'all' | 'first'): Sharp =>
      sharp(source.path, {
        animated: frames === 'all',
        failOn: 'error',
        limitInputPixels: MAX_MEGAPIXELS * 1e6,
        sequentialRead: true,
      }).timeout({ seconds: SECONDS });
    const paths = await Promise.all(
      [undefined, ...VARIANT_SIDES].map(() => this.incoming.reserve()),
    );
    try {
      return await draw({ source, field, decode }, paths);
    } catch (error) {
      await this.incoming.discard(paths);
      if (error instanceof AppError) throw error;
      throw refused(field, 'must be a whole picture: this one is broken');
    }
  }
}

async function draw({ source, field, decode }: Picture, paths: string[]): Promise<PreparedFile> {
  const isAnimated = source.type === 'image/gif';
  await requireBounded(decode('all'), source.type, field);
  const [path = '', ...rest] = paths;
  const frames = decode(isAnimated ? 'all' : 'first');
  const { width, height, pageHeight } = await written(frames, source.type).toFile(path);
  for (const [index, side] of VARIANT_SIDES.entries()) {
    await decode('first')
      .autoOrient()
      .resize(side, side, { fit: 'inside', withoutEnlargement: true })
      .webp(WEBP)
      .toFile(rest[index] ?? '');
  }
  const { type } = source;
  const webp = rest.map((target) => ({ path: target, type: 'image/webp' }));
  // The height of an animation is that of all its frames, one below the other.
  const size = { width, height: pageHeight ?? height };
  return describe([{ path, type }, ...webp], [...VARIANT_SIDES], { type, ...size });
}

/** From the headers alone: nothing is decoded of what is too large. */
async function requireBounded(picture: Sharp, type: FileType, field: string): Promise<void> {
  const { format, width, height } = await picture.metadata().catch((error: Error) => {
    throw /pixel limit/i.test(error.message) ? tooMany(field) : error;
  });
  // `height` is that of all frames one below the other.
  if (width * height > MAX_MEGAPIXELS * 1e6) throw tooMany(field);
  if (`image/${format}` !== type) throw refused(field, 'must be what its first bytes say');
}

/** In the same format, upright, bounded, and without any metadata. */
function written(picture: Sharp, type: FileType): Sharp {
  if (type === 'image/gif') return picture.gif();
  const upright = picture
    .autoOrient()
    .resize(MAX_SIDE, MAX_SIDE, { fit: 'inside', withoutEnlargement: true });
  if (type === 'image/png') return upright.png();
  return type === 'image/webp' ? upright.webp(WEBP) : upright.jpeg(JPEG);
}

async function describe(
  outputs: [Output, ...Output[]],
  variants: number[],
  picture: Pick<PreparedFile, 'type' | 'width' | 'height'>,
): Promise<PreparedFile> {
  const digest = (await digestOf(outputs[0].path)).slice(0, DIGEST_CHARACTERS);
  const bytes = await Promise.all(outputs.map(async ({ path }) => (await stat(path)).size));
  const storedBytes = bytes.reduce((sum, one) => sum + one, 0);
  return { ...picture, digest, outputs, variants, size: bytes[0] ?? 0, storedBytes };
}

async function digestOf(path: string): Promise<string> {
  const sum = createHash('sha256');
  for await (const chunk of createReadStream(path)) sum.update(chunk as Buffer);
  return sum.digest('hex');
}

function tooMany(field: string): AppError {
  return refused(field, `must have at most ${MAX_MEGAPIXELS} megapixels, all frames together`);
}

function refused(field: string, rule: string): AppError {
  return AppError.validation([{ field, message: `${field} ${rule}` }]);
}
