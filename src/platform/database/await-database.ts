import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import mongoose from 'mongoose';
import { isDatabaseUnavailable } from './database-errors.js';
import { requireWhole } from './unfinished-move.js';

const TRY_MS = 2_000;
const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 10_000;

/**
 * Resolves when the server answers. A start waits for its database, however long: neither comes up in
 * an order that could be relied on, and a process that ends and starts again helps nobody.
 * @throws what no waiting mends, such as a wrong password, or a move into it that was cut off
 */
export async function awaitDatabase(uri: string, logger: Logger): Promise<void> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LAST_PAUSE_MS)) {
    const problem = await askOnce(uri);
    if (!problem) return;
    logger.warn({
      msg: 'The database does not answer: check MONGODB_URI and that it runs. Trying again.',
      reason: problem.message,
      pauseMs: pause,
    });
    await sleep(pause);
  }
}

/** Why it is not there. */
async function askOnce(uri: string): Promise<Error | undefined> {
  const client = new mongoose.mongo.MongoClient(uri, {
    serverSelectionTimeoutMS: TRY_MS,
    connectTimeoutMS: TRY_MS,
    socketTimeoutMS: TRY_MS,
  });
  try {
    await client.db().command({ ping: 1 });
    await requireWhole(client.db());
    return undefined;
  } catch (error) {
    if (error instanceof Error && isDatabaseUnavailable(error)) return error;
    throw error;
  } finally {
    await client.close();
  }
}
