/**
 * What operators do with the data of the embedded database, while its server is stopped:
 * `backup FILE`, `restore FILE`, and `move MONGODB_URI`.
 */
import 'reflect-metadata';
import { MongoClient } from 'mongodb';
import { ConfigError, loadDataPlaces } from './platform/config/app-config.js';
import { backUp, restore } from './platform/data/backup.js';
import { requireDatabase } from './platform/data/database-directory.js';
import { DataError } from './platform/data/data-error.js';
import { copyDatabase } from './platform/data/move.js';
import { DatabaseServer } from './platform/database/database-server.js';
import { EmbeddedEngineError } from './platform/database/embedded-engine-error.js';

const USAGE = 'Say what to do: backup FILE, restore FILE, or move MONGODB_URI.';
const NOT_IN_USE =
  'MONGODB_URI is set, so the database in DATA_DIR is not the one in use: back up, restore and move ' +
  "that server's with its own tools and DATA_DIR's files and secrets by copying it, or run this with " +
  'MONGODB_URI set to nothing.';
const REACH_DEADLINE_MS = 5_000;

const [, , action = '', argument = ''] = process.argv;
try {
  await run(action, argument);
} catch (error) {
  const isForPeople =
    error instanceof ConfigError ||
    error instanceof DataError ||
    error instanceof EmbeddedEngineError;
  say(isForPeople ? error.message : String((error as Error).stack ?? error), process.stderr);
  process.exitCode = 1;
}

async function run(what: string, about: string): Promise<void> {
  const actions: Record<string, (dataDirectory: string, about: string) => Promise<void>> = {
    backup: async (dataDirectory, file) => {
      const { bytes } = await backUp(dataDirectory, file);
      say(`${dataDirectory} is in ${file} (${Math.ceil(bytes / 1024)} KB). It holds secrets too.`);
    },
    restore: async (dataDirectory, file) => {
      await restore(dataDirectory, file);
      say(`${file} is in ${dataDirectory}: start the server.`);
    },
    move,
  };
  const chosen = actions[what];
  if (!chosen || !about) throw new DataError(USAGE);
  const { dataDirectory, mongodbUri } = loadDataPlaces();
  // The target of a move may have been told to the server before.
  const isTarget = chosen === move && mongodbUri === about;
  if (mongodbUri && !isTarget) throw new DataError(NOT_IN_USE);
  await chosen(dataDirectory, about);
}

async function move(dataDirectory: string, uri: string): Promise<void> {
  await requireDatabase(dataDirectory);
  const source = await DatabaseServer.reach({ dataDirectory });
  const from = new MongoClient(source.uri);
  let to: MongoClient | undefined;
  try {
    to = new MongoClient(uri, { serverSelectionTimeoutMS: REACH_DEADLINE_MS });
    await to.connect();
    const copied = await copyDatabase(from.db(source.databaseName), to.db());
    for (const [name, count] of Object.entries(copied)) say(`${name.padEnd(28)} ${count}`);
    say(
      `Moved to ${to.db().databaseName}: set MONGODB_URI, keep DATA_DIR's secrets, start the server.`,
    );
  } catch (error) {
    const { name, message } = error as Error;
    if (/^Mongo(Server|Network|Parse|Invalid)/.test(name)) {
      throw new DataError(`The target does not answer or refuses (${message}): check its URI.`);
    }
    throw error;
  } finally {
    await Promise.all([from.close(), to?.close()]);
    await source.stop();
  }
}

function say(line: string, stream: NodeJS.WritableStream = process.stdout): void {
  stream.write(`${line}\n`);
}
