import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { Redis } from 'ioredis';
import { eventually } from './eventually.js';

/**
 * Where a program of the system is; undefined leaves its tests out and says so, but under CI they
 * must run.
 */
export function findProgram(...names: string[]): string | undefined {
  // Debian's servers are where only root looks.
  const found = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
    .flatMap((directory) => names.map((name) => join(directory, name)))
    .find((path) => existsSync(path));
  if (found) return found;
  const sentence = `${names[0]} is not installed: its tests are left out`;
  if (process.env['CI'] === 'true') throw new Error(`${sentence}, which CI does not allow`);
  process.stderr.write(`${sentence}\n`);
  return undefined;
}

export interface RedisProcess {
  url: string;
  stop(): Promise<void>;
}

/**
 * A real Redis of its own, without persistence.
 * @param known the URL of one that was stopped, to start it again
 */
export async function startRedis(program: string, known?: string): Promise<RedisProcess> {
  const port = known ? Number(new URL(known).port) : await freePort();
  const child = spawn(program, ['--port', String(port), '--save', '', '--appendonly', 'no'], {
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  const url = `redis://127.0.0.1:${port}`;
  await eventually(async () => {
    const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
    redis.on('error', () => {});
    await redis.connect();
    redis.disconnect();
  });
  return {
    url,
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** A port that nobody listens at, at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
