import { lstat, mkdir, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, normalize, resolve } from 'node:path';
import { create, extract, list } from 'tar';
import { DatabaseServer } from '../database/database-server.js';
import { EngineDirectory } from '../database/engine-directory.js';
import { DATABASE, exists, OF_EVERY_DATABASE, requireDatabase } from './database-directory.js';
import { DataError } from './data-error.js';

const OWNER_LINK = `${DATABASE}/engine.owner`;
const UNFINISHED = '.restoring';
/** Of the file system, at its root. */
const LOST_AND_FOUND = 'lost+found';
/** Made anew where they are missing, or of the process or the disk that holds the directory. */
const LEFT_OUT = new Set(['cache', 'prepare.lock', UNFINISHED, LOST_AND_FOUND, OWNER_LINK]);

/**
 * Writes all of a data directory to `file`, a gzipped tar archive: the database and the
 * generated secrets, so whoever has it has the shop.
 * @throws DataError, or EmbeddedEngineError while a server holds the directory
 */
export async function backUp(dataDirectory: string, file: string): Promise<{ bytes: number }> {
  const target = resolve(file);
  if (await exists(target)) throw new DataError(`${file} is there already: name a new file.`);
  await requireDatabase(dataDirectory);
  // Under its name only when it is whole.
  const part = `${target}.part`;
  try {
    await writeFile(part, '', { mode: 0o600 });
    await whileClosed(dataDirectory, async () => {
      await create({ ...(await archiveOf(dataDirectory, part)), file: part, mode: 0o600 }, ['.']);
    });
    await requireDatabaseIn(part, file);
    await rename(part, target);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw whyNotBackedUp(error, file, part);
  }
  return { bytes: (await stat(target)).size };
}

async function archiveOf(dataDirectory: string, part: string) {
  const { dev, ino } = await stat(part);
  const cwd = await realpath(dataDirectory);
  // What is behind a link, such as files on a bigger disk, belongs to the data; the owner's link
  // leads nowhere, so it is not to be followed.
  const owner = join(cwd, OWNER_LINK);
  const statCache = new Map([[owner, await lstat(owner)]]);
  // Within the data directory the archive would hold what has been written of itself.
  const filter = (path: string, about: object): boolean =>
    !LEFT_OUT.has(path.replace(/^\.\//, '')) &&
    !('ino' in about && about.ino === ino && 'dev' in about && about.dev === dev);
  return { gzip: true, cwd, portable: true, follow: true, statCache, filter };
}

/** Reads the archive to its end, too. */
async function requireDatabaseIn(part: string, file: string): Promise<void> {
  const names: string[] = [];
  await list({ file: part, strict: true, onReadEntry: ({ path }) => names.push(path) });
  if (names.includes(`./${OF_EVERY_DATABASE}`)) return;
  throw new DataError(`The database did not get into ${file}: look whether DATA_DIR holds it.`);
}

function whyNotBackedUp(error: unknown, file: string, part: string): unknown {
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (path === part || code === 'ENOSPC') {
    const remedy = 'name one where this user can write and there is space';
    return new DataError(`${file} cannot be written (${code}): ${remedy}.`);
  }
  if (!syscall || !path) return error;
  return new DataError(`${path} cannot be read (${code}): make it readable for this user.`);
}

/**
 * Puts what `backUp` wrote into a data directory that holds nothing of it yet: not even generated
 * secrets, which may be the only ones that open a database elsewhere.
 * @throws DataError, or EmbeddedEngineError while a server holds the directory
 */
export async function restore(dataDirectory: string, file: string): Promise<void> {
  if (!(await exists(file))) throw new DataError(`There is no file ${file}: name a backup.`);
  const unfinished = join(dataDirectory, UNFINISHED);
  try {
    await mkdir(dataDirectory, { recursive: true });
    // Told before all of the archive is read.
    await requireFree(dataDirectory, [DATABASE]);
    // It fails where one is: of two restores at once, only one goes on.
    await mkdir(unfinished);
    try {
      await fill(dataDirectory, unfinished, file);
    } finally {
      await rm(unfinished, { recursive: true, force: true }).catch(() => {});
    }
  } catch (error) {
    throw whyNotRestored(error as Error, file, dataDirectory);
  }
}

async function fill(dataDirectory: string, unfinished: string, file: string): Promise<void> {
  const names = unpack(file, unfinished);
  if (!(await exists(join(unfinished, OF_EVERY_DATABASE))))
    throw new DataError(`${file} holds no database: use another.`);
  await requireFree(dataDirectory, names);
  // The database last: only with it the directory counts as restored.
  for (const name of names.toSorted((one, other) => rank(one) - rank(other))) {
    await rename(join(unfinished, name), join(dataDirectory, name));
  }
}

/** What the archive itself names at its top: each of it, unless a disk's own, has to arrive. */
function unpack(file: string, directory: string): string[] {
  const names = new Set<string>();
  const onReadEntry = ({ path }: { path: string }): void => {
    names.add(normalize(path).split('/')[0]!);
  };
  // One file after the other: at the first that fails, no other is still being written.
  extract({ file, cwd: directory, strict: true, sync: true, onReadEntry });
  return [...names].filter((name) => name !== '.' && name !== LOST_AND_FOUND);
}

function whyNotRestored(error: Error, file: string, dataDirectory: string): Error {
  if (error instanceof DataError) return error;
  const { code, message, path, syscall } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST' && path === join(dataDirectory, UNFINISHED))
    return new DataError(`${path} is of another restore: let that end, or remove it if none runs.`);
  // What the archive's own format or its compression is about.
  if (!syscall) return new DataError(`${file} is no whole backup (${message}): use another.`);
  if (path === file)
    return new DataError(`${file} cannot be read (${code}): make it readable for this user.`);
  const remedy = code === 'ENOSPC' ? 'free some space' : 'let this user write it';
  const sentence = `${dataDirectory} cannot be written (${code}): ${remedy}, or point DATA_DIR elsewhere.`;
  return new DataError(sentence);
}

/** @throws DataError naming what of `names` is there: it may be all that somebody has of it */
async function requireFree(dataDirectory: string, names: string[]): Promise<void> {
  const there = new Set(await readdir(dataDirectory));
  const taken = names.filter((name) => there.has(name)).toSorted();
  if (taken.length === 0) return;
  const sentence = `${dataDirectory} holds ${taken.join(', ')} already: move it away, or point DATA_DIR elsewhere.`;
  throw new DataError(sentence);
}

const rank = (name: string): number => Number(name === DATABASE);

/** @throws DataError, or EmbeddedEngineError when any process has the database open meanwhile */
async function whileClosed(dataDirectory: string, work: () => Promise<void>): Promise<void> {
  // Only the engine's own lock tells of every process that has the data, in whatever container.
  const engine = await DatabaseServer.reach({ dataDirectory });
  await engine.stop();
  const held = await EngineDirectory.claim(join(dataDirectory, DATABASE));
  try {
    const closedAt = await held.closedAt();
    await work();
    if (closedAt !== undefined && closedAt === (await held.closedAt())) return;
    throw new DataError('A server opened the database meanwhile: stop it, and begin again.');
  } finally {
    await held.release();
  }
}
