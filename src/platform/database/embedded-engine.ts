import { mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EmbeddedEngineError } from './embedded-engine-error.js';
import { EngineDirectory, type ReadFreeBytes } from './engine-directory.js';
import { EngineProcess } from './engine-process.js';
import { applySettings } from './engine-settings.js';
import {
  locatePackage,
  type Machine,
  needsOlderGlibc,
  platformPackage,
  rebindBinaries,
  thisMachine,
} from './native-binaries.js';

export { EmbeddedEngineError };

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
  readFreeBytes?: ReadFreeBytes;
  /** How long a start waits for the engine of a killed process to let go of the directory. */
  releaseDeadlineMs?: number;
  childPath?: string;
}

export type EngineState = 'running' | 'restarting' | 'stopping' | 'stopped';

const CHILD = fileURLToPath(new URL('./embedded-engine.child.js', import.meta.url));
const RELEASE_DEADLINE_MS = 10_000;
const RELEASE_POLL_MS = 100;
const FIRST_RESTART_DELAY_MS = 100;
const LAST_RESTART_DELAY_MS = 5_000;
const STABLE_AFTER_MS = 60_000;
/** What cleans temporary directories goes by age: systemd's takes links after ten days. */
const LINK_RENEWAL_MS = 60 * 60_000;
/** macOS takes a socket's path of 103 bytes, Linux one of 107; the engine adds 37 to ours. */
const MAX_SOCKET_DIRECTORY_BYTES = 103 - '/embedded-mongodb-XXXXXX/mongodb.sock'.length;
const SOCKET_DIRECTORY_PREFIX = 'cliick-';

/** What stays the same from one run of the engine to the next. */
interface Setting {
  options: EmbeddedEngineOptions;
  directory: EngineDirectory;
  socketDirectory: string;
  nativeLibrary: string | undefined;
  stopped: AbortController;
}

/**
 * The MongoDB server code in a process of its own: started, watched, and started again when it
 * dies, under one URI that stays, so that a connected driver finds it again by itself.
 */
export class EmbeddedEngine {
  /** Follows the socket of whichever process serves. */
  readonly uri: string;
  /**
   * With it no acknowledged write was missing after kill -9 (190 rounds of 8 and 32 writers). Not
   * `majority`: the engine then answers before the journal is written, journal or not (10 of 60).
   */
  readonly writeConcern = { w: 1, journal: true } as const;
  private currentState: EngineState = 'running';
  private restartDelayMs = FIRST_RESTART_DELAY_MS;
  private readonly supervision: Promise<void>;
  private readonly linkRenewal: NodeJS.Timeout;
  private stopping: Promise<void> | undefined;

  private constructor(
    private readonly setting: Setting,
    private process: EngineProcess,
  ) {
    const { uri, socketPath } = process;
    const link = linkIn(setting.socketDirectory);
    this.uri = uri.replace(encodeURIComponent(socketPath), encodeURIComponent(link));
    this.supervision = this.supervise();
    this.linkRenewal = setInterval(() => void this.renewLink(), LINK_RENEWAL_MS).unref();
  }

  /** @throws EmbeddedEngineError when the database cannot run here */
  static async start(options: EmbeddedEngineOptions): Promise<EmbeddedEngine> {
    const found = locateBinaries(options);
    const directory = await EngineDirectory.claim(options.directory);
    let socketDirectory: string | undefined;
    try {
      await directory.requireFreeSpace(options.readFreeBytes);
      const nativeLibrary = await prepareBinaries(found, options);
      socketDirectory = await makeSocketDirectory();
      const stopped = new AbortController();
      const setting = { options, directory, socketDirectory, nativeLibrary, stopped };
      return new EmbeddedEngine(setting, await openWhenReleased(setting));
    } catch (error) {
      if (socketDirectory) await rm(socketDirectory, { recursive: true, force: true });
      await directory.release();
      throw error;
    }
  }

  get state(): EngineState {
    return this.currentState;
  }

  /** The process that serves, or the last that did. */
  get pid(): number | undefined {
    return this.process.pid;
  }

  /** Closes the data cleanly, ends the process and gives the directory free. */
  stop(): Promise<void> {
    this.stopping ??= this.shutDown();
    return this.stopping;
  }

  private async shutDown(): Promise<void> {
    const { stopped, socketDirectory, directory } = this.setting;
    this.currentState = 'stopping';
    stopped.abort();
    clearInterval(this.linkRenewal);
    await this.process.stop();
    await this.supervision;
    await rm(socketDirectory, { recursive: true, force: true });
    await directory.release();
    this.currentState = 'stopped';
  }

  private async renewLink(): Promise<void> {
    if (this.currentState !== 'running') return;
    const { options, socketDirectory } = this.setting;
    await pointLink(socketDirectory, this.process.socketPath).catch((error: unknown) => {
      options.log.warn(`the link to the database's socket was not renewed: ${String(error)}`);
    });
  }

