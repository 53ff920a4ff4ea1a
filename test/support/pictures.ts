import { randomBytes } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';

/** What a camera writes into its pictures, and nobody wants to publish. */
export const CAMERA_OWNER = 'canary-of-the-camera';

/** A picture that nobody has sent before. */
export async function aPicture(
  format: 'jpeg' | 'png' | 'webp' = 'jpeg',
  { width = 40, height = 30 } = {},
): Promise<Buffer> {
  const [r = 0, g = 0, b = 0] = randomBytes(3);
  const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const;
  const background = { r, g, b };
  const picture = sharp({ create: { width, height, channels: 3, background, noise } });
  return picture
    .withExif({ IFD0: { Artist: CAMERA_OWNER } })
    .toFormat(format)
    .toBuffer();
}

export function dataUrlOf(bytes: Buffer, type = 'image/jpeg'): string {
  return `data:${type};base64,${bytes.toString('base64')}`;
}

/** A whole PNG file of a few hundred bytes that claims to be so large. */
export function aBomb(side: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc(4_096));
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND')]);
}

function chunk(name: string, data = Buffer.alloc(0)): Buffer {
  const named = Buffer.concat([Buffer.from(name), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}
