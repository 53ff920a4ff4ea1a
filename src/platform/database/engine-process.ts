import { type ChildProcess, fork } from 'node:child_process';
import type { EngineReport } from './embedded-engine.child.js';
import { EmbeddedEngineError } from './embedded-engine-error.js';

const STOP_DEADLINE_MS = 10_000;
/** MongoDB's name for a data directory whose lock another process holds. */
const LOCKED = /DBPathInUse/;

export interface EngineProcessOptions {
  childPath: string;
  directory: string;
  /** The process puts its socket below. */
  socketDirectory: string;
  env: Record<string, string | undefined>;
  /** Ends the process also while it still starts. */
  signal: AbortSignal;
}

/** One run of the engine in a process of its own. */
export class EngineProcess {
  /** Resolves with how the process ended. */
  readonly ended: Promise<string>;
  uri: string;
  socketPath: string;

  private constructor(private readonly child: ChildProcess) {
    this.ended = new Promise((resolve) => {
      child.on('error', (error) => {
        if (child.pid === undefined) resolve(error.message);
      });
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
  }

  /** @throws EmbeddedEngineError, with `in_use` when another process has the data open */
  static async start(options: EngineProcessOptions): Promise<EngineProcess> {
    const { childPath, directory, socketDirectory, env, signal } = options;
    const child = fork(childPath, [directory, socketDirectory], {
      // Options meant for this process, such as a debugger's port, are not the engine's.
      env: { ...env, NODE_OPTIONS: undefined, TMPDIR: socketDirectory } as NodeJS.ProcessEnv,
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const started = new EngineProcess(child);
    const stop = (): void => void started.stop();
    signal.addEventListener('abort', stop);
    try {
      const report = await started.report();
      if (report.type === 'failed') throw explain(report, directory);
      started.uri = report.uri;
      started.socketPath = report.socketPath;
      return started;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Closes the data cleanly; kills the process when that takes too long. */
  async stop(): Promise<void> {
    if (this.child.connected) this.child.send({ type: 'stop' }, () => {});
    const deadline = setTimeout(() => this.child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await this.ended;
    clearTimeout(deadline);
  }

  private async report(): Promise<EngineReport> {
    const told = new Promise<EngineReport>((resolve) => {
      this.child.once('message', (message) => resolve(message as EngineReport));
    });
    const ended = this.ended.then((how): EngineReport => {
      return { type: 'failed', during: 'open', reason: `its process ended with ${how}` };
    });
    const report = await Promise.race([told, ended]);
    if (report.type === 'failed') await this.ended;
    return report;
  }
}

function explain(
  { during, reason }: EngineReport & { type: 'failed' },
  directory: string,
): EmbeddedEngineError {
  if (during === 'load') return EmbeddedEngineError.notLoadable(reason);
  if (LOCKED.test(reason)) return EmbeddedEngineError.inUse(directory, undefined);
  return EmbeddedEngineError.notOpened(directory, reason);
}
