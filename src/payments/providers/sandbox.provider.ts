import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { AppConfig } from '../../platform/config/app-config.js';
import { isDuplicateKey } from '../../platform/database/database-errors.js';
import { AppError } from '../../platform/http/app-error.js';
import {
  type NewProviderPayment,
  type NewProviderRefund,
  type PaymentProvider,
  type ProviderEvent,
  type ProviderPayment,
  type ProviderRefund,
  ProviderRefusal,
} from './payment-provider.js';
import { SandboxPayment } from './sandbox-payment.schema.js';

/** By the last two digits of the amount in minor units: 10.01 fails, 10.02 asks, 10.03 takes time. */
const FAILS = 1;
const NEEDS_ACTION = 2;
const SETTLES_LATE = 3;
export const SANDBOX_SETTLES_AFTER_MS = 3_000;

const DECLINED = {
  code: 'card_declined',
  message: 'The card was declined: try another way to pay.',
};

/**
 * A provider without an account, for development: it takes no money and behaves by the amount. It has
 * a memory of its own, so that ours can lose an answer as with any other. Production has none.
 */
@Injectable()
export class SandboxProvider implements PaymentProvider {
  readonly name = 'sandbox';
  readonly isLive = false;

  constructor(
    @InjectModel(SandboxPayment.name) private readonly payments: Model<SandboxPayment>,
    private readonly config: AppConfig,
  ) {}

  get isConfigured(): boolean {
    return !this.config.production;
  }

  requirePayable(): void {
    this.requireAllowed();
  }

  async create(payment: NewProviderPayment): Promise<ProviderPayment> {
    this.requireAllowed();
    const { paymentId, amount, currency, idempotencyKey } = payment;
    const _id = `sbx_${digest(idempotencyKey)}`;
    try {
      await this.payments.create({ _id, paymentId, amount, currency });
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
    return this.retrieve(_id);
  }

  async confirm(providerId: string): Promise<ProviderPayment> {
    const payment = await this.get(providerId);
    const tries = payment.tries + 1;
    const next = afterTry(payment);
    const settlesAt =
      next === 'processing' ? new Date(Date.now() + SANDBOX_SETTLES_AFTER_MS) : null;
    if (next !== null) {
      await this.payments.updateOne(
        { _id: providerId, tries: payment.tries },
        { $set: { state: next, tries, settlesAt } },
      );
    }
    const view = await this.retrieve(providerId);
    if (view.state === 'failed') throw new ProviderRefusal(DECLINED.code, DECLINED.message, view);
    return view;
  }

  async retrieve(providerId: string): Promise<ProviderPayment> {
    return viewOf(await this.get(providerId));
  }

  async cancel(providerId: string): Promise<ProviderPayment> {
    await this.payments.updateOne(
      { _id: providerId, state: { $in: ['pending', 'requires_action', 'failed'] } },
      { $set: { state: 'canceled' } },
    );
    return this.retrieve(providerId);
  }

  async refund(refund: NewProviderRefund): Promise<ProviderRefund> {
    const { providerId, amount, idempotencyKey, refundId: ownId } = refund;
    const refundId = `sbr_${digest(idempotencyKey)}`;
    const payment = await this.get(providerId);
    const left = payment.amount - payment.refunds.reduce((sum, one) => sum + one.amount, 0);
    if (payment.refunds.some((one) => one.refundId === refundId))
      return this.retrieveRefund(refundId);
    if (viewOf(payment).state !== 'succeeded' || amount > left) {
      throw new ProviderRefusal('refund_too_large', 'More than is left cannot be given back.');
    }
    const pushed = await this.payments.updateOne(
      { _id: providerId, refunds: { $size: payment.refunds.length } },
      { $push: { refunds: { refundId, amount, ownId } } },
    );
    return pushed.modifiedCount === 1 ? this.retrieveRefund(refundId) : this.refund(refund);
  }

  async retrieveRefund(refundId: string): Promise<ProviderRefund> {
    this.requireAllowed();
    const payment = await this.payments.findOne({ 'refunds.refundId': refundId }).lean();
    const refund = payment?.refunds.find((one) => one.refundId === refundId);
    if (!refund) throw new ProviderRefusal('not_found', 'The sandbox knows no such refund.');
    return { refundId, amount: refund.amount, state: 'succeeded', ownId: refund.ownId };
  }

  async verifyWebhook(): Promise<void> {
    throw new AppError('invalid_signature', 'The sandbox sends no webhooks.');
  }

  readEvent(): ProviderEvent {
    throw new Error('the sandbox sends no webhooks');
  }

  private async get(providerId: string): Promise<SandboxPayment> {
    this.requireAllowed();
    const payment = await this.payments.findOne({ _id: providerId }).lean<SandboxPayment>();
    if (!payment) throw new ProviderRefusal('not_found', 'The sandbox knows no such payment.');
    return payment;
  }

  private requireAllowed(): void {
    if (this.isConfigured) return;
    const sentence = 'The sandbox takes no payments in production: set up Stripe or PayPal.';
    throw new AppError('provider_not_configured', sentence);
  }
}

/** Null: this payment has had its last try. */
function afterTry({ state, amount }: SandboxPayment): SandboxPayment['state'] | null {
  if (state !== 'pending' && state !== 'requires_action' && state !== 'failed') return null;
  const kind = amount % 100;
  if (kind === FAILS) return 'failed';
  if (kind === NEEDS_ACTION && state === 'pending') return 'requires_action';
  return kind === SETTLES_LATE ? 'processing' : 'succeeded';
}

function viewOf(payment: SandboxPayment): ProviderPayment {
  const { _id, amount, currency, paymentId, tries, settlesAt } = payment;
  const isSettled = settlesAt !== null && settlesAt.getTime() <= Date.now();
  const state = payment.state === 'processing' && isSettled ? 'succeeded' : payment.state;
  const attemptId = `${_id}_try_${tries}`;
  return {
    providerId: _id,
    state,
    amount,
    currency,
    isLive: false,
    paymentId,
    clientSecret: `${_id}_secret_${digest(_id)}`,
    ...(tries > 0 ? { attemptId } : {}),
    ...(state === 'succeeded' ? { captureId: attemptId } : {}),
    ...(state === 'failed' ? { failure: DECLINED } : {}),
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}
