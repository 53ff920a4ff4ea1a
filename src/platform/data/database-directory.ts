import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from './data-error.js';

/** The directory of the embedded database within DATA_DIR. */
export const DATABASE = 'mongodb';
/** A file that every embedded database has, within DATA_DIR. */
export const OF_EVERY_DATABASE = `${DATABASE}/WiredTiger`;

/** @throws DataError for a data directory that no server has run on */
export async function requireDatabase(dataDirectory: string): Promise<void> {
  if (await exists(join(dataDirectory, OF_EVERY_DATABASE))) return;
  throw new DataError(`There is no database in ${dataDirectory}: point DATA_DIR at one.`);
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
