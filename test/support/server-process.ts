import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Variables } from './app.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const CRASH_POINT = fileURLToPath(new URL('./crash-point.mjs', import.meta.url));
const START_DEADLINE_MS = 60_000;

/** The built server in a process of its own, as an operator runs it. */
export interface ServerProcess {
  url: string;
  child: ChildProcess;
  /** Process of its embedded engine; undefined with `MONGODB_URI`. */
  enginePid: () => number | undefined;
  output: () => string;
  /** Ends it by `signal` and waits; answers the exit code, or the signal that killed it. */
  stop(signal?: NodeJS.Signals): Promise<number | string | null>;
}

/**
 * @param variables `CRASH_AT` lets it die at a step of its work: see crash-point.mjs
 * @throws Error with its output when the server ends instead of starting
 */
export async function startServer(variables: Variables): Promise<ServerProcess> {
  const { PATH } = process.env;
  const preload = variables['CRASH_AT'] ? ['--import', CRASH_POINT] : [];
  const child = spawn(process.execPath, [...preload, MAIN], {
    env: { PATH, PORT: '0', RATE_LIMITS: 'off', ...variables } as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (): void => reject(new Error(`the server did not start:\n${output}`));
    const timer = setTimeout(fail, START_DEADLINE_MS);
    void exited.then(fail);
    child.stdout.on('data', () => {
      const [, found] = /^ +API +(\S+)\/api$/m.exec(output) ?? [];
      if (found && output.includes('Database')) resolve((clearTimeout(timer), found));
    });
  });
  return {
    url,
    child,
    enginePid: () => {
      const pids = [...output.matchAll(/(?:engine \(process |"pid":)(\d+)/g)];
      return pids.length > 0 ? Number(pids.at(-1)![1]) : undefined;
    },
    output: () => output,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const [code, killedBy] = await exited;
      return code ?? killedBy;
    },
  };
}
