import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { type AppConfig, processEnvironment } from '../config/app-config.js';
import { awaitDatabase } from './await-database.js';
import { endWaitsOnClosedSockets } from './closed-sockets.js';
import { EmbeddedEngine } from './embedded-engine.js';

const EMBEDDED_DATABASE = 'cliick';

/** The MongoDB this process talks to: the configured one, or the embedded engine it starts. */
export class DatabaseServer {
  private constructor(
    readonly uri: string,
    /** Undefined: the one the URI names. */
    readonly databaseName: string | undefined,
    private readonly engine: EmbeddedEngine | undefined,
  ) {}

  static async reach(
    config: Pick<AppConfig, 'dataDirectory' | 'mongodbUri'>,
  ): Promise<DatabaseServer> {
    endWaitsOnClosedSockets();
    if (config.mongodbUri) {
      await awaitDatabase(config.mongodbUri, new Logger(DatabaseServer.name));
      return new DatabaseServer(config.mongodbUri, undefined, undefined);
    }
    const logger = new Logger(EmbeddedEngine.name);
    const engine = await EmbeddedEngine.start({
      directory: join(config.dataDirectory, 'mongodb'),
      cacheDirectory: join(config.dataDirectory, 'cache'),
      env: processEnvironment(),
      log: {
        info: (msg, fields) => logger.log({ msg, ...fields }),
        warn: (msg, fields) => logger.warn({ msg, ...fields }),
        error: (msg, fields) => logger.error({ msg, ...fields }),
      },
    });
    return new DatabaseServer(engine.uri, EMBEDDED_DATABASE, engine);
  }

  /** Under it, what is acknowledged survives a crash of the database. */
  get writeConcern(): { w: number | 'majority'; journal: boolean } {
    return this.engine?.writeConcern ?? { w: 'majority', journal: true };
  }

  /** What runs, for people: the host without credentials, or the engine. */
  get description(): string {
    if (this.engine) return `embedded engine (process ${this.engine.pid})`;
    return `MongoDB at ${this.uri.replace(/^(\w+(?:\+srv)?:\/\/)[^@/]*@/, '$1').split('?')[0]}`;
  }

  async stop(): Promise<void> {
    await this.engine?.stop();
  }
}
