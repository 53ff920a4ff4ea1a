const UNAVAILABLE =
  /^(Mongo(ose)?ServerSelectionError|MongoNetwork(Timeout)?Error|MongoPoolClear(ed|edOnNetwork)Error|MongoNotConnectedError|MongoTopologyClosedError|MongoWaitQueueTimeoutError|MongoClientClosedError|MongoServerClosedError|MongoPoolClosedError|PoolClearedOnNetworkError)$/;
/** A socket that dies under a write or a read; the driver passes these on as they are. */
const BROKEN_SOCKET = new Set<unknown>(['EPIPE', 'ECONNRESET']);
/** ShutdownInProgress, InterruptedAtShutdown, NotWritablePrimary and their kin. */
const UNAVAILABLE_CODES = new Set<unknown>([91, 189, 10107, 11600, 11602, 13435, 13436]);
const DUPLICATE_KEY = 11000;
/** IndexOptionsConflict, IndexKeySpecsConflict. */
const INDEX_CONFLICTS = new Set<unknown>([85, 86]);

/** Whether the database could not be asked, so that the same request may succeed later. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  return UNAVAILABLE.test(error.name) || BROKEN_SOCKET.has(code) || UNAVAILABLE_CODES.has(code);
}

/** Whether a unique index refused the write; `field` narrows it to the index that names it. */
export function isDuplicateKey(error: unknown, field?: string): boolean {
  if (!(error instanceof Error) || (error as { code?: number }).code !== DUPLICATE_KEY)
    return false;
  const { keyPattern } = error as { keyPattern?: Record<string, unknown> };
  return field === undefined || (keyPattern !== undefined && field in keyPattern);
}

/** Whether all that was wrong with the writes of a batch is that they had been made before. */
export function areDuplicateKeys(error: unknown): boolean {
  const { writeErrors } = error as { writeErrors?: { code?: number }[] };
  if (!writeErrors) return isDuplicateKey(error);
  return writeErrors.every(({ code }) => code === DUPLICATE_KEY);
}

/** Whether an index of that name or key is there already, and is another. */
export function isIndexConflict(error: unknown): boolean {
  return error instanceof Error && INDEX_CONFLICTS.has((error as { code?: unknown }).code);
}
