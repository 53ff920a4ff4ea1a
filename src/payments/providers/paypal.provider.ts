import { Injectable, Optional } from '@nestjs/common';
import { AppConfig } from '../../platform/config/app-config.js';
import type { PaypalSettings } from '../../platform/config/payment-settings.js';
import { AppError } from '../../platform/http/app-error.js';
import {
  type NewProviderPayment,
  type NewProviderRefund,
  type PaymentProvider,
  type ProviderEvent,
  type ProviderPayment,
  type ProviderRefund,
  ProviderRefusal,
  ProviderUnknown,
} from './payment-provider.js';
import { toPaypalValue, whyNotPayable } from './paypal-amounts.js';
import { PaypalCertificates } from './paypal-certificates.js';
import { PAYPAL_TIMINGS, PaypalClient, type PaypalTimings } from './paypal-client.js';
import { readPaypalEvent } from './paypal-events.js';
import { type Json, linkOf } from './paypal-reading.js';
import { NOT_AUTHORIZED, PaypalRefusal } from './paypal-refusal.js';
import { paymentOfOrder, refundInvoiceOf, refundOf } from './paypal-views.js';
import { PaypalWebhooks } from './paypal-webhooks.js';

const LIVE_HOST = 'api-m.paypal.com';
const ORDERS = '/v2/checkout/orders';
/** The bounds of PayPal's fields, in characters. */
const MAX_ORDER_NUMBER = 80;
const MAX_NOTE = 255;

/** Orders v2: the payer approves an order at PayPal, then we capture it. */
@Injectable()
export class PaypalProvider implements PaymentProvider {
  readonly name = 'paypal';
  private readonly settings?: PaypalSettings;
  private readonly client?: PaypalClient;
  private readonly webhooks?: PaypalWebhooks;

  constructor({ paypal, production }: AppConfig, @Optional() timings?: PaypalTimings) {
    if (!paypal) return;
    const bounds = timings ?? PAYPAL_TIMINGS;
    const { apiBase, webhookId } = paypal;
    const { timeoutMs } = bounds;
    this.settings = paypal;
    this.client = new PaypalClient(paypal, bounds);
    const certificates = new PaypalCertificates({ apiBase, production, timeoutMs });
    this.webhooks = new PaypalWebhooks(webhookId, certificates);
  }

  get isConfigured(): boolean {
    return this.settings !== undefined;
  }

  get isLive(): boolean {
    return new URL(required(this.settings).apiBase).hostname === LIVE_HOST;
  }

  requirePayable(amount: number, currency: string): void {
    required(this.settings);
    const why = whyNotPayable(amount, currency);
    if (why !== null) throw new AppError('amount_not_payable', why);
  }

  async create(payment: NewProviderPayment): Promise<ProviderPayment> {
    this.requirePayable(payment.amount, payment.currency);
    const order = await required(this.client).call({
      method: 'POST',
      path: ORDERS,
      requestId: payment.idempotencyKey,
      body: newOrder(payment),
    });
    return this.view(order);
  }

  /** An order that nobody has approved, or that was captured before, is not captured but told. */
  async confirm(
    providerId: string,
    { idempotencyKey }: { returnUrl: string; idempotencyKey: string },
  ): Promise<ProviderPayment> {
    const order = await this.getOrder(providerId);
    if (order['status'] !== 'APPROVED') return this.view(order);
    try {
      return this.view(await this.capture(providerId, idempotencyKey));
    } catch (error) {
      if (error instanceof PaypalRefusal) return this.afterRefusal(error, order, idempotencyKey);
      throw error;
    }
  }

  async retrieve(providerId: string): Promise<ProviderPayment> {
    return this.view(await this.getOrder(providerId));
  }

  /**
   * PayPal has no way to void an order with the intent CAPTURE; it lapses by itself. So one that was
   * not captured counts as cancelled by our word: nothing takes the money of it but `confirm`, and
   * nobody calls that for a cancelled payment.
   */
  async cancel(providerId: string): Promise<ProviderPayment> {
    const { approveUrl: _, ...payment } = await this.retrieve(providerId);
    const isMoney = payment.state === 'succeeded' || payment.state === 'processing';
    return isMoney ? payment : { ...payment, state: 'canceled' };
  }

  async refund(refund: NewProviderRefund): Promise<ProviderRefund> {
    const { refundId, amount, currency, reason, idempotencyKey } = refund;
    required(this.client);
    const why = whyNotPayable(amount, currency);
    if (why !== null) throw new ProviderRefusal('amount_not_payable', why);
    const captureId = refund.captureId ?? (await this.findCapture(refund.providerId));
    const answer = await this.askForRefund({
      method: 'POST',
      path: `/v2/payments/captures/${encodeURIComponent(captureId)}/refund`,
      requestId: idempotencyKey,
      body: {
        amount: { value: toPaypalValue(amount, currency), currency_code: currency },
        invoice_id: refundInvoiceOf(refundId),
        ...(reason ? { note_to_payer: reason.slice(0, MAX_NOTE).toWellFormed() } : {}),
      },
    });
    return readRefund(answer);
  }

