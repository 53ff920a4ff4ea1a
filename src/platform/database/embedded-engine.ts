import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, mkdir, mkdtemp, rename, rm, statfs, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  locatePackage,
  type Machine,
  needsOlderGlibc,
  platformPackage,
  rebindBinaries,
  thisMachine,
} from './native-binaries.js';

/** The embedded database cannot run; the message is one sentence that names the remedy. */
export class EmbeddedEngineError extends Error {}

export interface EngineLog {
  info(msg: string, fields?: object): void;
  warn(msg: string, fields?: object): void;
  error(msg: string, fields?: object): void;
}

export interface EmbeddedEngineOptions {
  /** Absolute path of the data. */
  directory: string;
  /** Where rebound binaries are kept. */
  cacheDirectory: string;
  /** Variables of the engine's process. */
  env: Record<string, string | undefined>;
  log: EngineLog;
  machine?: Machine;
}

/** What the engine's process tells its parent, once. */
export type ChildMessage = { ready: true; socketPath: string } | { ready: false; reason: string };

const CHILD = fileURLToPath(new URL('./embedded-engine.child.js', import.meta.url));
const MEBIBYTE = 1024 * 1024;
const MIN_FREE_BYTES = 64 * MEBIBYTE;
/** How long a start waits for the engine of a killed process to let go of the directory. */
const RELEASE_DEADLINE_MS = 10_000;
const RELEASE_POLL_MS = 200;
const STOP_DEADLINE_MS = 10_000;
const FIRST_RESTART_DELAY_MS = 100;
const LAST_RESTART_DELAY_MS = 5_000;
const STABLE_AFTER_MS = 60_000;
const IN_USE = /DBPathInUse/;
const DISK_FULL = /No space left|ENOSPC|disk.*full/i;

/**
 * The MongoDB server code in a process of its own: started, watched, and started again when it
 * dies, under one URI that stays, so that a connected driver finds it again by itself.
 */
export class EmbeddedEngine {
  /** Follows the socket of whichever process serves. */
  readonly uri: string;
  private child: ChildProcess | undefined;
  private stopping = false;
  private restartDelayMs = FIRST_RESTART_DELAY_MS;
  private restarting: Promise<void> = Promise.resolve();

  private constructor(
    private readonly options: EmbeddedEngineOptions,
    private readonly nativeLibrary: string | undefined,
    /** Short and private: a socket's path may have 108 bytes at most. */
    private readonly socketDirectory: string,
  ) {
    this.uri = `mongodb://${encodeURIComponent(this.socketLink)}/?directConnection=true`;
  }

