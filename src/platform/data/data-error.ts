/** A backup, restore or move that cannot be done: one sentence that says what to change. */
export class DataError extends Error {}
