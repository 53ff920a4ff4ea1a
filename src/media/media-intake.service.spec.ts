import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppConfig } from '../platform/config/app-config.js';
import { type FileType, fileTypeOf } from './file-kinds.js';
import { IncomingFiles } from './incoming-files.service.js';
import { MediaIntake, type PreparedFile } from './media-intake.service.js';

/** What a camera or a program writes into a picture. */
const CANARY = 'canary-of-the-camera';
const XMP = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>${CANARY}</a></x:xmpmeta>`;
const EXIF = {
  IFD0: { Artist: CANARY, ImageDescription: CANARY },
  IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '16/1 48/1 19/1', GPSMapDatum: CANARY },
};
const RED = { r: 255, g: 0, b: 0 };
const BLUE = { r: 0, g: 0, b: 255 };

let dataDirectory: string;
let incoming: IncomingFiles;
let intake: MediaIntake;

beforeAll(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'cliick-intake-'));
  incoming = new IncomingFiles({ dataDirectory } as AppConfig);
  intake = new MediaIntake(incoming);
});

afterAll(() => rm(dataDirectory, { recursive: true, force: true }));

async function prepare(bytes: Buffer): Promise<PreparedFile> {
  const path = await incoming.reserve();
  await writeFile(path, bytes);
  const type = fileTypeOf(bytes) as FileType;
  const received = { path, name: '', type, size: bytes.length, digest: '' };
  try {
    return await intake.prepare(received, 'file');
  } finally {
    await incoming.discard([path]);
  }
}

/** What was made of it, gone from the disk. */
async function made(bytes: Buffer): Promise<{ prepared: PreparedFile; outputs: Buffer[] }> {
  const prepared = await prepare(bytes);
  const paths = prepared.outputs.map(({ path }) => path);
  const outputs = await Promise.all(paths.map((path) => readFile(path)));
  await incoming.discard(paths);
  return { prepared, outputs };
}

const plain = (width: number, height: number, background = RED) =>
  sharp({ create: { width, height, channels: 3, background } });
const left = () => readdir(join(dataDirectory, 'media', 'incoming'));

describe('a picture that is taken in', () => {
  it.each(['jpeg', 'png', 'webp'] as const)(
    'tells nothing of its camera, its place or its program, nor do its variants: %s',
    async (format) => {
      const sent = await plain(900, 700).withExif(EXIF).withXmp(XMP).toFormat(format).toBuffer();
      expect(sent.includes(CANARY)).toBe(true);
      const { outputs } = await made(sent);
      expect(outputs).toHaveLength(3);
      for (const output of outputs) {
        expect(output.includes(CANARY)).toBe(false);
        const { exif, xmp, iptc, comments } = await sharp(output).metadata();
        expect({ exif, xmp, iptc, comments }).toEqual({});
      }
    },
  );

  it('stands as its camera was held, and so do its variants', async () => {
    const onItsSide = plain(100, 60).withMetadata({ orientation: 6 });
    const { prepared, outputs } = await made(await onItsSide.jpeg().toBuffer());
    expect(prepared).toMatchObject({ width: 60, height: 100 });
    for (const output of outputs) {
      expect(await sharp(output).metadata()).toMatchObject({ width: 60, height: 100 });
    }
  });

  it('has at most 2560 pixels on a side, and its variants 640 and 240', async () => {
    const { prepared, outputs } = await made(await plain(3_000, 1_500).jpeg().toBuffer());
    expect(prepared).toMatchObject({ width: 2_560, height: 1_280, variants: [640, 240] });
    const sides = outputs.map(async (output) => (await sharp(output).metadata()).width);
    expect(await Promise.all(sides)).toEqual([2_560, 640, 240]);
    expect(prepared.size).toBe(outputs[0]!.length);
    const bytes = outputs.reduce((sum, output) => sum + output.length, 0);
    expect(prepared.storedBytes).toBe(bytes);
  });

  it('keeps every frame of a GIF and its time, no word in it, and the size of one frame', async () => {
    const frames = await Promise.all(
      [RED, BLUE, RED].map((background) => plain(50, 30, background).png().toBuffer()),
    );
    const moving = sharp(frames, { join: { animated: true } });
    const gif = await moving.gif({ delay: [100, 200, 300] }).toBuffer();
    const comment = Buffer.from(
      `\x21\xfe${String.fromCharCode(CANARY.length)}${CANARY}\0`,
      'latin1',
    );
    // Before the byte that ends a GIF.
    const sent = Buffer.concat([gif.subarray(0, -1), comment, gif.subarray(-1)]);
    const { prepared, outputs } = await made(sent);
    expect(prepared).toMatchObject({ type: 'image/gif', width: 50, height: 30 });
    const [whole = Buffer.alloc(0), ...variants] = outputs;
    const { pages, delay } = await sharp(whole, { animated: true }).metadata();
    expect({ pages, delay }).toEqual({ pages: 3, delay: [100, 200, 300] });
    expect(whole.includes(CANARY)).toBe(false);
    for (const variant of variants) {
      const { format, pages: stills = 1 } = await sharp(variant).metadata();
      expect({ format, stills }).toEqual({ format: 'webp', stills: 1 });
    }
  });

  it('leaves nothing on the disk when it breaks in the middle', async () => {
    const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
    const whole = await sharp({
      create: { width: 400, height: 400, channels: 3, background: RED, noise },
    })
      .png()
      .toBuffer();
    await expect(prepare(whole.subarray(0, whole.length / 2))).rejects.toThrow(
      'Please correct: file',
    );
    expect(await left()).toEqual([]);
  });
});
