import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listImports, readElfImports } from './elf-imports.js';
import { rebindToOlderGlibc } from './glibc-relink.js';
import { locatePackage, platformPackage } from './native-binaries.js';

const KNOWN_SYMBOLS = [
  '__isoc23_fscanf',
  '__isoc23_sscanf',
  '__isoc23_strtol',
  '__isoc23_strtoll',
  '__isoc23_strtoul',
  '__isoc23_strtoull',
  'fmod',
].map((name) => `${name}@GLIBC_2.38`);

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

  it('refuses an empty file, what is no ELF file, a 32-bit one, a cut one, one of another machine', () => {
    const file = anElf({
      symbols: [
        ['free', 'GLIBC_2.2.5'],
        ['fmod', 'GLIBC_2.38'],
      ],
    });
    const refused = 'not a 64-bit little-endian ELF file';
    expect(() => rebindToOlderGlibc(Buffer.alloc(0))).toThrow(refused);
    expect(() => rebindToOlderGlibc(Buffer.from('#!/bin/sh\n'))).toThrow(refused);
    const of32Bits = Buffer.from(file);
    of32Bits.writeUInt8(1, 4);
    expect(() => rebindToOlderGlibc(of32Bits)).toThrow(refused);
    expect(() => rebindToOlderGlibc(file.subarray(0, 100))).toThrow('truncated');
    file.writeUInt16LE(8, 18);
    expect(() => rebindToOlderGlibc(file)).toThrow('ELF machine 8');
  });
});

describe('the binaries of the installed package', () => {
  const name = platformPackage({ platform: 'linux', arch: process.arch, glibcVersion: '2.38' });
  const found = name ? locatePackage(name) : undefined;
  let originals: Buffer[];

  beforeAll(async () => {
    if (!found) return;
    const names = (await readdir(found.directory)).filter((each) => /\.(node|so)$/.test(each));
    originals = await Promise.all(names.map((each) => readFile(join(found.directory, each))));
  });

  beforeEach((context) => {
    if (!found) context.skip(`${name ?? 'a package for this processor'} is not installed`);
  });

  const copies = (): Buffer[] => originals.map((original) => Buffer.from(original));
  const tooNewOf = (file: Buffer): string[] =>
    listImports(file).filter((symbol) => symbol.endsWith('@GLIBC_2.38'));

  it('have exactly the known symbols rebound, in few bytes', () => {
    expect(originals).toHaveLength(2);
    for (const original of originals) {
      const file = Buffer.from(original);
      const rebound = rebindToOlderGlibc(file, '2.36').map(({ from }) => from);
      expect(rebound.sort()).toEqual(tooNewOf(original).sort());
      expect(rebound).not.toEqual([]);
      expect(KNOWN_SYMBOLS).toEqual(expect.arrayContaining(rebound));
      expect(countChangedBytes(original, file)).toBeLessThan(64);
    }
  });

  it('demand nothing newer than glibc 2.37 afterwards, and a second run changes nothing', () => {
    for (const file of copies()) {
      rebindToOlderGlibc(file);
      const minors = readElfImports(file).needs.map(({ version }) =>
        /^GLIBC_2\.(\d+)/.exec(version),
      );
      expect(Math.max(...minors.map((found) => Number(found?.[1] ?? 0)))).toBeLessThanOrEqual(37);
      const once = Buffer.from(file);
      expect(rebindToOlderGlibc(file)).toEqual([]);
      expect(file.equals(once)).toBe(true);
    }
  });

  it('stop it when a symbol at GLIBC_2.38 has another name', () => {
    for (const file of copies()) {
      const { strings, symbols } = readElfImports(file);
      const [known = ''] = tooNewOf(file);
      const symbol = symbols.find((each) => known === `${each.name}@GLIBC_2.38`)!;
      file.write('X', strings.offset + file.readUInt32LE(symbol.offset), 'latin1');
      const renamed = Buffer.from(file);
      expect(() => rebindToOlderGlibc(file)).toThrow(
        `X${symbol.name.slice(1)}@GLIBC_2.38 has no known older form`,
      );
      expect(file.equals(renamed)).toBe(true);
    }
  });

  it('stop it when they demand a version newer than 2.38', () => {
    for (const file of copies()) {
      const { strings, needs } = readElfImports(file);
      const need = needs.find(({ version }) => version === 'GLIBC_2.38')!;
      file.write('GLIBC_2.39', strings.offset + file.readUInt32LE(need.offset + 8), 'latin1');
      expect(() => rebindToOlderGlibc(file, '2.36')).toThrow(
        /needs GLIBC_2\.39 and this system has glibc 2\.36$/,
      );
    }
  });
});

function countChangedBytes(before: Buffer, after: Buffer): number {
  let changed = 0;
  for (let i = 0; i < before.length; i++) if (before[i] !== after[i]) changed++;
  return changed + Math.abs(after.length - before.length);
}
