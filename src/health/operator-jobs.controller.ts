import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { OperatorOnly } from '../platform/http/access.decorators.js';
import { ApiAnswer, ApiPage } from '../platform/http/api-docs.decorators.js';
import { DoneResponse } from '../platform/http/done.response.js';
import { ObjectIdPipe } from '../platform/http/object-id.pipe.js';
import type { Page } from '../platform/http/page.js';
import { JobsService } from '../platform/jobs/jobs.service.js';
import { DeadJobResponse } from './dto/dead-job.response.js';
import { ListDeadJobsQuery } from './dto/list-dead-jobs.query.js';

@ApiTags('operators')
@Controller('api/operator/jobs/dead')
export class OperatorJobsController {
  constructor(private readonly jobs: JobsService) {}

  @Get()
  @OperatorOnly()
  @ApiPage(DeadJobResponse, {
    summary: 'Jobs that failed at every try, the newest first',
    description: 'For who runs this server: `OPERATOR_TOKEN` is the Bearer.',
  })
  async list(@Query() { limit, cursor }: ListDeadJobsQuery): Promise<Page<DeadJobResponse>> {
    return (await this.jobs.listDead(limit, cursor)).map(DeadJobResponse.from);
  }

  @Post(':jobId/retry')
  @HttpCode(200)
  @OperatorOnly()
  @ApiAnswer(DoneResponse, {
    summary: 'Try a dead job again, with all its tries',
    description: 'For who runs this server: `OPERATOR_TOKEN` is the Bearer.',
  })
  async retry(@Param('jobId', new ObjectIdPipe('dead job')) jobId: string): Promise<DoneResponse> {
    await this.jobs.retryDead(jobId);
    return DoneResponse.now;
  }
}
