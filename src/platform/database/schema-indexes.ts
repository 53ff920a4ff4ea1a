import type { Connection } from 'mongoose';

const built = new WeakMap<Connection, Promise<void>>();

/**
 * Builds the indexes that the schemas declare, however often it is asked: without them no query may
 * be served. One command a collection, as each waits for the database's journal; Mongoose's own
 * way is one an index.
 */
export function buildSchemaIndexes(connection: Connection): Promise<void> {
  const known = built.get(connection) ?? build(connection);
  built.set(connection, known);
  return known;
}

async function build({ models }: Connection): Promise<void> {
  await Promise.all(
    Object.values(models).map(async ({ schema, collection }) => {
      const indexes = schema.indexes().map(([key, options]) => ({ ...options, key }));
      if (indexes.length > 0) await collection.createIndexes(indexes as never);
    }),
  );
}
