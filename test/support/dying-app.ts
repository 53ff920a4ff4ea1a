import type { Server } from 'node:http';
import mongoose from 'mongoose';
import { createTestApp, type TestApp, type Variables } from './app.js';

/** A second application on a database, which ends amid its work as a killed process does. */
export interface DyingApp {
  url: string;
  nest: TestApp['nest'];
  isDead(): boolean;
  /** Lets go of what the dead one still waits for; nothing of it reaches the database. */
  close(): Promise<void>;
}

type Method = (this: mongoose.mongo.Collection, ...args: unknown[]) => Promise<unknown>;
type Topology = { selectServer: (...args: unknown[]) => Promise<unknown> };

/**
 * For the data this is kill -9 without the process: from that step on no operation of its client is
 * begun or answered, and its HTTP connections are cut.
 * @param crashAt as `CRASH_AT` in crash-point.mjs: `orders.insertOne:after:2`
 */
export async function createDyingApp(crashAt: string, variables: Variables): Promise<DyingApp> {
  const [, name, method = '', moment, count] =
    /^(\w+)\.(\w+):(before|after):(\d+)$/.exec(crashAt) ?? [];
  const methods = mongoose.mongo.Collection.prototype as unknown as Record<string, Method>;
  const original = methods[method];
  if (!original) throw new Error(`${crashAt} is no step of the driver`);
  const app = await createTestApp(variables);
  const client = app.connection.getClient();
  const server = app.nest.getHttpServer() as Server;
  let isDead = false;
  let calls = 0;
  // Refused only when the test is over, so that nobody still waits for it then.
  let release: (error: Error) => void = () => {};
  const never = new Promise<never>((_, reject) => (release = reject));
  never.catch(() => {});

  function die(): Promise<never> {
    isDead = true;
    const { topology } = client as unknown as { topology: Topology };
    topology.selectServer = () => never;
    server.close();
    server.closeAllConnections();
    return never;
  }

  methods[method] = async function (...args) {
    const isIt =
      !isDead &&
      (this as unknown as { client: unknown }).client === client &&
      this.collectionName === name &&
      ++calls === Number(count);
    if (isIt && moment === 'before') return die();
    const result = await original.apply(this, args);
    return isIt ? die() : result;
  };
  return {
    url: app.url,
    nest: app.nest,
    isDead: () => isDead,
    close: async () => {
      methods[method] = original;
      release(new Error('this process is dead'));
      await app.close();
    },
  };
}
