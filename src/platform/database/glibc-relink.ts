import {
  type ElfImports,
  type ElfSymbol,
  type VersionNeed,
  readElfImports,
} from './elf-imports.js';

const TOO_NEW = 'GLIBC_2.38';

/** The versions under which glibc has had the older forms from the start, by ELF machine. */
const OLDER_VERSIONS: Record<number, { baseline: string; c99Scanf: string }> = {
  62: { baseline: 'GLIBC_2.2.5', c99Scanf: 'GLIBC_2.7' }, // x86-64
  183: { baseline: 'GLIBC_2.17', c99Scanf: 'GLIBC_2.17' }, // AArch64
};

/**
 * What may be rebound. The C23 forms differ from the older ones only in accepting a `0b` prefix for
 * the bases 0 and 2, and the newer `fmod` only lacks an old error hook.
 */
const OLDER_FORMS: Record<string, { name: string; since: 'baseline' | 'c99Scanf' }> = {
  __isoc23_strtol: { name: 'strtol', since: 'baseline' },
  __isoc23_strtoul: { name: 'strtoul', since: 'baseline' },
  __isoc23_strtoll: { name: 'strtoll', since: 'baseline' },
  __isoc23_strtoull: { name: 'strtoull', since: 'baseline' },
  __isoc23_sscanf: { name: '__isoc99_sscanf', since: 'c99Scanf' },
  __isoc23_fscanf: { name: '__isoc99_fscanf', since: 'c99Scanf' },
  fmod: { name: 'fmod', since: 'baseline' },
};

export interface Rebinding {
  /** `symbol@version` */
  from: string;
  to: string;
}

/**
 * Rebinds, in place, the symbols that an ELF64 file takes from glibc 2.38 to the older forms of the
 * same functions. A file without such symbols stays as it is. With `glibcVersion`, such as `2.36`,
 * what else the file asks for must be in that glibc.
 * @throws Error naming the symbol that has no older form or needs a newer glibc
 */
export function rebindToOlderGlibc(file: Buffer, glibcVersion?: string): Rebinding[] {
  const imports = readElfImports(file);
  if (glibcVersion) requireLoadable(imports, glibcVersion);
  const tooNew = imports.needs.filter((need) => need.version === TOO_NEW);
  const wanted = tooNew.flatMap((need) =>
    imports.symbols
      .filter((symbol) => symbol.versionIndex === need.index)
      .map((symbol) => ({ symbol, need })),
  );
  for (const { symbol } of wanted) requireOlderForm(symbol);
  const rebound = wanted.map((each) => rebind(file, imports, each));
  for (const need of tooNew) demandBaseline(file, imports, need);
  return rebound;
}

function requireLoadable({ needs, symbols }: ElfImports, glibcVersion: string): void {
  const missing = needs.find(
    ({ version, weak }) =>
      version !== TOO_NEW && !weak && isNewer(version, `GLIBC_${glibcVersion}`),
  );
  if (!missing) return;
  const users = symbols.filter(({ versionIndex }) => versionIndex === missing.index);
  const names = users.map(({ name }) => name).join(', ') || missing.library;
  throw new Error(`${names} needs ${missing.version} and this system has glibc ${glibcVersion}`);
}

/** Compares by number; a name without one, such as `GLIBC_PRIVATE`, is never newer. */
function isNewer(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.match(/\d+/g)?.map(Number) ?? [];
  const [thanMajor = 0, thanMinor = 0] = than.match(/\d+/g)?.map(Number) ?? [];
  return version.startsWith('GLIBC_') && (major - thanMajor || minor - thanMinor) > 0;
}

function requireOlderForm({ name }: ElfSymbol): { name: string; since: 'baseline' | 'c99Scanf' } {
  const older = Object.hasOwn(OLDER_FORMS, name) ? OLDER_FORMS[name] : undefined;
  if (!older) throw new Error(`${name}@${TOO_NEW} has no known older form`);
  return older;
}

function rebind(
  file: Buffer,
  imports: ElfImports,
  { symbol, need }: { symbol: ElfSymbol; need: VersionNeed },
): Rebinding {
  const older = requireOlderForm(symbol);
  const nameOffset = file.readUInt32LE(symbol.offset);
  if (symbol.name.endsWith(older.name)) {
    file.writeUInt32LE(nameOffset + symbol.name.length - older.name.length, symbol.offset);
  } else {
    file.write(older.name, imports.strings.offset + nameOffset, 'latin1');
  }
  const version = olderVersions(imports)[older.since];
  // A baseline symbol keeps its version record, which is itself rewritten.
  if (older.since !== 'baseline') {
    const record = imports.needs.find((n) => n.library === need.library && n.version === version);
    if (!record) throw new Error(`${symbol.name}: no other symbol of the file uses ${version}`);
    file.writeUInt16LE(record.index, symbol.versionOffset);
  }
  return { from: `${symbol.name}@${TOO_NEW}`, to: `${older.name}@${version}` };
}

/** Makes a library's record of the newer version ask for the baseline: its hash and its name. */
function demandBaseline(file: Buffer, imports: ElfImports, need: VersionNeed): void {
  const { baseline } = olderVersions(imports);
  const model = imports.needs.find(({ version }) => version === baseline);
  if (!model) throw new Error(`no symbol of the file uses ${baseline}`);
  file.writeUInt32LE(file.readUInt32LE(model.offset), need.offset);
  file.writeUInt32LE(file.readUInt32LE(model.offset + 8), need.offset + 8);
}

function olderVersions({ machine }: ElfImports): { baseline: string; c99Scanf: string } {
  const versions = OLDER_VERSIONS[machine];
  if (!versions) throw new Error(`no older glibc forms are known for ELF machine ${machine}`);
  return versions;
}
