import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { SkipThrottle } from '@nestjs/throttler';
import { OperatorOnly } from '../platform/http/access.decorators.js';
import { Metrics } from '../platform/telemetry/metrics.js';

@ApiExcludeController()
@Controller('metrics')
@SkipThrottle()
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  /** Prometheus text format 0.0.4, as is: no envelope. */
  @Get()
  @OperatorOnly()
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  read(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
