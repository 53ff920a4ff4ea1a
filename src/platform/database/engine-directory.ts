import { readFileSync, readlinkSync } from 'node:fs';
import { readFile, readlink, rename, rm, stat, statfs, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '../config/make-directory.js';
import { EmbeddedEngineError } from './embedded-engine-error.js';

const OWNER_LINK = 'engine.owner';
/** Holds the engine's pid from an opening to a close; while open, the system's lock is on it. */
const ENGINE_LOCK = 'mongod.lock';
const BYTES_PER_MB = 1024 * 1024;
const MIN_FREE_MB = 64;
/** In /proc/PID/stat, behind the name: the state, and the start in clock ticks since boot. */
const STAT_STATE = 0;
const STAT_START = 19;

const PLACE = placeOfPids();

export type ReadFreeBytes = (directory: string) => Promise<number>;

/**
 * The right of this process to a data directory, from before the engine is started until after it
 * has ended: also between a death of the engine and its next start. It is a symbolic link to
 * nowhere that names the owner, because making one is a single step that fails when it exists.
 */
export class EngineDirectory {
  private constructor(
    readonly path: string,
    private readonly owner: string,
    private isOwned: boolean,
  ) {}

  /**
   * An owner in another container or machine cannot be seen from here, so its right stands until
   * the engine's own lock has told that it is gone: see `takeOver`.
   * @throws EmbeddedEngineError when a living process owns it, or it cannot be written
   */
  static async claim(path: string): Promise<EngineDirectory> {
    const owner = identify(process.pid) ?? `${process.pid}:${PLACE}`;
    const link = join(path, OWNER_LINK);
    try {
      makeDirectory(path);
      while (!(await linkTo(owner, link))) {
        const found = await readlink(link).catch(() => undefined);
        if (found === undefined) continue;
        if (!found.endsWith(PLACE)) return new EngineDirectory(path, owner, false);
        const pid = Number.parseInt(found, 10);
        if (identify(pid) === found) throw EmbeddedEngineError.inUse(path, pid);
        await discard(link, found);
      }
    } catch (error) {
      if (error instanceof EmbeddedEngineError) throw error;
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
        throw EmbeddedEngineError.diskFull(path, 0, MIN_FREE_MB);
      throw EmbeddedEngineError.notWritable(path, error);
    }
    return new EngineDirectory(path, owner, true);
  }

  /** To be called while the engine has the data open: then no owner elsewhere has. */
  async takeOver(): Promise<void> {
    if (this.isOwned) return;
    const link = join(this.path, OWNER_LINK);
    const aside = `${link}.${process.pid}`;
    await rm(aside, { force: true });
    await symlink(this.owner, aside);
    await rename(aside, link);
    this.isOwned = true;
  }

  async release(): Promise<void> {
    const link = join(this.path, OWNER_LINK);
    const found = await readlink(link).catch(() => undefined);
    if (found === this.owner) await rm(link, { force: true });
  }

  /** The process that has the data open, as the engine itself notes it: where it means one here. */
  async enginePid(): Promise<number | undefined> {
    if (!this.isOwned) return undefined;
    const text = await readFile(join(this.path, ENGINE_LOCK), 'utf8').catch(() => '');
    return Number.parseInt(text, 10) || undefined;
  }

  /** In nanoseconds; undefined while the engine has the data open, or when it died with them. */
  async closedAt(): Promise<bigint | undefined> {
    const { size, mtimeNs } = await stat(join(this.path, ENGINE_LOCK), { bigint: true });
    return size === 0n ? mtimeNs : undefined;
  }

  /** @throws EmbeddedEngineError when the engine would soon end for want of space */
  async requireFreeSpace(readFreeBytes: ReadFreeBytes = readAvailableBytes): Promise<void> {
    const freeMB = Math.floor((await readFreeBytes(this.path)) / BYTES_PER_MB);
    if (freeMB < MIN_FREE_MB) throw EmbeddedEngineError.diskFull(this.path, freeMB, MIN_FREE_MB);
  }
}

async function readAvailableBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

async function linkTo(target: string, link: string): Promise<boolean> {
  try {
    await symlink(target, link);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the link of a dead owner; one that another process made meanwhile is put back. */
async function discard(link: string, deadOwner: string): Promise<void> {
  const aside = `${link}.${process.pid}`;
  try {
    await rename(link, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = await readlink(aside);
  if (moved !== deadOwner) await linkTo(moved, link);
  await rm(aside, { force: true });
}

/**
 * `pid:start@place` of a living process: a pid alone may have gone to another process since. Where
 * there is no /proc, as on macOS, the pid has to do.
 */
function identify(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined;
  }
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return `${pid}:${PLACE}`;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie is dead, but its parent has not asked for it yet.
  return fields[STAT_STATE] === 'Z' ? undefined : `${pid}:${fields[STAT_START]}${PLACE}`;
}

/** The boot and the PID namespace within which a pid and a start name one process. */
function placeOfPids(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `@${boot}/${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '@';
  }
}
