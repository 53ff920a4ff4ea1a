import { giveUp } from './signals.js';

// Before the rest is loaded, and while it waits for its database: to the first process of a container
// a signal that nobody handles does nothing.
process.on('SIGINT', giveUp).on('SIGTERM', giveUp);
await import('./serve.js');
