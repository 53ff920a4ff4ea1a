import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import type { TestProject } from 'vitest/node';
import type { EmbeddedEngine as Engine } from '../../src/platform/database/embedded-engine.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** URI of the run's one engine; each test file uses a database of its own on it. */
    mongodbUri: string;
  }
}

/** One embedded engine for the whole run, from the built code: the child process needs JavaScript. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const built = new URL('../../dist/platform/database/embedded-engine.js', import.meta.url);
  const { EmbeddedEngine } = (await import(built.href)) as { EmbeddedEngine: typeof Engine };
  const directory = await mkdtemp(join(tmpdir(), 'cliick-test-'));
  const engine = await EmbeddedEngine.start({
    directory: join(directory, 'mongodb'),
    cacheDirectory: join(tmpdir(), 'cliick-test-cache'),
    env: process.env,
    log: { info: () => {}, warn: () => {}, error: (msg) => process.stderr.write(`${msg}\n`) },
  });
  await forbidCollectionScans(engine.uri);
  project.provide('mongodbUri', engine.uri);
  return async () => {
    await engine.stop();
    await rm(directory, { recursive: true, force: true });
  };
}

/** A query that no index serves fails, and with it the test that made it. */
async function forbidCollectionScans(uri: string): Promise<void> {
  const client = await mongoose.mongo.MongoClient.connect(uri);
  await client.db().admin().command({ setParameter: 1, notablescan: true });
  await client.close();
}
