import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppConfig } from '../platform/config/app-config.js';
import { MEBIBYTE } from '../platform/http/body-limits.js';
import { IncomingFiles } from './incoming-files.service.js';

const PDF = Buffer.from('%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n'.repeat(3));
/** How much comes at a time. */
const CHUNK_BYTES = MEBIBYTE;

let dataDirectory: string;
let incoming: IncomingFiles;

beforeAll(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'cliick-incoming-'));
  incoming = new IncomingFiles({ dataDirectory } as AppConfig);
});

afterAll(() => rm(dataDirectory, { recursive: true, force: true }));

const left = () => readdir(join(dataDirectory, 'media', 'incoming'));

/** A file that begins so and never ends, and how many pieces of it were taken. */
function endless(signature: string) {
  const sent = { pieces: 0 };
  async function* pieces(): AsyncGenerator<Buffer> {
    const head = Buffer.alloc(CHUNK_BYTES);
    head.write(signature, 'latin1');
    for (; ; sent.pieces++) yield sent.pieces === 0 ? head : Buffer.alloc(CHUNK_BYTES);
  }
  return { sent, chunks: pieces() };
}

async function* all(...chunks: Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

describe('a file that is coming', () => {
  it.each([
    ['image', '\xff\xd8\xff\xe0', 10],
    ['gif', 'GIF89a', 10],
    ['file', '%PDF-1.7', 10],
    ['video', '\0\0\0\x18ftypisom', 50],
  ])('is refused as soon as it is too large a %s, with the number', async (kind, head, most) => {
    const { sent, chunks } = endless(head);
    await expect(incoming.receive(chunks, '', 'files.0')).rejects.toMatchObject({
      code: 'payload_too_large',
      message: `The ${kind} in files.0 is too large: send at most ${most} MB.`,
    });
    expect(sent.pieces).toBe(most);
    expect(await left()).toEqual([]);
  });

  it('is refused by its first piece when it is nothing that is taken', async () => {
    const { sent, chunks } = endless('<html>');
    const refused = incoming.receive(chunks, 'a.jpg', 'files.0');
    await expect(refused).rejects.toMatchObject({ code: 'validation_failed' });
    expect(sent.pieces).toBe(0);
    expect(await left()).toEqual([]);
  });

  it('is known by bytes that come one by one', async () => {
    const bytes = [...PDF].map((one) => Buffer.from([one]));
    const { type, size, path } = await incoming.receive(all(...bytes), '', 'files.0');
    expect({ type, size }).toEqual({ type: 'application/pdf', size: PDF.length });
    await incoming.discard([path]);
  });

  it.each([
    ['/etc/../passwd', 'passwd'],
    ['C:\\photos\\a "b"<c>.jpg', 'a bc.jpg'],
    ['a%0D%0Ab.pdf', 'ab.pdf'],
    ['\u202Egpj.exe\n', 'gpj.exe'],
    // The cut goes through the last character, of two halves.
    [`${'n'.repeat(199)}\u{1F642}.jpg`, `${'n'.repeat(199)}\uFFFD`],
  ])('has a name for people, with nothing of a path or a header in it: %j', async (sent, kept) => {
    const { name, path } = await incoming.receive(all(PDF), sent, 'files.0');
    expect(name).toBe(kept);
    expect(() => encodeURIComponent(name)).not.toThrow();
    await incoming.discard([path]);
  });
});

describe('what a process that died has left', () => {
  it('goes at the next start, and what another process is writing stays', async () => {
    const [old, fresh] = [await incoming.reserve(), await incoming.reserve()];
    await writeFile(old, 'left');
    await writeFile(fresh, 'coming');
    const twoHoursAgo = Date.now() / 1_000 - 2 * 3_600;
    await utimes(old, twoHoursAgo, twoHoursAgo);
    await incoming.onApplicationBootstrap();
    expect((await left()).map((name) => fresh.endsWith(name))).toEqual([true]);
    await incoming.discard([fresh]);
  });
});