  async retrieveRefund(refundId: string): Promise<ProviderRefund> {
    const path = `/v2/payments/refunds/${encodeURIComponent(refundId)}`;
    return readRefund(await this.askForRefund({ method: 'GET', path }));
  }

  async verifyWebhook(
    body: Buffer,
    headers: Record<string, string | string[] | undefined>,
  ): Promise<void> {
    if (this.webhooks) return this.webhooks.verify(body, headers, new Date());
    const sentence =
      'No webhook of PayPal is believed here: set PAYPAL_CLIENT_ID, PAYPAL_CLIENT_SECRET and PAYPAL_WEBHOOK_ID.';
    throw new AppError('invalid_signature', sentence);
  }

  readEvent(body: string): ProviderEvent {
    return readPaypalEvent(body, { isLive: this.isLive, now: new Date() });
  }

  private getOrder(providerId: string): Promise<Json> {
    return required(this.client).call({ method: 'GET', path: pathOf(providerId) });
  }

  private capture(providerId: string, requestId: string): Promise<Json> {
    const path = `${pathOf(providerId)}/capture`;
    return required(this.client).call({ method: 'POST', path, requestId });
  }

  private async afterRefusal(
    refusal: PaypalRefusal,
    order: Json,
    idempotencyKey: string,
  ): Promise<ProviderPayment> {
    const before = this.view(order);
    switch (refusal.code) {
      case 'ORDER_ALREADY_CAPTURED':
        return this.retrieve(before.providerId);
      case 'ORDER_NOT_APPROVED':
      case 'PAYER_ACTION_REQUIRED': {
        const [ofRefusal, ofOrder] = [refusal.links, order['links']].map((links) =>
          linkOf(links, 'payer-action', 'approve'),
        );
        const approveUrl = ofRefusal ?? ofOrder;
        return { ...before, state: 'requires_action', ...(approveUrl ? { approveUrl } : {}) };
      }
      case 'INSTRUMENT_DECLINED': {
        const { code, message } = refusal;
        // There is no capture that could name this try; the key stays the same for all its reports.
        const attemptId = idempotencyKey;
        const payment = { ...before, attemptId, failure: { code, message } };
        throw new ProviderRefusal(code, message, { ...payment, state: 'failed' });
      }
      default:
        throw refusal;
    }
  }

  private async findCapture(providerId: string): Promise<string> {
    const { captureId, state } = await this.retrieve(providerId);
    if (captureId && state === 'succeeded') return captureId;
    throw new ProviderRefusal('not_captured', 'PayPal has not taken this payment: ask it again.');
  }

  /**
   * A call that is refused for our account, or a read that is refused at all, says nothing about a
   * refund that an earlier call may have made: were it taken for a no, the money could go back twice.
   */
  private async askForRefund(call: Parameters<PaypalClient['call']>[0]): Promise<Json> {
    try {
      return await required(this.client).call(call);
    } catch (error) {
      const isNo = error instanceof ProviderRefusal;
      const isTold = call.method === 'POST' && isNo && error.code !== NOT_AUTHORIZED;
      if (!isNo || isTold) throw error;
      throw new ProviderUnknown(error.message, { cause: error });
    }
  }

  private view(order: Json): ProviderPayment {
    const payment = paymentOfOrder(order, this.isLive);
    if (payment) return payment;
    throw new ProviderUnknown('PayPal told of the payment in a way that cannot be read.');
  }
}

function newOrder({ paymentId, orderNumber, amount, currency, returnUrl }: NewProviderPayment) {
  const number = orderNumber.slice(0, MAX_ORDER_NUMBER);
  const unit = {
    reference_id: number,
    custom_id: paymentId,
    // Unique in the merchant's account, in which several shops may have the same number.
    invoice_id: `${number}-${paymentId}`,
    amount: { currency_code: currency, value: toPaypalValue(amount, currency) },
  };
  // The app's page asks us how the payment stands, so it serves for both ways back.
  const experience_context = {
    return_url: returnUrl,
    cancel_url: returnUrl,
    user_action: 'PAY_NOW',
  };
  return {
    intent: 'CAPTURE',
    purchase_units: [unit],
    payment_source: { paypal: { experience_context } },
  };
}

function readRefund(answer: Json): ProviderRefund {
  const refund = refundOf(answer);
  if (refund) return refund;
  throw new ProviderUnknown('PayPal told of the refund in a way that cannot be read.');
}

function pathOf(providerId: string): string {
  return `${ORDERS}/${encodeURIComponent(providerId)}`;
}

/** @throws AppError `provider_not_configured` */
function required<T>(part: T | undefined): T {
  if (part !== undefined) return part;
  const sentence = 'PayPal is not set up here: set PAYPAL_CLIENT_ID and PAYPAL_CLIENT_SECRET.';
  throw new AppError('provider_not_configured', sentence);
}
