import { Global, Module } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { DatabaseCommands } from './database-commands.js';
import { ErrorReports } from './error-reports.js';
import { Metrics } from './metrics.js';
import { Tracing } from './tracing.js';

/** What operators see of a process besides its log: metrics, traces, reports of bugs. */
@Global()
@Module({
  providers: [
    Metrics,
    DatabaseCommands,
    {
      provide: Tracing,
      inject: [AppConfig],
      useFactory: (config: AppConfig) => Tracing.for(config),
    },
    {
      provide: ErrorReports,
      inject: [AppConfig],
      useFactory: (config: AppConfig) => ErrorReports.for(config),
    },
  ],
  exports: [Metrics, Tracing, ErrorReports],
})
export class TelemetryModule {}
