import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { SkipThrottle } from '@nestjs/throttler';
import { Public } from '../platform/http/access.decorators.js';
import { ApiAnswer } from '../platform/http/api-docs.decorators.js';
import { HealthResponse } from './dto/health.response.js';
import { HealthService } from './health.service.js';

@ApiTags('health')
@Controller('health')
@SkipThrottle()
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Get('live')
  @Public()
  @ApiAnswer(HealthResponse, { summary: 'The process runs' })
  live(): HealthResponse {
    return { status: 'live' };
  }

  @Get('ready')
  @Public()
  @ApiAnswer(HealthResponse, { summary: 'The process can serve', errors: ['not_ready'] })
  async ready(): Promise<HealthResponse> {
    return this.health.requireReady();
  }
}
