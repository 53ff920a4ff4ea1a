import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getConnectionToken } from '@nestjs/mongoose';
import type { NestExpressApplication } from '@nestjs/platform-express';
import mongoose, { type Connection } from 'mongoose';
import supertest from 'supertest';
import { inject } from 'vitest';
import { createApp } from '../../src/create-app.js';
import { loadAppConfig } from '../../src/platform/config/app-config.js';
import { createLogger } from '../../src/platform/logging/logger.js';
import { PASSWORD } from './bodies.js';
import { Contract, ContractCheck } from './contract.js';
import { LeakCheck, secretsOf } from './leaks.js';
import { readDocument } from './operations.js';

type AnswerOfRequest = supertest.Response & { request: { header: Record<string, unknown> } };
type Call = (path: string) => supertest.Test;

export type Variables = Record<string, string | undefined>;

/** The real application on a free port, with a database of its own. */
export interface TestApp {
  url: string;
  nest: NestExpressApplication;
  /** Every answer is searched for leaks and held against the docs; `close` fails when it must. */
  request: Record<'get' | 'post' | 'put' | 'patch' | 'delete' | 'options', Call>;
  /** What a client heard at a socket is searched and held against the docs as every answer is. */
  heard(event: string, data: unknown): void;
  connection: Connection;
  /** Every log line so far, parsed. */
  logs: Record<string, unknown>[];
  close(): Promise<void>;
}

/** Names `database` in the URI of the run's engine, or of any MongoDB. */
export function databaseUri(database: string): string {
  const [base = '', query] = inject('mongodbUri').split('?');
  return `${base.replace(/([^/])\/[^/]*$/, '$1')}/${database}${query ? `?${query}` : ''}`;
}

/** What all applications answer by: they are of the same code, so that one is asked. */
let contract: Promise<Contract> | undefined;

/** Databases that were emptied after the application that had them: their indexes are there. */
const emptied: string[] = [];

const newDatabase = (): string => databaseUri(`test_${randomBytes(6).toString('hex')}`);

/** Variables of a process that serves the tests: complete, and only these. */
export function testVariables(overrides: Variables = {}): Variables {
  return {
    NODE_ENV: 'test',
    PORT: '0',
    MONGODB_URI: newDatabase(),
    JWT_SECRET: randomBytes(32).toString('base64url'),
    ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
    RATE_LIMITS: 'off',
    APP_URL: 'http://app.example',
    ...overrides,
  };
}

export async function createTestApp(overrides: Variables = {}): Promise<TestApp> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'cliick-app-'));
  const database = overrides['MONGODB_URI'] ? undefined : (emptied.pop() ?? newDatabase());
  const variables = testVariables({
    DATA_DIR: dataDirectory,
    ...(database && { MONGODB_URI: database }),
    ...overrides,
  });
  const config = loadAppConfig(variables);
  const leaks = new LeakCheck([PASSWORD, ...secretsOf(variables)]);
  // From the very beginning: a start may say too much as well.
  const release = watchOutput((text) => leaks.output(text));
  const logs: Record<string, unknown>[] = [];
  const logger = createLogger(config, {
    write: (line) => {
      logs.push(JSON.parse(line) as Record<string, unknown>);
    },
  });
  const nest = await createApp(config, logger);
  await nest.listen(0);
  const server = nest.getHttpServer() as Server;
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  contract ??= readDocument({ url }).then((document) => new Contract(document));
  const answers = new ContractCheck(await contract);
  const call =
    (method: keyof TestApp['request']): Call =>
    (path) =>
      supertest(url)
        [method](path)
        .on('response', (answer: AnswerOfRequest) => {
          leaks.answer(path, answer, answer.request.header);
          answers.answer(method, path, answer.status, answer.body);
        });
  const request: TestApp['request'] = {
    get: call('get'),
    post: call('post'),
    put: call('put'),
    patch: call('patch'),
    delete: call('delete'),
    options: call('options'),
  };
  const connection = nest.get<Connection>(getConnectionToken());
  return {
    url,
    nest,
    request,
    heard: (event, data) => {
      leaks.frame(event, data);
      answers.event(event, data);
    },
    connection,
    logs,
    close: async () => {
      await nest.close();
      // One that the test has named is shared with others.
      if (database) await empty(database);
      await rm(dataDirectory, { recursive: true, force: true });
      release();
      leaks.assertNone(logs);
      answers.assertKept();
    },
  };
}

/** Gives the database to the next application: to build the indexes anew takes a second of work. */
async function empty(database: string): Promise<void> {
  const client = await mongoose.mongo.MongoClient.connect(database);
  const collections = await client.db().collections();
  await Promise.all(collections.map((each) => each.deleteMany({ _id: { $exists: true } })));
  await client.close();
  emptied.push(database);
}

/** Shows `see` all that this process writes, until the returned function is called. */
function watchOutput(see: (text: string) => void): () => void {
  const streams = [process.stdout, process.stderr];
  const originals = streams.map((stream) => stream.write.bind(stream));
  streams.forEach((stream, index) => {
    stream.write = ((chunk: string | Uint8Array, ...rest: never[]) => {
      see(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
      return originals[index]!(chunk, ...rest);
    }) as typeof stream.write;
  });
  return () => streams.forEach((stream, index) => (stream.write = originals[index]!));
}
