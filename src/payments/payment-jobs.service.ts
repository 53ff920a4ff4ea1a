import { Injectable, type OnModuleInit } from '@nestjs/common';
import { JobsService } from '../platform/jobs/jobs.service.js';
import { PaymentChecksService } from './payment-checks.service.js';
import { PaymentSettlementService } from './payment-settlement.service.js';
import { PROCESS_WEBHOOK, type WebhookJob, WebhookInboxService } from './webhook-inbox.service.js';
import { WebhookProcessorService } from './webhook-processor.service.js';

const RECONCILE = 'payments.reconcile';
const RECONCILE_SECONDS = 15;
const WEBHOOKS_IN_PARALLEL = 8;

/** The durable work of payments: webhooks as they come, and what has to be looked after. */
@Injectable()
export class PaymentJobsService implements OnModuleInit {
  constructor(
    private readonly jobs: JobsService,
    private readonly inbox: WebhookInboxService,
    private readonly processor: WebhookProcessorService,
    private readonly settlement: PaymentSettlementService,
    private readonly checks: PaymentChecksService,
  ) {}

  onModuleInit(): void {
    this.jobs.define<WebhookJob>(PROCESS_WEBHOOK, (job) => this.processor.process(job), {
      concurrency: WEBHOOKS_IN_PARALLEL,
    });
    this.jobs.define(RECONCILE, () => this.reconcile(new Date()));
    this.jobs.every(RECONCILE, RECONCILE_SECONDS);
  }

  /** What crashes, lost webhooks and silent providers have left at `now`. */
  async reconcile(now: Date): Promise<void> {
    await this.settlement.recover(now);
    await this.inbox.recover(now);
    await this.checks.run(now);
  }
}
