// `npm start`. The server runs in this very process, so that a signal sent to npm reaches it; the
// script says `exec`, as Debian's shell would otherwise stay in between and keep the signal.
import { prepareOrExit } from './prepare.mjs';

await prepareOrExit({ build: true });
await import('../dist/main.js');
