import type { Collection, Db, Document } from 'mongodb';
import { UNFINISHED_MOVE } from '../database/unfinished-move.js';
import { DataError } from './data-error.js';

const BATCH = 500;
const KEPT = { w: 'majority', journal: true } as const;
/** What the server itself keeps. */
const OF_THE_SERVER = /^system\./;

/** How many documents of each collection were copied. */
export type Copied = Record<string, number>;

/**
 * Copies every collection, with its indexes, into a database that has none, and counts what came.
 * Until all has come, no server starts on the target.
 * @throws DataError when the target holds something, or does not hold what was copied
 */
export async function copyDatabase(source: Db, target: Db): Promise<Copied> {
  const names = await namesOf(source);
  await begin(target, names);
  const copied: Copied = {};
  for (const name of names) {
    copied[name] = await copyCollection(source.collection(name), target.collection(name));
  }
  await target.dropCollection(UNFINISHED_MOVE, { writeConcern: KEPT });
  return copied;
}

/** Marks the target, and drops what a move that was cut off has left there. */
async function begin(target: Db, names: string[]): Promise<void> {
  const there = await namesOf(target);
  const isAgain = there.includes(UNFINISHED_MOVE);
  const left = isAgain ? there.filter((name) => names.includes(name)) : [];
  const others = there.filter((name) => name !== UNFINISHED_MOVE && !left.includes(name));
  if (others.length > 0) {
    const sentence = `The target has collections already (${others.slice(0, 3).join(', ')}): name an empty database.`;
    throw new DataError(sentence);
  }
  if (!isAgain) await target.createCollection(UNFINISHED_MOVE, { writeConcern: KEPT });
  for (const name of left) await target.dropCollection(name);
}

async function copyCollection(source: Collection, target: Collection): Promise<number> {
  const indexes = (await source.indexes()).map(({ v: _, ...index }) => index);
  const isExpiring = (index: object): boolean => 'expireAfterSeconds' in index;
  await target.createIndexes(indexes.filter((index) => !isExpiring(index)) as never);
  let count = 0;
  let batch: Document[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    await target.insertMany(batch, { writeConcern: KEPT });
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
  // Only now, as what expires on the way would be missing.
  const expiring = indexes.filter(isExpiring);
  if (expiring.length > 0) await target.createIndexes(expiring as never);
  return count;
}

async function namesOf(database: Db): Promise<string[]> {
  const collections = await database.listCollections({}, { nameOnly: true }).toArray();
  return collections.map(({ name }) => name).filter((name) => !OF_THE_SERVER.test(name));
}
