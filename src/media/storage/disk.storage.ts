import { copyFile, mkdir, open, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { isKey } from '../media-paths.js';
import { type ByteRange, MediaStorage, type StoredObject } from './storage.js';

/** Files of a directory: one folder a file, in folders of the last characters of their ids. */
export class DiskStorage extends MediaStorage {
  constructor(private readonly directory: string) {
    super();
  }

  async put(key: string, path: string): Promise<void> {
    const target = this.pathOf(key);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await sync(path);
    await rename(path, target).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EXDEV') throw error;
      // On another file system, where a copy that breaks off must not be found.
      const beside = `${target}.part`;
      await copyFile(path, beside);
      await sync(beside);
      await rename(beside, target);
    });
    await sync(dirname(target));
  }

  async open(key: string): Promise<StoredObject | null> {
    const file = await open(this.pathOf(key), 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (!file) return null;
    const { size } = await file.stat();
    return {
      size,
      read: (range?: ByteRange): Promise<Readable> =>
        Promise.resolve(file.createReadStream({ ...range, highWaterMark: 256 * 1024 })),
      close: () => file.close(),
    };
  }

  async delete(keys: string[]): Promise<void> {
    for (const key of keys) {
      const path = this.pathOf(key);
      await rm(path, { force: true });
      // The last of a file takes its folder along.
      await rmdir(dirname(path)).catch(() => undefined);
    }
  }

  private pathOf(key: string): string {
    if (!isKey(key)) throw new Error('not a key of the storage');
    const [visibility = '', fileId = '', name = ''] = key.split('/');
    return join(this.directory, visibility, fileId.slice(-2), fileId, name);
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
