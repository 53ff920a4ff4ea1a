import type { Db } from 'mongodb';
import { ConfigError } from '../config/app-config.js';

/** A collection that is there, in the target of a move, from before its first document until all are. */
export const UNFINISHED_MOVE = 'unfinished_move';

/** @throws ConfigError for a database that holds a part of what was to be moved into it */
export async function requireWhole(database: Db): Promise<void> {
  const marks = database.listCollections({ name: UNFINISHED_MOVE }, { nameOnly: true });
  if (!(await marks.hasNext())) return;
  throw new ConfigError([
    'MONGODB_URI names a database that a move has not filled yet: run that move again to its end, ' +
      'or start without MONGODB_URI',
  ]);
}
