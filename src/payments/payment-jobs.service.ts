import { Injectable, type OnModuleInit } from '@nestjs/common';
import { JobsService } from '../platform/jobs/jobs.service.js';
import { PaymentChecksService } from './payment-checks.service.js';
import { PaymentSettlementService } from './payment-settlement.service.js';
import { WebhookQueueService } from './webhook-queue.service.js';

const RECONCILE = 'payments.reconcile';
const RECONCILE_SECONDS = 15;

/** The durable work of payments: what has to be looked after, whatever happened to who should have. */
@Injectable()
export class PaymentJobsService implements OnModuleInit {
  constructor(
    private readonly jobs: JobsService,
    private readonly webhooks: WebhookQueueService,
    private readonly settlement: PaymentSettlementService,
    private readonly checks: PaymentChecksService,
  ) {}

  onModuleInit(): void {
    this.jobs.define(RECONCILE, () => this.reconcile(new Date()));
    this.jobs.every(RECONCILE, RECONCILE_SECONDS);
  }

  /** What crashes, lost webhooks and silent providers have left at `now`. */
  async reconcile(now: Date): Promise<void> {
    await this.settlement.recover(now);
    await this.webhooks.recover(now);
    await this.checks.run(now);
  }
}
