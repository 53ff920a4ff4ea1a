import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';
import { MetricsController } from './metrics.controller.js';
import { OperatorJobsController } from './operator-jobs.controller.js';
import { Readiness } from './readiness.js';

@Module({
  controllers: [HealthController, MetricsController, OperatorJobsController],
  providers: [HealthService, Readiness],
  exports: [Readiness],
})
export class HealthModule {}