  private async supervise(): Promise<void> {
    const { options, stopped } = this.setting;
    while (!stopped.signal.aborted) {
      const { pid, ended } = this.process;
      const since = Date.now();
      const how = await ended;
      if (stopped.signal.aborted) return;
      this.currentState = 'restarting';
      options.log.error(`the embedded database ended (${how}): starting it again`, { pid });
      if (Date.now() - since > STABLE_AFTER_MS) this.restartDelayMs = FIRST_RESTART_DELAY_MS;
      await this.restart();
    }
  }

  /** Tries until it serves again or is stopped: a cause such as a full disk may pass. */
  private async restart(): Promise<void> {
    const { options, directory, stopped } = this.setting;
    let told: string | undefined;
    for (;;) {
      await sleep(this.restartDelayMs, undefined, stopped).catch(() => {});
      if (stopped.signal.aborted) return;
      this.restartDelayMs = Math.min(this.restartDelayMs * 2, LAST_RESTART_DELAY_MS);
      try {
        await directory.requireFreeSpace(options.readFreeBytes);
        this.process = await open(this.setting);
        this.currentState = 'running';
        options.log.info('the embedded database serves again', { pid: this.pid });
        return;
      } catch (error) {
        if (stopped.signal.aborted) return;
        const message = error instanceof Error ? error.message : String(error);
        const cause = error instanceof EmbeddedEngineError ? error.code : message;
        if (cause !== told)
          options.log.error(`the embedded database is down and tried again: ${message}`);
        told = cause;
      }
    }
  }
}

/** Runs the engine once and lets the link follow it. */
async function open(setting: Setting): Promise<EngineProcess> {
  const { options, directory, socketDirectory, nativeLibrary, stopped } = setting;
  const started = await EngineProcess.start({
    childPath: options.childPath ?? CHILD,
    directory: options.directory,
    socketDirectory,
    env: nativeLibrary
      ? { ...options.env, NAPI_RS_NATIVE_LIBRARY_PATH: nativeLibrary }
      : options.env,
    signal: stopped.signal,
  });
  try {
    await directory.takeOver();
    await applySettings(started.uri);
    await pointLink(socketDirectory, started.socketPath);
    return started;
  } catch (error) {
    await started.stop();
    throw error;
  }
}

/** The engine of a killed process closes by itself within moments; another one never does. */
async function openWhenReleased(setting: Setting): Promise<EngineProcess> {
  const { options, directory } = setting;
  const { releaseDeadlineMs = RELEASE_DEADLINE_MS } = options;
  for (const deadline = Date.now() + releaseDeadlineMs; ; await sleep(RELEASE_POLL_MS)) {
    try {
      return await open(setting);
    } catch (error) {
      if (!(error instanceof EmbeddedEngineError) || error.code !== 'in_use') throw error;
      if (Date.now() > deadline) {
        throw EmbeddedEngineError.inUse(options.directory, await directory.enginePid());
      }
    }
  }
}

const linkIn = (socketDirectory: string): string => join(socketDirectory, 'engine.sock');

/** Swaps the link in one step: a driver finds the old socket or the new, never none. */
async function pointLink(socketDirectory: string, socketPath: string): Promise<void> {
  const link = linkIn(socketDirectory);
  await rm(`${link}.next`, { force: true });
  await symlink(socketPath, `${link}.next`);
  await rename(`${link}.next`, link);
  const kept = [basename(link), basename(dirname(socketPath))];
  for (const name of await readdir(socketDirectory)) {
    if (!kept.includes(name)) await rm(join(socketDirectory, name), { recursive: true });
  }
}

async function makeSocketDirectory(): Promise<string> {
  const own = join(tmpdir(), `${SOCKET_DIRECTORY_PREFIX}XXXXXX`);
  const fits = Buffer.byteLength(own) <= MAX_SOCKET_DIRECTORY_BYTES;
  const parent = fits ? tmpdir() : '/tmp';
  try {
    return await mkdtemp(join(parent, SOCKET_DIRECTORY_PREFIX));
  } catch (error) {
    throw EmbeddedEngineError.notWritable(parent, error);
  }
}

type LocatedPackage = NonNullable<ReturnType<typeof locatePackage>>;

function locateBinaries({ machine = thisMachine() }: EmbeddedEngineOptions): LocatedPackage {
  const name = platformPackage(machine);
  if (!name) {
    const libc = machine.platform === 'linux' && !machine.glibcVersion ? ' without glibc' : '';
    throw EmbeddedEngineError.noBinary(`${machine.platform} on ${machine.arch}${libc}`);
  }
  const found = locatePackage(name);
  if (!found) throw EmbeddedEngineError.notInstalled(name);
  return found;
}

/** The rebound `.node` file to load, or undefined where the package's own loads. */
async function prepareBinaries(
  found: LocatedPackage,
  { cacheDirectory, machine = thisMachine() }: EmbeddedEngineOptions,
): Promise<string | undefined> {
  if (!needsOlderGlibc(machine)) return undefined;
  try {
    return await rebindBinaries(found, { cacheDirectory, glibcVersion: machine.glibcVersion });
  } catch (error) {
    const isFileSystem = (error as NodeJS.ErrnoException).code !== undefined;
    throw isFileSystem
      ? EmbeddedEngineError.notWritable(cacheDirectory, error)
      : EmbeddedEngineError.notLoadable(error);
  }
}
