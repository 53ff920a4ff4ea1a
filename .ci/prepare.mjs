// Installs and builds what is missing or out of date, and nothing else. No dependencies: it runs
// before there are any.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimes,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LOCKFILE = join(ROOT, 'package-lock.json');
const INSTALLED = join(ROOT, 'node_modules/.package-lock.json');
const INSTALL_STAMP = join(ROOT, 'node_modules/.cliick-lock-hash');
const BUILD_STAMP = join(ROOT, 'dist/.build-hash');
const GUARD = join(ROOT, '.data/prepare.lock');
const GUARD_BEAT_MS = 2_000;
const GUARD_STALE_MS = 20_000;

/** @param {{ build?: boolean }} [wanted] with `build`, dist/ matches the sources afterwards. */
export async function prepare({ build = false } = {}) {
  requireNode(20, 19);
  const ready = () => isInstalled() && (!build || isBuilt());
  if (ready()) return;
  await alone(async () => {
    if (!isInstalled()) await install();
    if (build && !isBuilt()) await compile();
  });
}

function requireNode(major, minor) {
  const [haveMajor, haveMinor] = process.versions.node.split('.').map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  throw new Failure(`Node ${major}.${minor} or newer is needed; this is ${process.versions.node}.`);
}

// npm rewrites INSTALLED whenever it changes node_modules, so the stamp holds for exactly this pair.
const installHash = () => hash([LOCKFILE, INSTALLED]);

function isInstalled() {
  if (!existsSync(INSTALLED)) return false;
  if (readStamp(INSTALL_STAMP) === installHash()) return true;
  if (!installedMatchesLockfile()) return false;
  writeFileSync(INSTALL_STAMP, installHash());
  return true;
}

/** True after somebody's own `npm ci`: same packages, but for optional ones of other platforms. */
function installedMatchesLockfile() {
  const wanted = JSON.parse(readFileSync(LOCKFILE, 'utf8')).packages;
  const found = JSON.parse(readFileSync(INSTALLED, 'utf8')).packages;
  const same = (a, b) => a.version === b.version && a.integrity === b.integrity;
  const missing = ([path, entry]) =>
    path !== '' && !(found[path] ? same(found[path], entry) : entry.optional);
  return Object.keys(found).every((path) => wanted[path]) && !Object.entries(wanted).some(missing);
}

async function install() {
  console.log('Installing dependencies (npm ci) ...');
  const npm = process.env.npm_execpath;
  const command = npm?.endsWith('npm-cli.js') ? [process.execPath, npm] : ['npm'];
  // The build needs the development dependencies, in production too.
  await run('npm ci', [...command, 'ci', '--include=dev', '--no-audit', '--no-fund']);
  writeFileSync(INSTALL_STAMP, installHash());
}

function isBuilt() {
  return existsSync(join(ROOT, 'dist/main.js')) && readStamp(BUILD_STAMP) === sourceHash();
}

async function compile() {
  console.log('Building ...');
  // Taken first: what changes during the build is built the next time.
  const built = sourceHash();
  rmSync(BUILD_STAMP, { force: true });
  await run('The build', [process.execPath, 'node_modules/@nestjs/cli/bin/nest.js', 'build']);
  await run('The bundle', [process.execPath, '.ci/bundle.mjs']);
  if (!existsSync(join(ROOT, 'dist/main.js')))
    throw new Failure('The build wrote no dist/main.js.');
  writeFileSync(BUILD_STAMP, built);
}

function sourceHash() {
  const configs = readdirSync(ROOT).filter((name) => /^tsconfig.*\.json$/.test(name));
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const others = [...configs, 'nest-cli.json', 'package-lock.json', '.ci/bundle.mjs'].map((name) =>
    join(ROOT, name),
  );
  return hash([...sources, ...others].sort((a, b) => (a < b ? -1 : 1)));
}

function hash(files) {
  const sum = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(file);
    sum.update(`${relative(ROOT, file)}\0${content.length}\0`).update(content);
  }
  return sum.digest('hex');
}

function readStamp(file) {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

/** Runs a command, silent unless it fails; a signal to this process ends the command too. */
async function run(name, [command, ...args]) {
  const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = [];
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => output.push(chunk));
  let stoppedBy;
  const stop = (signal) => {
    stoppedBy = signal;
    child.kill(signal);
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const outcome = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? '' : `${signal ?? `exit ${code}`}`));
  });
  process.off('SIGINT', stop).off('SIGTERM', stop);
  if (stoppedBy) throw new Failure(`${name} was stopped.`, stoppedBy === 'SIGINT' ? 130 : 143);
  if (outcome === '') return;
  process.stderr.write(Buffer.concat(output));
  throw new Failure(`${name} failed (${outcome}); its output is above.`);
}

/** Runs `work` while no other prepare of this checkout does; waits for one that is at it. */
async function alone(work) {
  mkdirSync(join(ROOT, '.data'), { recursive: true });
  for (let told = false; !enter(); told = true) {
    if (!told) console.log('Waiting for another start that is installing or building ...');
    await sleep(200);
  }
  const beat = setInterval(() => utimes(GUARD, new Date(), new Date(), () => {}), GUARD_BEAT_MS);
  try {
    await work();
  } finally {
    clearInterval(beat);
    rmSync(GUARD, { recursive: true, force: true });
  }
}

function enter() {
  try {
    mkdirSync(GUARD);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!isAbandoned()) return false;
    discardGuard();
    return enter();
  }
  writeFileSync(join(GUARD, 'owner'), `${hostname()} ${process.pid}`);
  return true;
}

function isAbandoned() {
  try {
    if (Date.now() - statSync(GUARD).mtimeMs > GUARD_STALE_MS) return true;
    const [host, pid] = readFileSync(join(GUARD, 'owner'), 'utf8').split(' ');
    if (host !== hostname() || !pid) return false;
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    // ESRCH: the owner is gone. ENOENT: the guard is being made or removed right now.
    return error.code === 'ESRCH';
  }
}

function discardGuard() {
  const aside = `${GUARD}.${process.pid}`;
  try {
    renameSync(GUARD, aside);
    rmSync(aside, { recursive: true, force: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

class Failure extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** prepare() for a command: a failure is one line and an exit code, not a stack. */
export async function prepareOrExit(wanted) {
  try {
    await prepare(wanted);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.error(error.message);
    process.exit(error.exitCode);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await prepareOrExit({ build: process.argv.includes('--build') });
}
