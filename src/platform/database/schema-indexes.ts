import type { Connection, Model } from 'mongoose';
import { isDuplicateKey, isIndexConflict } from './database-errors.js';
import { DuplicateValuesError } from './duplicate-values-error.js';
import { IndexConflictError } from './index-conflict-error.js';

type Collection = Model<unknown>['collection'];
type Index = { key: Record<string, unknown>; name?: string };

const built = new WeakMap<Connection, Promise<string[]>>();

/**
 * Builds the indexes that the schemas declare, however often it is asked: without them no query may
 * be served. One command a collection, as each waits for the database's journal; Mongoose's own
 * way is one an index. Answers the indexes that no schema declares, as `collection.index`.
 * @throws IndexConflictError for one that is there as another
 * @throws DuplicateValuesError for a unique one that the data forbids
 */
export function buildSchemaIndexes(connection: Connection): Promise<string[]> {
  const known = built.get(connection) ?? build(connection);
  built.set(connection, known);
  return known;
}

async function build({ models }: Connection): Promise<string[]> {
  const undeclared = await Promise.all(
    Object.values(models).map(async ({ schema, collection }) => {
      const indexes = schema.indexes().map(([key, options]) => ({ ...options, key }) as Index);
      if (indexes.length === 0) return [];
      const declared = await create(collection, indexes);
      const there = await collection.indexes();
      const names = there.map(({ name }) => name!).filter((name) => name !== '_id_');
      return names
        .filter((name) => !declared.includes(name))
        .map((name) => `${collection.name}.${name}`);
    }),
  );
  return undeclared.flat();
}

/** Answers their names. */
async function create(collection: Collection, indexes: Index[]): Promise<string[]> {
  try {
    return await collection.createIndexes(indexes as never);
  } catch (error) {
    if (isDuplicateKey(error)) {
      throw new DuplicateValuesError(collection.name, findRefused(error, indexes));
    }
    if (!isIndexConflict(error)) throw error;
    throw new IndexConflictError(collection.name, await findConflict(collection, indexes));
  }
}

/** The name, in the database, of the index that is in the way: the refusal tells it in prose alone. */
async function findConflict(collection: Collection, indexes: Index[]): Promise<string> {
  const there = await collection.indexes();
  for (const index of indexes) {
    try {
      await collection.createIndexes([index] as never);
    } catch (error) {
      if (!isIndexConflict(error)) throw error;
      const key = JSON.stringify(index.key);
      const name = nameOf(index);
      const found = there.find((one) => one.name === name || JSON.stringify(one.key) === key);
      return found?.name ?? name;
    }
  }
  throw new Error(`The indexes of ${collection.name} were changed meanwhile: start again.`);
}

/** The name of the unique index over whose key a refusal is. */
function findRefused(error: unknown, indexes: Index[]): string {
  const key = (error as { keyPattern?: Index['key'] }).keyPattern ?? {};
  const refused = indexes.find((index) => JSON.stringify(index.key) === JSON.stringify(key));
  return nameOf(refused ?? { key });
}

/** As the database names one that is declared without a name. */
function nameOf({ name, key }: Index): string {
  return name ?? Object.entries(key).flat().join('_');
}
