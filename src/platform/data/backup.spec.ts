import { access, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from 'tar';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { restore } from './backup.js';

const CONTENT = ['dev-secrets.json', 'media/picture.jpg', 'mongodb/WiredTiger', 'zoo/animal.jpg'];
const NAMES = ['dev-secrets.json', 'media', 'mongodb', 'zoo'];
/** So many take a while to be put into place. */
const MANY = Array.from({ length: 500 }, (_, number) => `file-${number}`);

let directory: string;
let dataDirectory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cliick-restore-'));
  dataDirectory = join(directory, 'data');
});

afterEach(() => rm(directory, { recursive: true }));

async function archiveOf(files: string[]): Promise<string> {
  const cwd = join(directory, 'content');
  for (const file of files) {
    await mkdir(dirname(join(cwd, file)), { recursive: true });
    await writeFile(join(cwd, file), 'content');
  }
  const file = join(directory, 'shop.tgz');
  await create({ gzip: true, cwd, file }, ['.']);
  return file;
}

async function untilUnpacked(): Promise<void> {
  await vi.waitFor(() => access(join(dataDirectory, '.restoring', 'zoo')), { interval: 1 });
}

describe('a restore', () => {
  it('is done by one of two at once, whole', async () => {
    const file = await archiveOf([...CONTENT, ...MANY]);
    const first = restore(dataDirectory, file);
    await untilUnpacked();
    const second = restore(dataDirectory, file);
    await expect(second).rejects.toThrow(/ is of another restore: | holds .* already: /);
    await first;
    expect((await readdir(dataDirectory)).toSorted()).toEqual([...NAMES, ...MANY].toSorted());
  });

  it('brings the database last, and not where something else was lost', async () => {
    const restoring = restore(dataDirectory, await archiveOf([...CONTENT, ...MANY]));
    await untilUnpacked();
    await rm(join(dataDirectory, '.restoring', 'zoo'), { recursive: true });
    await expect(restoring).rejects.toThrow(' cannot be written (ENOENT): ');
    expect((await readdir(dataDirectory)).toSorted()).toEqual(
      [...MANY, 'dev-secrets.json', 'media'].toSorted(),
    );
  });

  it('goes into the root of a file system, from that of another', async () => {
    const file = await archiveOf([...CONTENT, 'lost+found/#12']);
    await mkdir(join(dataDirectory, 'lost+found'), { recursive: true });
    await restore(dataDirectory, file);
    expect((await readdir(dataDirectory)).toSorted()).toEqual([...NAMES, 'lost+found'].toSorted());
    expect(await readdir(join(dataDirectory, 'lost+found'))).toEqual([]);
  });

  it('names what a killed one has left, and leaves it', async () => {
    const file = await archiveOf(CONTENT);
    await mkdir(join(dataDirectory, '.restoring', 'mongodb'), { recursive: true });
    await expect(restore(dataDirectory, file)).rejects.toThrow(
      `${dataDirectory}/.restoring is of another restore: let that end, or remove it if none runs.`,
    );
    expect(await readdir(dataDirectory, { recursive: true })).toEqual([
      '.restoring',
      '.restoring/mongodb',
    ]);
  });
});
