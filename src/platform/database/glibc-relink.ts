import { mkdir, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ElfImports,
  type ElfSymbol,
  type VersionNeed,
  readElfImports,
} from './elf-imports.js';

const NEWEST = 'GLIBC_2.38';

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

/** Part of the cache's key: raise it when the same source must give another copy. */
const REVISION = 1;
const ABANDONED_AFTER_MS = 10 * 60_000;

export interface Rebinding {
  /** `symbol@version` */
  from: string;
  to: string;
}

/**
 * Rebinds, in a copy of an ELF64 file, the symbols it wants of glibc 2.38 to the older forms of the
 * same functions, so that it loads on `glibcVersion`. A file that already does comes back as it is.
 * @throws Error naming the symbol that has no older form or needs a newer glibc
 */
export function relinkForGlibc(
  file: Buffer,
  glibcVersion: string,
): { file: Buffer; rebound: Rebinding[] } {
  const copy = Buffer.from(file);
  const imports = readElfImports(copy);
  requireLoadable(imports, glibcVersion);
  const newest = imports.needs.filter((need) => need.version === NEWEST);
  if (newest.length === 0 || !isNewer(NEWEST, glibcVersion)) return { file: copy, rebound: [] };
  const rebound = newest.flatMap((need) =>
    imports.symbols
      .filter((symbol) => symbol.versionIndex === need.index)
      .map((symbol) => rebind(copy, imports, { symbol, need })),
  );
  for (const need of newest) demandBaseline(copy, imports, need);
  return { file: copy, rebound };
}

/** Compares `GLIBC_2.36` or `2.36` by number; a version without one is never newer. */
export function isNewer(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.match(/\d+/g)?.map(Number) ?? [];
  const [thanMajor = 0, thanMinor = 0] = than.match(/\d+/g)?.map(Number) ?? [];
  return major > thanMajor || (major === thanMajor && minor > thanMinor);
}

/**
 * Makes copies of the package's `.node` and `.so` that load on `glibcVersion`, once for each
 * version of package and glibc, and leaves the package as it is. Several processes may do so at
 * once. Answers the path of the `.node`; the `.so` lies beside it, where the `.node` looks for it.
 */
export async function prepareNativeBinaries(options: {
  sourceDirectory: string;
  cacheDirectory: string;
  packageVersion: string;
  glibcVersion: string;
}): Promise<string> {
  const { sourceDirectory, cacheDirectory, packageVersion, glibcVersion } = options;
  const names = (await readdir(sourceDirectory)).filter((name) => /\.(node|so)$/.test(name));
  const addon = names.find((name) => name.endsWith('.node'));
  if (!addon) throw new Error(`${sourceDirectory} has no .node file`);
  const key = `engine-${packageVersion}-${process.arch}-glibc-${glibcVersion}-r${REVISION}`;
  const finished = join(cacheDirectory, key);
  if (!(await isComplete(finished, sourceDirectory, names))) {
    await mkdir(cacheDirectory, { recursive: true });
    await removeAbandoned(cacheDirectory, `${key}.`);
    const draft = await mkdtemp(join(cacheDirectory, `${key}.`));
    try {
      for (const name of names) {
        const { file } = relinkForGlibc(await readFile(join(sourceDirectory, name)), glibcVersion);
        await writeFile(join(draft, name), file, { flush: true });
      }
      await publish(draft, finished, () => isComplete(finished, sourceDirectory, names));
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }
  return join(finished, addon);
}

async function isComplete(directory: string, source: string, names: string[]): Promise<boolean> {
  const sizeOf = (path: string) => stat(path).then(({ size }) => size);
  try {
    const same = names.map(
      async (name) => (await sizeOf(join(directory, name))) === (await sizeOf(join(source, name))),
    );
    return (await Promise.all(same)).every(Boolean);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Gives the draft its final name, unless another process was first with a complete copy. */
async function publish(
  draft: string,
  finished: string,
  isPublished: () => Promise<boolean>,
): Promise<void> {
  try {
    await rename(draft, finished);
  } catch (error) {
    if (!['EEXIST', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    if (await isPublished()) return;
    await rename(finished, join(draft, 'damaged'));
    await rename(draft, finished);
    await rm(join(finished, 'damaged'), { recursive: true });
  }
}

/** A process that was killed while it copied has left its draft. */
async function removeAbandoned(cacheDirectory: string, prefix: string): Promise<void> {
  const drafts = (await readdir(cacheDirectory)).filter((name) => name.startsWith(prefix));
  for (const draft of drafts.map((name) => join(cacheDirectory, name))) {
    const age = Date.now() - ((await stat(draft).catch(() => undefined))?.mtimeMs ?? Date.now());
    if (age > ABANDONED_AFTER_MS) await rm(draft, { recursive: true, force: true });
  }
}

function requireLoadable({ needs, symbols }: ElfImports, glibcVersion: string): void {
  const missing = needs.find(
    ({ version, weak }) =>
      /^GLIBC_\d/.test(version) && version !== NEWEST && !weak && isNewer(version, glibcVersion),
  );
  if (!missing) return;
  const users = symbols.filter(({ versionIndex }) => versionIndex === missing.index);
  const names = users.map(({ name }) => name).join(', ') || missing.library;
  throw new Error(`${names} needs ${missing.version}, and this system has glibc ${glibcVersion}`);
}

function rebind(
  file: Buffer,
  imports: ElfImports,
  { symbol, need }: { symbol: ElfSymbol; need: VersionNeed },
): Rebinding {
  const older = Object.hasOwn(OLDER_FORMS, symbol.name) ? OLDER_FORMS[symbol.name] : undefined;
  if (!older) throw new Error(`${symbol.name}@${NEWEST} has no older form that is known here`);
  const stringOffset = file.readUInt32LE(symbol.offset);
  if (symbol.name.endsWith(older.name)) {
    file.writeUInt32LE(stringOffset + symbol.name.length - older.name.length, symbol.offset);
  } else {
    file.write(older.name, imports.strings.offset + stringOffset, 'latin1');
  }
  const version = olderVersions(imports)[older.since];
  // The record of a baseline symbol is rewritten itself; the others change to another record.
  if (older.since !== 'baseline') {
    const record = imports.needs.find((n) => n.library === need.library && n.version === version);
    if (!record) throw new Error(`${symbol.name}: the file does not use ${version} otherwise`);
    file.writeUInt16LE(record.index, symbol.versionOffset);
  }
  return { from: `${symbol.name}@${NEWEST}`, to: `${older.name}@${version}` };
}

/** Makes a library's record of GLIBC_2.38 ask for the baseline: same hash, same name. */
function demandBaseline(file: Buffer, imports: ElfImports, need: VersionNeed): void {
  const { baseline } = olderVersions(imports);
  const model = imports.needs.find(({ version }) => version === baseline);
  if (!model) throw new Error(`the file does not use ${baseline} otherwise`);
  file.writeUInt32LE(file.readUInt32LE(model.offset), need.offset);
  file.writeUInt32LE(file.readUInt32LE(model.offset + 8), need.offset + 8);
}

function olderVersions({ machine }: ElfImports): { baseline: string; c99Scanf: string } {
  const versions = OLDER_VERSIONS[machine];
  if (!versions) throw new Error(`no older glibc forms are known for ELF machine ${machine}`);
  return versions;
}