  /** @throws EmbeddedEngineError when the database cannot run here */
  static async start(options: EmbeddedEngineOptions): Promise<EmbeddedEngine> {
    const nativeLibrary = await prepareBinaries(options);
    await prepareDirectory(options.directory);
    const socketDirectory = await mkdtemp(join(tmpdir(), 'cliick-db-'));
    const engine = new EmbeddedEngine(options, nativeLibrary, socketDirectory);
    try {
      await engine.openWhenReleased();
      return engine;
    } catch (error) {
      await rm(socketDirectory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Process that serves at the moment. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Closes the data cleanly and ends the process; kills it when that takes too long. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.restarting;
    const { child } = this;
    if (child && isRunning(child)) {
      const exited = once(child, 'exit');
      if (child.connected) child.send({ stop: true });
      const killed = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
      await exited;
      clearTimeout(killed);
    }
    await rm(this.socketDirectory, { recursive: true, force: true });
  }

  private get socketLink(): string {
    return join(this.socketDirectory, 'mongodb.sock');
  }

  /** The engine of a killed API closes by itself within moments; another one never does. */
  private async openWhenReleased(): Promise<void> {
    const deadline = Date.now() + RELEASE_DEADLINE_MS;
    for (;;) {
      const failure = await this.open();
      if (failure === undefined) return;
      if (!IN_USE.test(failure) || Date.now() > deadline) {
        throw new EmbeddedEngineError(this.explain(failure));
      }
      await sleep(RELEASE_POLL_MS);
    }
  }

  /** Starts a process and answers why it could not serve, or nothing once it does. */
  private async open(): Promise<string | undefined> {
    const { directory, env, log } = this.options;
    const child = fork(CHILD, [directory], {
      env: { ...env, NAPI_RS_NATIVE_LIBRARY_PATH: this.nativeLibrary } as NodeJS.ProcessEnv,
      // The server code reports on its standard output in a format of its own.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const message = await firstMessage(child);
    if (!message.ready) return message.reason;
    await this.pointTo(message.socketPath);
    this.child = child;
    const openedAt = Date.now();
    child.once('exit', (code, signal) => {
      if (this.stopping) return;
      log.error('the embedded database ended: starting it again', { pid: child.pid, code, signal });
      if (Date.now() - openedAt > STABLE_AFTER_MS) this.restartDelayMs = FIRST_RESTART_DELAY_MS;
      this.restarting = this.restart();
    });
    return undefined;
  }

  /** Tries until it serves again or is stopped; the cause, such as a full disk, may pass. */
  private async restart(): Promise<void> {
    const { directory, log } = this.options;
    while (!this.stopping) {
      await sleep(this.restartDelayMs);
      this.restartDelayMs = Math.min(this.restartDelayMs * 2, LAST_RESTART_DELAY_MS);
      try {
        await requireFreeSpace(directory);
        const failure = this.stopping ? undefined : await this.open();
        if (failure === undefined) {
          log.info('the embedded database serves again', { pid: this.pid });
          return;
        }
        log.error(this.explain(failure));
      } catch (error) {
        log.error(error instanceof Error ? error.message : String(error));
      }
    }
  }

  /** Swaps the link in one step: a driver finds the old socket or the new, never none. */
  private async pointTo(socketPath: string): Promise<void> {
    const next = `${this.socketLink}.next`;
    await rm(next, { force: true });
    await symlink(socketPath, next);
    await rename(next, this.socketLink);
  }

  private explain(failure: string): string {
    const { directory } = this.options;
    if (IN_USE.test(failure)) {
      return (
        `Another process uses the database in ${directory}: ` +
        'stop it, or point DATA_DIR at another directory.'
      );
    }
    if (DISK_FULL.test(failure)) return diskFull(directory, 0);
    const reason = failure.split('\n')[0];
    return `The embedded database cannot open ${directory} (${reason}): mend that, or set MONGODB_URI.`;
  }
}

async function firstMessage(child: ChildProcess): Promise<ChildMessage> {
  const ended = once(child, 'exit').then(([code, signal]): ChildMessage => ({
    ready: false,
    reason: `its process ended with ${String(signal ?? code)}`,
  }));
  const told = once(child, 'message').then(([message]) => message as ChildMessage);
  return Promise.race([told, ended]);
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

/** The rebound `.node` file to load, or undefined where the package's own loads. */
async function prepareBinaries({
  cacheDirectory,
  machine = thisMachine(),
}: EmbeddedEngineOptions): Promise<string | undefined> {
  const name = platformPackage(machine);
  const found = name && locatePackage(name);
  if (!found) {
    throw new EmbeddedEngineError(
      `There is no embedded database for ${machine.platform} on ${machine.arch}: ` +
        'set MONGODB_URI to a MongoDB server.',
    );
  }
  if (!needsOlderGlibc(machine)) return undefined;
  try {
    return await rebindBinaries(found, cacheDirectory);
  } catch (error) {
    throw new EmbeddedEngineError(
      `The embedded database cannot be made to load on glibc ${machine.glibcVersion} ` +
        `(${(error as Error).message}): set MONGODB_URI to a MongoDB server.`,
    );
  }
}

async function prepareDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new EmbeddedEngineError(
      `The data directory ${directory} cannot be written (${(error as NodeJS.ErrnoException).code}): ` +
        'point DATA_DIR at one that this user can write.',
    );
  }
  await requireFreeSpace(directory);
}

async function requireFreeSpace(directory: string): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  if (free < MIN_FREE_BYTES) throw new EmbeddedEngineError(diskFull(directory, free));
}

function diskFull(directory: string, freeBytes: number): string {
  return (
    `The disk of ${directory} has ${Math.floor(freeBytes / MEBIBYTE)} MB free and the database needs ` +
    `${MIN_FREE_BYTES / MEBIBYTE}: free some space, or point DATA_DIR at another disk.`
  );
}
