import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from './data-error.js';

/** The directory of the embedded database within DATA_DIR. */
export const DATABASE = 'mongodb';

/** @throws DataError for a data directory that no server has run on */
export async function requireDatabase(dataDirectory: string): Promise<void> {
  if (await exists(join(dataDirectory, DATABASE))) return;
  throw new DataError(`There is no database in ${dataDirectory}: point DATA_DIR at one.`);
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
