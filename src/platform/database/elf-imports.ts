const SECTION_DYNAMIC_SYMBOLS = 11;
const SECTION_VERSION_NEEDS = 0x6ffffffe;
const SECTION_SYMBOL_VERSIONS = 0x6fffffff;
const SYMBOL_BYTES = 24;
const VERSION_HIDDEN_BIT = 0x8000;
const NEED_FLAG_WEAK = 2;

interface Section {
  type: number;
  offset: number;
  size: number;
  link: number;
  count: number;
}

export interface VersionNeed {
  /** Where the record stands in the file. */
  offset: number;
  index: number;
  weak: boolean;
  library: string;
  version: string;
}

export interface ElfSymbol {
  offset: number;
  /** Where the file keeps the index of its version need. */
  versionOffset: number;
  versionIndex: number;
  name: string;
}

export interface ElfImports {
  machine: number;
  strings: Section;
  needs: VersionNeed[];
  symbols: ElfSymbol[];
}

/**
 * What an ELF64 file takes from its libraries: its dynamic symbols and the versions they ask for.
 * @throws Error saying why the file cannot be read as one
 */
export function readElfImports(file: Buffer): ElfImports {
  const isElf64LittleEndian = file.subarray(0, 6).equals(Buffer.from('\x7fELF\x02\x01', 'latin1'));
  if (!isElf64LittleEndian) throw new Error('not a 64-bit little-endian ELF file');
  try {
    const sections = readSections(file);
    const find = (type: number) => sections.find((section) => section.type === type);
    const symbols = find(SECTION_DYNAMIC_SYMBOLS);
    const versions = find(SECTION_SYMBOL_VERSIONS);
    const needs = find(SECTION_VERSION_NEEDS);
    const strings = symbols && sections[symbols.link];
    if (!symbols || !versions || !needs || !strings) {
      throw new Error('an ELF file without versioned dynamic symbols');
    }
    return {
      machine: file.readUInt16LE(18),
      strings,
      needs: readNeeds(file, needs, strings),
      symbols: readSymbols(file, { symbols, versions, strings }),
    };
  } catch (error) {
    if (error instanceof RangeError) throw new Error('a truncated ELF file', { cause: error });
    throw error;
  }
}

/** Every `symbol@version` that an ELF64 file takes from its libraries. */
export function listImports(file: Buffer): string[] {
  const { needs, symbols } = readElfImports(file);
  const versions = new Map(needs.map((need) => [need.index, need.version]));
  return symbols.flatMap(({ name, versionIndex }) => {
    const version = versions.get(versionIndex);
    return version ? [`${name}@${version}`] : [];
  });
}

function readSections(file: Buffer): Section[] {
  const start = Number(file.readBigUInt64LE(40));
  const entryBytes = file.readUInt16LE(58);
  return Array.from({ length: file.readUInt16LE(60) }, (_, i) => {
    const at = start + i * entryBytes;
    return {
      type: file.readUInt32LE(at + 4),
      offset: Number(file.readBigUInt64LE(at + 24)),
      size: Number(file.readBigUInt64LE(at + 32)),
      link: file.readUInt32LE(at + 40),
      count: file.readUInt32LE(at + 44),
    };
  });
}

function readNeeds(file: Buffer, section: Section, strings: Section): VersionNeed[] {
  const needs: VersionNeed[] = [];
  let at = section.offset;
  for (let i = 0; i < section.count; i++) {
    const library = readString(file, strings, file.readUInt32LE(at + 4));
    let offset = at + file.readUInt32LE(at + 8);
    for (let j = file.readUInt16LE(at + 2); j > 0; j--) {
      needs.push({
        offset,
        index: file.readUInt16LE(offset + 6),
        weak: (file.readUInt16LE(offset + 4) & NEED_FLAG_WEAK) !== 0,
        library,
        version: readString(file, strings, file.readUInt32LE(offset + 8)),
      });
      offset += file.readUInt32LE(offset + 12);
    }
    at += file.readUInt32LE(at + 12);
  }
  return needs;
}

function readSymbols(
  file: Buffer,
  at: { symbols: Section; versions: Section; strings: Section },
): ElfSymbol[] {
  return Array.from({ length: Math.floor(at.symbols.size / SYMBOL_BYTES) }, (_, i) => {
    const offset = at.symbols.offset + i * SYMBOL_BYTES;
    const versionOffset = at.versions.offset + i * 2;
    return {
      offset,
      versionOffset,
      versionIndex: file.readUInt16LE(versionOffset) & ~VERSION_HIDDEN_BIT,
      name: readString(file, at.strings, file.readUInt32LE(offset)),
    };
  });
}

function readString(file: Buffer, strings: Section, offset: number): string {
  const start = strings.offset + offset;
  return file.toString('latin1', start, file.indexOf(0, start));
}
