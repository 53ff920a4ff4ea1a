/** 128 and the signal's number, as shells have it. */
export const EXIT_CODES: Partial<Record<NodeJS.Signals, number>> = { SIGINT: 130, SIGTERM: 143 };

/** What a signal does until there is something to stop. */
export function giveUp(signal: NodeJS.Signals): never {
  process.exit(EXIT_CODES[signal]);
}
