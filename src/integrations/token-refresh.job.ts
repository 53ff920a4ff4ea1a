import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { JobsService } from '../platform/jobs/jobs.service.js';
import { DueIntegrationsService } from './due-integrations.service.js';
import { IntegrationUpkeepService } from './integration-upkeep.service.js';

const SWEEP = 'integrations.sweep';
const SWEEP_SECONDS = 30;
const TEND = 'integrations.tend';

/** The durable work of connections. When each is due stands in its row, so that no crash loses it. */
@Injectable()
export class TokenRefreshJob implements OnModuleInit {
  private readonly logger = new Logger(TokenRefreshJob.name);

  constructor(
    private readonly jobs: JobsService,
    private readonly due: DueIntegrationsService,
    private readonly upkeep: IntegrationUpkeepService,
  ) {}

  onModuleInit(): void {
    this.jobs.define<{ id: string }>(TEND, ({ id }) => this.upkeep.tend(id, new Date()));
    this.jobs.define(SWEEP, () => this.sweep(new Date()));
    this.jobs.every(SWEEP, SWEEP_SECONDS);
  }

  /** Looks after one connection soon, rather than at the next sweep. */
  async tendSoon(id: string): Promise<void> {
    await this.jobs.enqueue(TEND, id, { id });
  }

  /** Has everything looked after that is due at `now`, and what an old key has sealed rewritten. */
  async sweep(now: Date): Promise<void> {
    for (const id of await this.due.listDue(now)) await this.tendSoon(id);
    const rewritten = await this.due.rewriteSealed();
    if (rewritten > 0) this.logger.log({ msg: 'tokens sealed under the current key', rewritten });
  }
}
