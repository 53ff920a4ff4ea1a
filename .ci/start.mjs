// `npm start`. The server runs in this very process, so a signal sent to npm reaches it; the
// script says `exec`, as Debian's shell would otherwise stay in between and keep the signal.
import { prepareOrExit } from './prepare.mjs';

const SAME_SIGNAL_MS = 500;

/** A Ctrl-C arrives twice, from the terminal and passed on by npm; a second one means "at once". */
function hearSignalsOnce() {
  const heard = new Map();
  const emit = process.emit.bind(process);
  process.emit = (event, ...args) => {
    if (event === 'SIGINT' || event === 'SIGTERM') {
      const now = performance.now();
      if (now - (heard.get(event) ?? -Infinity) < SAME_SIGNAL_MS) return true;
      heard.set(event, now);
    }
    return emit(event, ...args);
  };
}

await prepareOrExit({ build: true });
hearSignalsOnce();
await import('../dist/main.js');
