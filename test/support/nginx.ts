import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.js';
import { freePort } from './programs.js';

const TEMPLATE = fileURLToPath(
  new URL('../../docs/deployment/nginx.conf.template', import.meta.url),
);

export interface NginxProcess {
  url: string;
  /** All that it has written. */
  output(): Promise<string>;
  stop(): Promise<void>;
}

interface Setup {
  directory: string;
  configPath: string;
  port: number;
}

/** Fills in the documented configuration as nginx's own image does, and runs nginx with it. */
export async function startNginx(program: string, apis: [string, string]): Promise<NginxProcess> {
  const { directory, configPath, port } = await writeConfig(apis);
  const child = spawn(program, ['-e', join(directory, 'error.log'), '-c', configPath], {
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => {
    const { status } = await fetch(`${url}/health/live`);
    if (status !== 200) throw new Error(`nginx answers ${status}`);
  });
  return {
    url,
    output: async () => {
      const logs = ['access.log', 'error.log'].map((name) => join(directory, name));
      return (await Promise.all(logs.map((path) => readFile(path, 'utf8')))).join('');
    },
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What `nginx -t` says of the documented configuration; empty when it is content. */
export async function checkConfig(program: string): Promise<string> {
  const { directory, configPath } = await writeConfig(['127.0.0.1:1', '127.0.0.1:2']);
  const { status, stderr } = spawnSync(program, ['-t', '-q', '-c', configPath], {
    encoding: 'utf8',
  });
  await rm(directory, { recursive: true, force: true });
  const warnings = stderr.split('\n').filter((line) => /\[(warn|emerg)\]/.test(line));
  return status === 0 ? warnings.join('\n') : stderr;
}

async function writeConfig([one, two]: [string, string]): Promise<Setup> {
  const directory = await mkdtemp(join(tmpdir(), 'cliick-nginx-'));
  const port = await freePort();
  const template = await readFile(TEMPLATE, 'utf8');
  const site = template
    .replaceAll('${API_1}', one)
    .replaceAll('${API_2}', two)
    .replace('listen 80;', `listen 127.0.0.1:${port};`)
    .replaceAll('${RESOLVER}', '127.0.0.1')
    .replace('/dev/stdout', join(directory, 'access.log'))
    .replace('/dev/stderr', join(directory, 'error.log'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(directory, name)};`)
    .join('\n');
  const configPath = join(directory, 'nginx.conf');
  await writeFile(join(directory, 'cliick.conf'), site);
  await writeFile(
    configPath,
    `daemon off;
pid ${join(directory, 'nginx.pid')};
error_log ${join(directory, 'error.log')} warn;
events { worker_connections 512; }
http {
  ${temporary}
  include ${join(directory, 'cliick.conf')};
}
`,
  );
  return { directory, configPath, port };
}
