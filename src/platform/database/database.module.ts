import {
  Global,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { InjectConnection, MongooseModule } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { AppConfig } from '../config/app-config.js';
import { AppliedMigration, AppliedMigrationSchema } from './applied-migration.schema.js';
import { DatabaseServer } from './database-server.js';
import { MigrationsService } from './migrations.service.js';

const ANSWER_DEADLINE_MS = 2_000;

@Global()
@Module({
  providers: [{ provide: DatabaseServer, inject: [AppConfig], useFactory: DatabaseServer.reach }],
  exports: [DatabaseServer],
})
class DatabaseServerModule {}

@Global()
@Module({
  imports: [
    MongooseModule.forFeature([{ name: AppliedMigration.name, schema: AppliedMigrationSchema }]),
  ],
  providers: [MigrationsService],
  exports: [MigrationsService],
})
class MigrationsModule {}

/** Connects Mongoose to the database server and owns the connection's life. */
@Module({
  imports: [
    DatabaseServerModule,
    MigrationsModule,
    MongooseModule.forRootAsync({
      inject: [DatabaseServer],
      useFactory: (server: DatabaseServer) => ({
        uri: server.uri,
        dbName: server.databaseName,
        writeConcern: server.writeConcern,
        // A request hears 503 within this time when the database is gone.
        serverSelectionTimeoutMS: ANSWER_DEADLINE_MS,
        connectTimeoutMS: ANSWER_DEADLINE_MS,
        heartbeatFrequencyMS: ANSWER_DEADLINE_MS,
        bufferCommands: false,
        autoCreate: false,
        autoIndex: false,
        retryAttempts: 5,
        retryDelay: 1_000,
        verboseRetryLog: false,
        monitorCommands: true,
      }),
    }),
  ],
  exports: [DatabaseServerModule],
})
export class DatabaseModule implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(DatabaseModule.name);

  constructor(
    @InjectConnection() private readonly connection: Connection,
    private readonly server: DatabaseServer,
    private readonly migrations: MigrationsService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.migrations.ready();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.connection.close();
    await this.server.stop();
    this.logger.log('database closed');
  }
}
