import type { Collection, Db, Document } from 'mongodb';
import { DataError } from './data-error.js';

const BATCH = 500;
/** What the server itself keeps. */
const OF_THE_SERVER = /^system\./;

/** How many documents of each collection were copied. */
export type Copied = Record<string, number>;

/**
 * Copies every collection, with its indexes, into a database that has none, and counts what came.
 * @throws DataError when the target holds something, or does not hold what was copied
 */
export async function copyDatabase(source: Db, target: Db): Promise<Copied> {
  const there = await namesOf(target);
  if (there.length > 0) {
    const sentence = `The target has collections already (${there.slice(0, 3).join(', ')}): name an empty database.`;
    throw new DataError(sentence);
  }
  const copied: Copied = {};
  for (const name of await namesOf(source)) {
    copied[name] = await copyCollection(source.collection(name), target.collection(name));
  }
  return copied;
}

async function copyCollection(source: Collection, target: Collection): Promise<number> {
  const indexes = (await source.indexes()).map(({ v: _, ...index }) => index);
  await target.createIndexes(indexes as never);
  let count = 0;
  let batch: Document[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    await target.insertMany(batch, { writeConcern: { w: 'majority', journal: true } });
    count += batch.length;
    batch = [];
  };
  for await (const document of source.find({}, { batchSize: BATCH, hint: { _id: 1 } })) {
    batch.push(document);
    if (batch.length === BATCH) await flush();
  }
  await flush();
  const arrived = await target.countDocuments({}, { hint: { _id: 1 } });
  if (arrived !== count) {
    throw new DataError(`${target.collectionName}: ${arrived} of ${count} arrived. Begin again.`);
  }
  return count;
}

async function namesOf(database: Db): Promise<string[]> {
  const collections = await database.listCollections({}, { nameOnly: true }).toArray();
  return collections.map(({ name }) => name).filter((name) => !OF_THE_SERVER.test(name));
}
